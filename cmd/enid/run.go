package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"enid/reconcile"
	"enid/reconcile/dir"
	"enid/reconcile/git"
	"enid/reconcile/host"
	"enid/reconcile/metrics"
	"enid/reconcile/store"
	"enid/reconcile/web"
)

// runFlags are the flags of run. Each is also ENID_… and a key of the
// configuration file: flag before environment before file.
type runFlags struct {
	config                                 string
	repo, branch, tag, commit, ref, path   string
	host, onRewind, maxDeletes, policyPath string
	sshKey, knownHosts, tokenFile, caFile  string
	requireReview, verifyKeys              string
	interval, confirmTimeout               time.Duration
	confirmProbes                          []string
	adopt, hostOnly, onlyOnce              bool
	start                                  reload
	listen                                 web.Options
	notify                                 notifyFlags
}

// runLong is what the help of run says.
const runLong = `run follows a git repository (--repo) or a folder (--path without --repo). For each
new revision it validates, plans, checks the plan and does its steps; with --host
it keeps this machine as the applied revision says, and heals what others change
within moments. What does not validate, cannot be fetched or would delete too much
is held: what was applied stays in force. "enid status" says why.

Every flag is also an environment variable (--ssh-key: ENID_SSH_KEY) and a key of
the configuration file (ssh-key); a flag goes before the environment, that before
the file. SIGTERM and Ctrl-C finish the step under way and exit 0.

With --confirm-probe, a revision that changes this host is undone there unless every
probe has its answer within --confirm-timeout, from the first address of each ENI:

  tcp://HOST:PORT  a connection from that address
  gateway          the ENI's gateway answers ARP or neighbour discovery
  source           the kernel would send what comes from each address of the ENI to
                   the world outside over that ENI, through its gateway

The undo is that of "enid try", by a guard process also where enid is killed. The
revision is not tried again on this host until git changes or "enid retry Host/NAME";
meanwhile the host is kept as the one that passed last. A repair of what has passed
is not probed: there would be nothing to go back to but the damage.

With --require-review FILE, a revision is done only where the certificate of its plan
("enid plan --certificate", "enid diff") stands in FILE, a line each, with anything
after a space; lines with # are comments. FILE is signed as a whole, by a key of
--verify-keys, and nothing else counts: not a merge, and not "enid accept".

  ssh-keygen -Y sign -n enid-review -f KEY FILE     # makes FILE.sig
  gpg --armor --detach-sign FILE                    # makes FILE.asc

Until then it is held as NotVerified, with the certificate in "enid status"; what was
applied stays in force and this host is healed to it. FILE, signature and keys are
read anew at each poll; "enid sync" polls now. A revision that changes nothing needs no
review. One that passed is not asked again: not for steps that were blocked, and were
reviewed as blocked, when their window opens, not after a crash, and not for drift.

--verify-keys is a file, or a folder of them: OpenSSH's allowed_signers (namespaces=,
valid-after= and valid-before= hold, now) or ASCII-armoured OpenPGP public keys. The head
commit has to be signed by one of them, each turn anew: a key that was removed loses its
trust although the commit stays. With namespaces= some keys sign commits (git), others
reviews (enid-review). With --tag the commit's signature counts, not the tag's.
Held commits are NotVerified; "enid accept" does not help.

--notify-url-file names a file with a URL, which gets a POST when a condition of
"enid status" changes, or another revision is in force: format enid.event/v1, or what
--notify-template makes of it ({{.Subject}}, {{.From}}, {{.To}}, {{.OK}}, {{.Reason}},
{{.Message}}, {{.Remedy}}, {{.Host}}, {{.Status}}; "json" quotes). --commit-status sets the status
of the newest commit: success once all of it is so, failure where it is held, refused
or undone, pending meanwhile and while rules block something. Both are tried again
with growing pauses, and keep the loop waiting for nothing. Only https is told, or
loopback.

With --listen it answers HTTP: / (the status page), /healthz (the loop is alive),
/readyz (a revision is applied), /metrics, and read-only JSON below /api/v1, described
by /api/v1/openapi.json. On loopback it answers to loopback names only. Beyond it,
--tls-cert, --tls-key and --auth-token-file are wanted, and every path but /healthz and
/webhook asks for the token: as Bearer, or as the password of Basic. With
--webhook-secret-file, POST /webhook of GitHub, GitLab or Gitea brings the next poll
forward; nothing in it is believed. The files are read anew when they change.

SIGHUP reads configuration file and keys again: --interval, --max-deletes,
--policy-path, --adopt-source and --require-review change at once; what wants a restart
is named in the log, and a file that is wrong leaves everything as it was. --once does
one turn and exits: 0 in sync, 2 where something is left to do, 3 where something is
blocked, 1 where it failed or the source is in another condition than Ready, with what
to do. Where another enid has the state it waits ten seconds, and then names its pid.

With --host-only the machine follows from the topology as if it were applied, from what
the files declare and from the facts among them: no cloud state is shared, and many
hosts run so from one repository, with --host auto. What a cloud would choose is not
known then and is never configured. The state holds the last revision alone, for a
start without the network; one that was used so is refused without --host-only.

State only: the cloud's half is recorded in the state; no cloud API is called.`

func (a *app) runCommand() *cobra.Command {
	var flags runFlags
	c := &cobra.Command{
		Use:   "run",
		Short: "Run as a daemon: follow git or a folder, plan, apply, converge this host, heal drift",
		Long:  runLong,
		Example: `  enid run --repo https://git.example.com/network.git --host web-1
  enid run --repo git@git.example.com:network.git --ssh-key /etc/enid/id_ed25519 --branch main
  enid run --path topology --host web-1 --interval 10s
  enid run --repo https://git.example.com/network.git --host auto --host-only
  enid run --repo https://git.example.com/network.git --require-review /etc/enid/reviews --verify-keys /etc/enid/signers
  enid run --path topology --host web-1 --confirm-probe gateway --confirm-probe tcp://10.0.0.5:443`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			flags.start = reload{given: givenOf(c.Flags()), flags: c.Flags()}
			if err := configure(c.Flags(), flags.config); err != nil {
				return err
			}
			if !c.Flags().Changed("log-level") {
				a.logLevel = "info" // a daemon's log is its voice
			}
			if !flags.onlyOnce {
				flags.start.hangups = survive()
				a.patience = 0 // an event tells what a single turn waits for
			}
			return a.runDaemon(c.Context(), flags)
		},
	}
	flags.add(c.Flags())
	c.MarkFlagsMutuallyExclusive("branch", "tag", "commit", "ref")
	return c
}

// add adds the flags of the daemon.
func (f *runFlags) add(set *pflag.FlagSet) {
	set.StringVar(&f.config, "config", "/etc/enid/config.yaml", "configuration file; it need not exist")
	set.StringVar(&f.repo, "repo", "", "git repository: https://, http://, ssh://, git@host:path, or file:// where git is installed")
	set.StringVar(&f.branch, "branch", "", "follow that branch (default main)")
	set.StringVar(&f.tag, "tag", "", "follow that tag")
	set.StringVar(&f.commit, "commit", "", "stay at that commit")
	set.StringVar(&f.ref, "ref", "", "follow that reference, such as refs/heads/main")
	set.StringVar(&f.path, "path", "topology", "the topology's folder, in the repository or, without --repo, here")
	set.DurationVar(&f.interval, "interval", time.Minute, "time between polls")
	set.StringVar(&f.host, "host", "", "converge this machine as that Host (auto: the one whose match fits it); without it the cloud's state only")
	set.BoolVar(&f.hostOnly, "host-only", false, "converge this machine alone: the topology is taken as applied, and no cloud state is shared")
	set.BoolVar(&f.onlyOnce, "once", false, "do one turn and exit: 0 in sync, 2 something is left, 3 something is blocked, 1 failed")
	set.StringVar(&f.onRewind, "on-rewind", git.Hold, "when the branch went backwards or lost its history: hold or follow")
	set.StringVar(&f.maxDeletes, "max-deletes", "", "how much a revision may delete: N or P% (default: the larger of 3 and 20%)")
	set.StringVar(&f.policyPath, "policy-path", "", "the only folder, below --path, in which Policies and Approvals may stand")
	set.StringVar(&f.requireReview, "require-review", "", "do only revisions whose plan's certificate stands in that signed file")
	set.StringVar(&f.verifyKeys, "verify-keys", "", "the head commit, and --require-review, must be signed by one of these: allowed_signers or OpenPGP keys, a file or a folder")
	set.StringVar(&f.sshKey, "ssh-key", "", "private key file for ssh")
	set.StringVar(&f.knownHosts, "known-hosts", "", "known_hosts file for ssh (default: OpenSSH's)")
	set.StringVar(&f.tokenFile, "token-file", "", "file with a token for https")
	set.StringVar(&f.caFile, "ca-file", "", "PEM certificates that https accepts besides the system's")
	set.StringSliceVar(&f.confirmProbes, "confirm-probe", nil, "what has to answer after a change of this host, or it is undone: tcp://HOST:PORT, gateway or source (repeatable)")
	set.DurationVar(&f.confirmTimeout, "confirm-timeout", 30*time.Second, "how long the probes may take to answer")
	listenFlags(set, &f.listen)
	f.notify.add(set)
	set.BoolVar(&f.adopt, "adopt-source", false, "take over a state that was applied from elsewhere")
}

// confirmBy answers what changes of the machine have to be confirmed by.
func (a *app) confirmBy(f runFlags) (c host.Confirm, err error) {
	for _, text := range f.confirmProbes {
		p, err := host.ParseProbe(text)
		if err != nil {
			return c, fmt.Errorf("--confirm-probe %w", err)
		}
		c.Probes = append(c.Probes, p)
	}
	if len(c.Probes) > 0 && f.host == "" {
		return c, errors.New("--confirm-probe concerns this host: give --host as well")
	}
	if f.confirmTimeout < time.Second {
		return c, fmt.Errorf("--confirm-timeout %s: give at least 1s", f.confirmTimeout)
	}
	c.Timeout, c.Guard = f.confirmTimeout, a.guardProcess
	return c, nil
}

// reference answers the reference that the flags name.
func (f runFlags) reference() string {
	switch {
	case f.ref != "":
		return f.ref
	case f.tag != "":
		return "refs/tags/" + f.tag
	case f.commit != "":
		return f.commit
	case f.branch != "":
		return "refs/heads/" + f.branch
	}
	return "refs/heads/main"
}

// ofGit answers a flag that is given and that a folder has no use for, or "": who gives
// one has lost the --repo, and would follow a folder instead of it.
func (f runFlags) ofGit() string {
	for _, x := range [][2]string{{"branch", f.branch}, {"tag", f.tag}, {"commit", f.commit}, {"ref", f.ref},
		{"ssh-key", f.sshKey}, {"known-hosts", f.knownHosts}, {"token-file", f.tokenFile}, {"ca-file", f.caFile}} {
		if x[1] != "" {
			return x[0]
		}
	}
	return ""
}

// follow opens what the daemon follows and says in cfg what it is.
func (f runFlags) follow(cfg *reconcile.Config, verify func([]byte) error, stateDir, applied string) (source reconcile.Source, err error) {
	if f.repo == "" {
		where, err := filepath.Abs(f.path)
		if err != nil {
			return nil, fmt.Errorf("--path: %w", err)
		}
		cfg.From, cfg.SourceKind, cfg.URL = where, "dir", where
		if source, err = dir.Open(where, cfg.Log); err != nil {
			return nil, fmt.Errorf("--path: %w", err)
		}
		cfg.Source = source
		return source, nil
	}
	cfg.From, cfg.SourceKind, cfg.URL, cfg.Ref = f.repo+" "+f.path, "git", f.repo, f.reference()
	source, err = git.Open(git.Options{URL: f.repo, Ref: f.reference(), Path: f.path, CacheDir: filepath.Join(stateDir, "git"),
		OnRewind: f.onRewind, Applied: commitOf(applied), SSHKeyFile: f.sshKey, KnownHostsFile: f.knownHosts, TokenFile: f.tokenFile, CAFile: f.caFile,
		Verify: verify, Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("--repo: %w", err)
	}
	cfg.Source = source
	return source, nil
}

// commitOf answers the applied revision where it is a commit, not a folder's.
func commitOf(revision string) string {
	if strings.HasPrefix(revision, "dir:") {
		return ""
	}
	return revision
}

// check refuses flags that say what cannot be.
func (f runFlags) check() error {
	switch {
	case f.hostOnly && f.host == "":
		return errors.New("--host-only: say with --host NAME, or --host auto, which Host this machine is")
	case f.hostOnly && f.requireReview != "":
		return errors.New("--host-only plans nothing on the clouds, so that there is no certificate: leave --require-review to the enid that does; --verify-keys holds here too")
	}
	if name := f.ofGit(); f.repo == "" && name != "" {
		return fmt.Errorf("--%s is of --repo, which is not given: give it as well, or leave --%s out to follow the folder %s", name, name, f.path)
	}
	if f.interval < 100*time.Millisecond {
		return fmt.Errorf("--interval %s: give at least 100ms", f.interval)
	}
	if err := f.listen.Check(); err != nil {
		return err
	}
	if err := f.notify.check(); err != nil {
		return err
	}
	return oneOf("on-rewind", f.onRewind, git.Hold, git.Follow)
}

// runDaemon runs the loop until ctx ends.
func (a *app) runDaemon(ctx context.Context, f runFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	limit, err := limitOf(f.maxDeletes)
	if err != nil {
		return err
	}
	confirm, err := a.confirmBy(f)
	if err != nil {
		return err
	}
	trusts, err := f.trust()
	if err != nil {
		return err
	}
	log, err := a.logger()
	if err != nil {
		return err
	}
	where, err := store.ParseURL(a.state)
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	var source reconcile.Source
	counted, bell := metrics.New(version()), &web.Bell{}
	var told tellers
	c, done, err := a.controller(ctx, f.host, func(cfg *reconcile.Config, m store.Meta) (err error) {
		if source, err = f.follow(cfg, trusts.commit, where.Dir, m.Applied.Revision); err != nil {
			return err
		}
		cfg.Limit, cfg.AdoptSource, cfg.PolicyPath, cfg.Review = limit, f.adopt, f.policyPath, trusts.review
		cfg.Interval, cfg.Chance, cfg.HostOnly = f.interval, rand.Float64, f.hostOnly
		watch(cfg, counted, bell, &told)
		if told, err = f.tellers(cfg, where.Dir, counted); err != nil {
			return err
		}
		watchMachine(ctx, cfg, confirm)
		return nil
	})
	if err != nil {
		return err
	}
	defer done()
	defer source.Close()
	if f.onlyOnce {
		return a.once(ctx, c)
	}
	log.Info("enid runs", "pid", os.Getpid(), "state", where.Dir, "driver", "state only: no cloud API is called")
	warnOfExposed(f.start.flags, where.Dir, log)
	counted.Follow(c)
	defer told.start(ctx)()
	f.start.follow(ctx, c, log)
	return serveAndRun(ctx, daemon{c, counted, bell, f.confirmTimeout}, f.listen, where.Dir, log)
}
