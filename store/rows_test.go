package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoSliceIsLookedForAnew finds statements that choose a slice of rows by an IN: PostgreSQL may run the query in it for each row
// of the table. database.Dialect has RowsOf for that.
func TestNoSliceIsLookedForAnew(t *testing.T) {
	anew := regexp.MustCompile(`IN\s*\(\s*SELECT[^()]*LIMIT`)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range anew.FindAllString(string(text), -1) {
			t.Errorf("%s chooses a slice by %s", file, found)
		}
	}
}
