package declared

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheLanguageIsOnThePage holds docs/platforms/your-own.md to what a file can have: every function, and every key of the
// schema.
func TestTheLanguageIsOnThePage(t *testing.T) {
	text, err := os.ReadFile("../../docs/platforms/your-own.md")
	if err != nil {
		t.Fatal(err)
	}
	_, reference, found := strings.Cut(string(text), "## What a file has")
	if !found {
		t.Fatal("the page has no reference")
	}
	tells := func(name string) bool {
		return regexp.MustCompile("`[^`\n]*\\b" + regexp.QuoteMeta(name) + "\\b[^`\n]*`").MatchString(reference)
	}
	inner := map[string]bool{"member": true, "add": true, "list": true} // what the signs . and + are
	for name := range newScope(nil).values {
		if !inner[name] && !tells(name) {
			t.Errorf("the page does not tell of the function %s", name)
		}
	}
	for _, name := range builtins {
		if !tells(name) {
			t.Errorf("the page does not tell of the function %s of the language", name)
		}
	}
	var schema any
	if err := json.Unmarshal(Schema, &schema); err != nil {
		t.Fatal(err)
	}
	for _, name := range keysOf(schema) {
		if !tells(name) {
			t.Errorf("the page does not tell of the key %s", name)
		}
	}
}

// keysOf are the names of properties in a schema.
func keysOf(schema any) []string {
	var names []string
	switch s := schema.(type) {
	case map[string]any:
		for name, part := range s {
			if properties, ok := part.(map[string]any); ok && name == "properties" {
				for property := range properties {
					names = append(names, property)
				}
			}
			names = append(names, keysOf(part)...)
		}
	case []any:
		for _, part := range s {
			names = append(names, keysOf(part)...)
		}
	}
	return names
}
