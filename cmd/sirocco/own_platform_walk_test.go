package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// ownPlatformBlock is a block of commands of docs/platforms/your-own.md, or of lines that they print.
var ownPlatformBlock = regexp.MustCompile("(?s)```(sh|text)\n(.*?)```")

// TestYourOwnPlatformWalk types every command of docs/platforms/your-own.md in its order, in an empty folder, and wants each
// of the lines that the page shows behind them, or of their beginnings.
func TestYourOwnPlatformWalk(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	page, err := os.ReadFile("../../docs/platforms/your-own.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	crm := startInvented(t)
	var node *process
	commands, walked := "", 0
	for _, block := range ownPlatformBlock.FindAllStringSubmatch(string(page), -1) {
		if block[1] == "sh" {
			commands += block[2]
			continue
		}
		if strings.Contains(commands, "organization create") {
			node = startNode(t, "sqlite:"+filepath.Join(dir, "sirocco.db"), "--connectors", filepath.Join(dir, "platforms"))
		}
		url := ""
		if node != nil {
			url = node.url
		}
		shell := exec.Command("sh", "-euc", strings.NewReplacer("./sirocco", "sirocco", "http://127.0.0.1:8080", url, "127.0.0.1:8090", crm, "go test ./", "go test -C "+root+" ./").Replace(commands))
		shell.Dir = dir
		out, err := shell.CombinedOutput()
		if err != nil {
			t.Fatalf("%s\n%v\n%s", commands, err, out)
		}
		for line := range strings.Lines(block[2]) {
			if line = strings.TrimRight(line, "\n"); !strings.Contains(string(out), line) {
				t.Errorf("%s\nsaid\n%s\nthe page has %q", commands, out, line)
			}
		}
		commands = ""
		walked++
	}
	if commands != "" || walked < 7 {
		t.Errorf("%d blocks were typed; left are %q", walked, commands)
	}
}

// startInvented runs the stand-in that the page names until the test ends, and returns its address.
func startInvented(t *testing.T) string {
	t.Helper()
	command := exec.Command("sirocco", "simulate", "invented-number", "--records", "60", "--listen", "127.0.0.1:0")
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
	return found[1]
}
