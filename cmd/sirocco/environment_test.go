package main

import (
	"fmt"
	"testing"

	"github.com/alecthomas/kong"
)

// TestArgumentsAreText refuses bytes that are no text before anything is made of them.
func TestArgumentsAreText(t *testing.T) {
	for _, args := range [][]string{{"organization", "create", "Acme\xff"}, {"token", "create", "--organization", "x", "--name=\xc3"}, {"version", "\x00"}} {
		if status := run(args); status != 2 {
			t.Errorf("%q ended with %d", args, status)
		}
	}
}

// TestStrangeVariables names what begins as our variables do and is none, with the one that may be meant, and nothing that
// others set.
func TestStrangeVariables(t *testing.T) {
	parser, err := kong.New(&program{}, kong.DefaultEnvars("SIROCCO"), helpVars())
	if err != nil {
		t.Fatal(err)
	}
	got := strangeVariables(parser.Model.Node, []string{
		"PATH=/bin", "SIROCCO_DATABASE=sqlite:x", "SIROCCO_OIDC_ISSUER=", "SIROCCO_DATABSE=sqlite:y", "SIROCCO_LISTENING=:80", "SIROCCO_WHATEVER=1", "SIROCCO=1", "SIROCCOX_A=1",
		"SIROCCO_SERVICE_HOST=10.0.0.1", "SIROCCO_SERVICE_PORT=80", "SIROCCO_SERVICE_PORT_HTTP=80", "SIROCCO_PORT=tcp://10.0.0.1:80", "SIROCCO_PORT_8080_TCP=tcp://10.0.0.1:80",
		"SIROCCO_PORT_8080_TCP_ADDR=10.0.0.1", "SIROCCO_DB_SERVICE_HOST=10.0.0.2", "SIROCCO_DB_PORT_5432_TCP_PROTO=tcp", "SIROCCO_TEST_POSTGRES=x",
	})
	want := "[SIROCCO_DATABSE is set, and no flag reads it: did you mean SIROCCO_DATABASE? SIROCCO_LISTENING is set, and no flag reads it: did you mean SIROCCO_LISTEN? SIROCCO_WHATEVER is set, and no flag reads it]"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v\nwant %s", got, want)
	}
}
