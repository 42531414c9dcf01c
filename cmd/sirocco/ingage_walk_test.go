package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestIngageWalk types every command of the page of INGAGE in its order, and wants the answer that it prints.
func TestIngageWalk(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/platforms/ingage.md")
	if err != nil {
		t.Fatal(err)
	}
	var commands, answer string
	for _, block := range readmeBlock.FindAllStringSubmatch(string(page), -1) {
		if block[1] == "sh" {
			commands += block[2]
		} else {
			answer = block[2]
		}
	}
	node := startNode(t, "sqlite:sirocco.db")
	shell := exec.Command("sh", "-euc", strings.NewReplacer("./sirocco", "sirocco", "http://127.0.0.1:8080", node.url).Replace(commands))
	shell.Dir = node.command.Dir
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if masked(string(out)) != masked(answer) || answer == "" {
		t.Errorf("answered\n%s\nthe page has\n%s", masked(string(out)), masked(answer))
	}
}
