package main

import (
	"bufio"
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
	readmeModels = regexp.MustCompile(`"syncStatus":\[[^\]]*\]`) // the engine may have been there already
	readmeBlock  = regexp.MustCompile("(?s)```(sh|json)\n(.*?)```")
	readmeMake   = regexp.MustCompile(`(?m)^make (\S+)`)
)

func masked(answer string) string {
	answer = readmeTime.ReplaceAllString(readmeID.ReplaceAllString(answer, "ID"), "TIME")
	return strings.TrimSpace(readmeModels.ReplaceAllString(answer, `"syncStatus":[...]`))
}

// step is a block of commands in the README, and the answer that it prints after it, where it does.
type step struct{ commands, answer string }

// TestReadmeWalk types every command of the README in its order, as a newcomer does in an empty folder, and wants the
// answers that it prints. What a make target does is not done again: that there is one is enough.
func TestReadmeWalk(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	for _, block := range readmeBlock.FindAllStringSubmatch(string(readme), -1) {
		targets := readmeMake.FindAllStringSubmatch(block[2], -1)
		for _, target := range targets {
			if out, err := exec.Command("make", "-n", "-C", "../..", target[1]).CombinedOutput(); err != nil {
				t.Errorf("make %s: %v\n%s", target[1], err, out)
			}
		}
		switch {
		case len(targets) > 0:
		case block[1] == "sh":
			steps = append(steps, step{commands: block[2]})
		case len(steps) > 0:
			steps[len(steps)-1].answer = block[2]
		}
	}
	if len(steps) < 7 {
		t.Fatalf("the README has only %d blocks of commands", len(steps))
	}

	node := startNode(t, "sqlite:sirocco.db")
	crm, credentials := startSimulator(t)
	if shown := strings.ReplaceAll(string(readme), "127.0.0.1:8090", crm); !sameCredentials(shown, credentials) {
		t.Errorf("the README has other credentials than the stand-in prints, %s", credentials)
	}
	const next = "=== next ==="
	var script strings.Builder
	for _, s := range steps {
		script.WriteString(s.commands + "echo '" + next + "'\n")
	}
	shell := exec.Command("sh", "-euc", strings.NewReplacer("./sirocco", "sirocco", "http://127.0.0.1:8080", node.url, "127.0.0.1:8090", crm).Replace(script.String()))
	shell.Dir = node.command.Dir
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := strings.Split(string(out), next+"\n")
	for i, s := range steps {
		switch {
		case s.answer != "" && masked(got[i]) != masked(s.answer):
			t.Errorf("answered\n%s\nthe README has\n%s", masked(got[i]), masked(s.answer))
		case s.answer == "" && strings.Contains(got[i], `{"error":`): // curl ends well with any answer
			t.Errorf("%s answered\n%s", s.commands, got[i])
		case strings.Contains(s.commands, "sync $ID --follow") && !strings.Contains(got[i], " created, "):
			t.Errorf("the sync said\n%s", got[i])
		}
	}
}

// startSimulator runs the stand-in that the README names until the test ends, and returns its address and the
// credentials that it prints.
func startSimulator(t *testing.T) (address, credentials string) {
	t.Helper()
	command := exec.Command("sirocco", "simulate", "merge", "--listen", "127.0.0.1:0", "--records", "50")
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill() // it may have ended
		_ = command.Wait()
	})
	lines := bufio.NewScanner(stdout)
	lines.Scan()
	found := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`).FindStringSubmatch(lines.Text())
	if found == nil {
		t.Fatalf("the stand-in said %q", lines.Text())
	}
	lines.Scan()
	return found[1], lines.Text()
}

// sameCredentials reports whether the text holds each name and value of one line of JSON.
func sameCredentials(text, line string) bool {
	pairs := strings.Split(strings.Trim(line, "{}"), ",")
	for _, pair := range pairs {
		if !strings.Contains(text, pair) {
			return false
		}
	}
	return len(pairs) >= 3
}
