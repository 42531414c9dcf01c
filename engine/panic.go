package engine

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// panicError is a panic that was caught. Its text is short, as people may be shown it; a log that is given it has its stack.
type panicError struct {
	whose string
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.whose, e.value) }

// LogValue implements slog.LogValuer.
func (e *panicError) LogValue() slog.Value {
	return slog.StringValue(e.Error() + "\n" + string(e.stack))
}

// caught calls do and turns a panic into an error of whose, so that one mistake ends nothing but what was asked for.
func caught(whose string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{whose, p, debug.Stack()}
		}
	}()
	return do()
}

// guarded is caught, with the panic in the log.
func guarded(log *slog.Logger, whose string, do func() error) error {
	err := caught(whose, do)
	if isPanic(err) {
		log.Error("panic", "error", err)
	}
	return err
}

// isPanic reports whether what caught and guarded return is a panic that they caught.
func isPanic(err error) bool {
	_, ok := err.(*panicError) //nolint:errorlint // made here and never wrapped by them
	return ok
}
