package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program too: tests start it by the name sirocco.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sirocco": func() { os.Exit(run(os.Args[1:])) }})
}
