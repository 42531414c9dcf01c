package hub

import "time"

// Organization is a tenant: everything else belongs to exactly one.
type Organization struct {
	ID        string
	Name      string
	CreatedAt time.Time
}

// ValidateName reports what is wrong with the name of an organization, group or token, or nil.
func ValidateName(field, name string) error {
	return invalidOrNil(appendText(nil, field, name))
}
