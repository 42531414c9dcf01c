// Package coverprofile reads the profiles that go test writes with -coverprofile.
package coverprofile

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// Block is a run of statements that one counter counts.
type Block struct {
	File                               string // as the profile has it: the import path and the file's name
	Line, Column, LastLine, LastColumn int
	Statements                         int
}

// Read calls each with every block of the profile and whether it ran, as often as the profile has it.
func Read(path string, each func(b Block, ran bool)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "mode:") {
			continue
		}
		colon := strings.LastIndexByte(line, ':')
		b, count := Block{File: line[:max(colon, 0)]}, 0
		if _, err := fmt.Sscanf(line[colon+1:], "%d.%d,%d.%d %d %d", &b.Line, &b.Column, &b.LastLine, &b.LastColumn, &b.Statements, &count); err != nil {
			return fmt.Errorf("%s has the line %q: %w", path, line, err)
		}
		each(b, count > 0)
	}
	return lines.Err()
}
