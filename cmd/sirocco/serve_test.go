package main

import (
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// TestDatabaseTimeout: a command waits longer than a server, and either as long as it is told.
func TestDatabaseTimeout(t *testing.T) {
	for want, f := range map[time.Duration]databaseFlag{
		30 * time.Second: {serving: true}, 2 * time.Minute: {}, time.Hour: {DatabaseTimeout: time.Hour}, time.Minute: {DatabaseTimeout: time.Minute, serving: true},
	} {
		if got := f.timeout(); got != want {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
	}
}

// TestFirstTokenHint: the commands can be pasted, and show no password.
func TestFirstTokenHint(t *testing.T) {
	for database, want := range map[string]string{
		"sqlite:sirocco.db":                           "\n  sirocco organization create \"My company\"\n",
		"sqlite:/var/lib/my hub.db":                   "create --database 'sqlite:/var/lib/my hub.db' \"My",
		"postgres://db/hub?sslmode=allow":             "create --database 'postgres://db/hub?sslmode=allow' \"My",
		"postgres://me:hushhush@db/hub":               "terminal, where SIROCCO_DATABASE is the database's URL as it is here:\n\n  sirocco organization create \"My",
		"postgres://db/hub?password=hushhush&user=me": "terminal, where SIROCCO_DATABASE is the database's URL",
	} {
		hint := firstTokenHint(database)
		if !strings.Contains(hint, want) || strings.Contains(hint, "hush") || strings.Contains(hint, "xxxxx") {
			t.Errorf("%s: %s", database, hint)
		}
	}
}

// TestNoteLag says by platform how long notes may be missing: as the operator says, else as the platform does.
func TestNoteLag(t *testing.T) {
	c := serveCommand{NoteLag: map[string]time.Duration{"SPOTIO": 100 * time.Hour}}
	pulled := connectors()
	pulled["BARE"] = struct{ connector.Connector }{pulled[hub.PlatformCompanyCam]} // which cannot be asked for its notes
	lag := c.noteLag(pulled)
	if lag[hub.PlatformSpotio] != 100*time.Hour || lag[hub.PlatformMerge] != 26*time.Hour || lag[hub.PlatformCompanyCam] != 0 || lag["BARE"] != store.SentBeforeKept {
		t.Errorf("%v", lag)
	}
}
