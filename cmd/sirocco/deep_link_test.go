package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestDeepLinkFlags refuses where no link can lead, on both commands that take it, and what a link may not say.
func TestDeepLinkFlags(t *testing.T) {
	parse := func(args ...string) (program, error) {
		t.Helper()
		var cli program
		parser, err := kong.New(&cli, kong.Name("sirocco"), kong.DefaultEnvars("SIROCCO"), helpVars())
		if err != nil {
			t.Fatal(err)
		}
		_, err = parser.Parse(args)
		return cli, err
	}
	link := []string{"deep-link", "e", "--organization", "o"}
	for _, command := range [][]string{link, {"serve"}} {
		for _, bad := range []string{"evil/..?x", "", "https://app.siro.ai"} {
			if _, err := parse(append(command, "--deep-link-host", bad)...); err == nil || !strings.Contains(err.Error(), "--deep-link-host") {
				t.Errorf("%s, %q: %v", command[0], bad, err)
			}
		}
	}
	t.Setenv("SIROCCO_DEEP_LINK_HOST", "")
	if cli, err := parse(link...); err != nil || cli.DeepLink.DeepLinkHost != "app.siro.ai" {
		t.Errorf("an empty variable: %q, %v", cli.DeepLink.DeepLinkHost, err)
	}
	if cli, err := parse("serve"); err != nil || cli.Serve.DeepLinkHost != "app.siro.ai" {
		t.Errorf("an empty variable: %q, %v", cli.Serve.DeepLinkHost, err)
	}
	for flag, bad := range map[string]string{"--redirect-url": "javascript:alert(1)", "--title": strings.Repeat("ä", 257)} {
		if _, err := parse(append(link, flag, bad)...); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
	if _, err := parse(append(link, "--redirect-url", "myapp://done", "--title", strings.Repeat("ä", 256), "--conversation-type", "nope", "--deep-link-host", "app.example.com:8443")...); err != nil {
		t.Error(err)
	}
}
