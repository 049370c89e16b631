package main

import (
	"encoding/json"
	"io"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"enid": main, "git-http": serveGit, "forge-http": serveForge})
}

// TestScripts runs the stories in testdata/script through the real main.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ENID_STATE", e.WorkDir+"/state")
			return os.CopyFS(e.WorkDir+"/multi-eni", os.DirFS("../../examples/multi-eni"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "certificate": certificate},
	})
}

// exits runs a command and compares its exit code: exits 3 enid plan.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENTS]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		coder, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%s: %v", args[1], err)
		}
		code = itoa(coder.ExitCode())
	}
	if code != args[0] {
		ts.Fatalf("exit %s, wanted %s", code, args[0])
	}
}

func itoa(n int) string {
	const digits = "0123456789"
	if n < 0 || n > 9 {
		return "many"
	}
	return digits[n : n+1]
}

// TestHelp has every command say what it is for, with an example.
func TestHelp(t *testing.T) {
	root := newApp(nil, io.Discard, io.Discard).root()
	for _, c := range root.Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		if c.Short == "" || c.Example == "" && !c.HasSubCommands() {
			t.Errorf("enid %s has no summary or no example", c.Name())
		}
	}
}

// certificate keeps the certificate of the plan JSON on stdout in $CERTIFICATE.
func certificate(ts *testscript.TestScript, _ bool, _ []string) {
	var p struct{ Certificate string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &p))
	ts.Setenv("CERTIFICATE", p.Certificate)
}
