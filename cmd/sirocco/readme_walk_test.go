package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// what differs from one walk to the next, and what the README leaves out.
var (
	readmeID     = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	readmeTime   = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	readmeModels = regexp.MustCompile(`("syncStatus":\[\{[^}]*\}),[^\]]*\]`)
)

func masked(answer string) string {
	answer = readmeTime.ReplaceAllString(readmeID.ReplaceAllString(answer, "ID"), "TIME")
	return strings.TrimSpace(readmeModels.ReplaceAllString(answer, "$1,...]"))
}

// TestReadmeFirstWalk types what "A first walk" says, and wants the answers that it prints.
func TestReadmeFirstWalk(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, walk, _ := strings.Cut(string(readme), "\n## A first walk\n")
	walk, _, _ = strings.Cut(walk, "\n## ")
	var script strings.Builder
	var want []string
	const next = "=== next ==="
	for _, block := range regexp.MustCompile("(?s)```(sh|json)\n(.*?)```").FindAllStringSubmatch(walk, -1) {
		if block[1] == "sh" {
			script.WriteString(block[2] + "echo '" + next + "'\n")
		} else {
			want = append(want, block[2])
		}
	}
	if len(want) < 4 {
		t.Fatalf("the README has only %d answers", len(want))
	}

	database := storetest.SQLite(t)
	node := startNode(t, database)
	shell := exec.Command("sh", "-euc", strings.NewReplacer("./sirocco", "sirocco", "http://127.0.0.1:8080", node.url).Replace(script.String()))
	shell.Env = append(os.Environ(), "SIROCCO_DATABASE="+database)
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := strings.Split(strings.TrimSuffix(strings.TrimSpace(string(out)), next), next)
	if len(got) != len(want) {
		t.Fatalf("%d answers, the README has %d:\n%s", len(got), len(want), out)
	}
	for i := range want {
		if masked(got[i]) != masked(want[i]) {
			t.Errorf("answered\n%s\nthe README has\n%s", masked(got[i]), masked(want[i]))
		}
	}
}
