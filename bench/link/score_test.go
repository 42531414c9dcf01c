package main

import (
	"runtime"
	"strings"
	"testing"
)

// TestASeedMakesTheSameDays: what is measured depends on the seed alone, not on how many cores measure it.
func TestASeedMakesTheSameDays(t *testing.T) {
	on := func(cores int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		var b strings.Builder
		measure(nominal(), 40, 1).print(&b)
		return b.String()
	}
	if one, three := on(1), on(3); one != three {
		t.Errorf("on one core:\n%s\non three:\n%s", one, three)
	}
}
