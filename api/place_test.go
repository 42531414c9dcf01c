package api_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// TestCodeIsWhereThePathSays holds that a reader finds the code of an operation from its path alone: it is registered
// in a file that is named after a resource of the path, in the folder of its surface.
func TestCodeIsWhereThePathSays(t *testing.T) {
	registered := regexp.MustCompile(`(?:[oO]peration|add)\(\s*"(\w+)"|OperationID: "(\w+)"`)
	place := map[string]string{} // by operation id
	for _, surface := range []string{"organization", "user", "extension"} {
		files, err := filepath.Glob(filepath.Join(surface, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no code in %s: %v", surface, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range registered.FindAllStringSubmatch(string(text), -1) {
				place[m[1]+m[2]] = file
			}
		}
	}
	for _, op := range operations(t, newWorld(t, storetest.SQLite(t))) {
		id, _ := op.doc["operationId"].(string)
		file, found := place[id]
		if !found {
			t.Errorf("%s %s: no file registers %q", op.method, op.path, id)
			continue
		}
		surface, name := filepath.Dir(file), strings.TrimSuffix(filepath.Base(file), ".go")
		want := surfaceOf(op.doc)
		if op.doc["x-sirocco-extension"] == true {
			want = "extension"
		}
		if surface != want {
			t.Errorf("%s %s is in %s, want it in %s", op.method, op.path, file, want)
		}
		if !namedAfter(name, op.path) {
			t.Errorf("%s %s is in %s, which is not named after it", op.method, op.path, file)
		}
	}
}

var camel = regexp.MustCompile(`([a-z])([A-Z])`)

// namedAfter reports whether a file's name is one of the path's words, or two that follow each other, in the singular.
// The users of a CRM are not those of the workspace.
func namedAfter(name, path string) bool {
	var words []string
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part[0] == '{' {
			continue
		}
		word := strings.ToLower(strings.ReplaceAll(camel.ReplaceAllString(part, "${1}_$2"), "-", "_"))
		if len(words) > 0 && name == singular(words[len(words)-1])+"_"+singular(word) {
			return true
		}
		words = append(words, word)
		if name == word || name == singular(word) || name == "crm_user" && strings.HasPrefix(path, "/v1/integrations/users") {
			return true
		}
	}
	return false
}

func singular(word string) string {
	if stem, ok := strings.CutSuffix(word, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(word, "s")
}
