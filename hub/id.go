package hub

import "github.com/google/uuid"

// NewID returns a new id: a UUIDv7, so that ids made later sort later.
func NewID() string {
	return uuid.Must(uuid.NewV7()).String()
}

// ValidID reports whether s could be one of our ids in the only spelling that we give out. Anything
// else is known not to exist without asking the database.
func ValidID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}
