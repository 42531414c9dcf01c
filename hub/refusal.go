package hub

import "errors"

// ForbiddenError says that the caller may not do this, whoever's thing it is. Its message is for the client.
type ForbiddenError struct{ Message string }

func (e *ForbiddenError) Error() string { return e.Message }

// Forbidden returns a ForbiddenError.
func Forbidden(message string) error { return &ForbiddenError{message} }

// MissingError is ErrNotFound with the name of the kind of thing. It never tells an id.
type MissingError struct{ Kind string }

func (e *MissingError) Error() string        { return "No such " + e.Kind + "." }
func (e *MissingError) Is(target error) bool { return target == ErrNotFound }

// NoSuch returns a MissingError for a kind of thing, as people call it.
func NoSuch(kind string) error { return &MissingError{kind} }

// Missing returns err, or NoSuch(kind) where err is an ErrNotFound that names no kind yet.
func Missing(kind string, err error) error {
	var named *MissingError
	if errors.Is(err, ErrNotFound) && !errors.As(err, &named) {
		return NoSuch(kind)
	}
	return err
}
