package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sirocco/store/storetest"
)

// TestMain lets the test binary be the program too: tests start it by the name sirocco. It waits for databases as long as
// they take.
func TestMain(m *testing.M) {
	if err := os.Setenv("SIROCCO_DATABASE_TIMEOUT", storetest.Patience.String()); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"sirocco": func() { os.Exit(run(os.Args[1:])) }})
}
