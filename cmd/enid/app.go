package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// The exit codes of the contract (section 2).
const (
	exitOK      = 0
	exitFailed  = 1
	exitChanges = 2 // plan: there is something to do
	exitBlocked = 3 // something of it is blocked
)

// exit is an outcome that is no error: the command has said all there is to say.
type exit int

// Error answers the code, for logs only.
func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// app is one run of the program.
type app struct {
	in        io.Reader
	out, err  io.Writer
	state     string
	logLevel  string
	logFormat string
	noColor   bool
	patience  time.Duration // host.Options.Patience
}

// hostPatience is enough for the detection of duplicate IPv6 addresses, and for all
// tries of a DHCP client, which a command
// that runs once waits for; the daemon is told by an event.
const hostPatience = 15 * time.Second

func newApp(in io.Reader, out, err io.Writer) *app {
	return &app{in: in, out: out, err: err, patience: hostPatience}
}

// run runs the command line and answers the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code exit
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	a.complain(err)
	return exitFailed
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "enid",
		Short: "Reconcile a cloud network topology, kept in git, with its state and this host",
		Long: `enid reads a topology of VPCs, subnets, security groups, instances, elastic
network interfaces and addresses from YAML files in git, plans what has to be
done, in an order that the clouds allow, and does it: to a state store, and to
the network interfaces, routes, rules and queues of this Linux host.

State only: this enid records what it would do in its state store, and calls no
cloud's API.`,
		Example: `  enid validate topology
  enid plan topology
  enid apply topology --host web-1
  enid run --repo https://git.example.com/network.git --host web-1`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	f := root.PersistentFlags()
	f.StringVar(&a.state, "state", env("ENID_STATE", defaultState()), "where the state is kept: a folder (env ENID_STATE)")
	f.StringVar(&a.logLevel, "log-level", env("ENID_LOG_LEVEL", "warn"), "what is logged to stderr: debug, info, warn, error; enid run has info where nothing is said")
	f.StringVar(&a.logFormat, "log-format", env("ENID_LOG_FORMAT", "text"), "how it is logged: text or json, a line each; to systemd's journal with its priorities, and without a time")
	f.BoolVar(&a.noColor, "no-color", os.Getenv("NO_COLOR") != "", "print no colours, on a terminal neither")
	root.AddCommand(a.validateCommand(), a.planCommand(), a.showCommand(), a.getCommand(), a.importCommand(),
		a.historyCommand(), a.schemaCommand(), a.versionCommand(), a.hostCommand(),
		a.applyCommand(), a.runCommand(), a.statusCommand(), a.acceptCommand(), a.retryCommand(), a.syncCommand(),
		a.suspendCommand(), a.resumeCommand(),
		a.rulesCommand(), a.explainCommand())
	root.AddCommand(a.reachCommand(), a.cidrCommand(), a.graphCommand(), a.keypairCommand())
	root.AddCommand(a.stateCommand(), a.tryCommand(), a.guardCommand())
	root.AddCommand(a.destroyCommand())
	root.AddCommand(a.diffCommand())
	root.CompletionOptions.HiddenDefaultCmd = false
	grouped(root)
	hinted(root)
	return root
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// defaultState answers /var/lib/enid for root, else the user's state directory.
func defaultState() string {
	if os.Geteuid() == 0 {
		return "/var/lib/enid"
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "enid")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), fmt.Sprintf("enid-%d", os.Geteuid()))
	}
	return filepath.Join(home, ".local", "state", "enid")
}

// terminal reports whether w is a terminal.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// color reports whether colours go to stdout.
func (a *app) color() bool { return !a.noColor && terminal(a.out) && os.Getenv("TERM") != "dumb" }

// oneOf answers an error that names the choices, nil where v is one of them.
func oneOf(flag, v string, choices ...string) error {
	for _, c := range choices {
		if v == c {
			return nil
		}
	}
	return fmt.Errorf("--%s %q: choose one of %s", flag, v, strings.Join(choices, ", "))
}
