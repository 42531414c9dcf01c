package engine

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// guarded calls do and turns a panic into an error of whose, so that one mistake ends nothing but what was asked for.
// The error names the panic alone, as people may be shown it; its stack goes to the log.
func guarded(log *slog.Logger, whose string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", "in", whose, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s panicked: %v", whose, p)
		}
	}()
	return do()
}
