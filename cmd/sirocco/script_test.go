package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sirocco/store/storetest"
)

// TestScripts runs each script of testdata/script on both databases, SIROCCO_DATABASE names a new one, and those of
// testdata/demo, which bring one of their own, once.
func TestScripts(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		storetest.Needs(t, "sqlite")
		testscript.Run(t, scripts("testdata/script", func(env *testscript.Env) { env.Setenv("SIROCCO_DATABASE", "sqlite:"+env.WorkDir+"/hub.db") }))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		storetest.Needs(t, "postgres")
		testscript.Run(t, scripts("testdata/script", func(env *testscript.Env) { env.Setenv("SIROCCO_DATABASE", storetest.EmptyPostgres(t)) }))
	})
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		testscript.Run(t, scripts("testdata/demo", func(*testscript.Env) {}))
	})
}

func scripts(folder string, database func(*testscript.Env)) testscript.Params {
	return testscript.Params{
		Dir: folder,
		Setup: func(env *testscript.Env) error {
			database(env)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"address": setAddress, "ready": waitReady, "http": sendRequest, "becomes": sendUntil, "field": setField, "eventually": runUntil,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	}
}

// setAddress sets the variable to a local address that nobody listens on.
func setAddress(ts *testscript.TestScript, _ bool, args []string) {
	port, err := storetest.FreePort()
	ts.Check(err)
	ts.Setenv(args[0], net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// waitReady waits until the server at the address is ready.
func waitReady(_ *testscript.TestScript, _ bool, args []string) {
	again(func() bool { return isReady("http://" + args[0]) })
}

// again does something until it holds. What another process does can only be asked for; what never holds is ended by the
// test binary's own timeout.
func again(holds func() bool) {
	for began := time.Now(); !holds(); {
		storetest.Pause(began.Add(-500 * time.Millisecond)) // a question may be a program that is started
	}
}

// isReady asks once.
func isReady(url string) bool {
	answer, err := http.Get(url + "/readyz")
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// sendRequest sends METHOD URL [TOKEN [BODY]], wants the status that comes first, and prints the body.
func sendRequest(ts *testscript.TestScript, _ bool, args []string) {
	args = append(args, "", "")
	r, err := http.NewRequest(args[1], args[2], strings.NewReader(args[4]))
	ts.Check(err)
	r.Header.Set("Content-Type", "application/json")
	if args[3] != "" {
		r.Header.Set("Authorization", "Bearer "+args[3])
	}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if strconv.Itoa(answer.StatusCode) != args[0] {
		ts.Fatalf("%s %s answered %d, not %s: %s", args[1], args[2], answer.StatusCode, args[0], body)
	}
	fmt.Fprintln(ts.Stdout(), string(body))
}

// sendUntil sends METHOD URL TOKEN again and again until it gets the status that comes first.
func sendUntil(ts *testscript.TestScript, _ bool, args []string) {
	again(func() bool {
		r, err := http.NewRequest(args[1], args[2], nil)
		ts.Check(err)
		r.Header.Set("Authorization", "Bearer "+args[3])
		answer, err := http.DefaultClient.Do(r)
		ts.Check(err)
		ts.Check(answer.Body.Close())
		return strconv.Itoa(answer.StatusCode) == args[0]
	})
}

// runUntil runs a program again and again until what it prints matches a pattern.
func runUntil(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	again(func() bool {
		ts.Check(ts.Exec(args[1], args[2:]...))
		return pattern.MatchString(ts.ReadFile("stdout"))
	})
}

// setField sets the variable to a field of the first JSON object that the last command printed.
func setField(ts *testscript.TestScript, _ bool, args []string) {
	var object map[string]any
	ts.Check(json.NewDecoder(strings.NewReader(ts.ReadFile("stdout"))).Decode(&object))
	value, ok := object[args[1]].(string)
	if !ok {
		ts.Fatalf("no text %q in %s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], value)
}
