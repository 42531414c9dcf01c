package hub

import "time"

// OAuthApp is a program that acts for users through access tokens. Its secret is shown once and never kept.
type OAuthApp struct {
	ClientID       string
	OrganizationID string
	Name           string
	// Owner is whoever the organization says is in charge of the app.
	Owner                string
	CreatedAt, UpdatedAt time.Time
	// DeletedAt is zero for an app that is there.
	DeletedAt time.Time
}

// ValidateOAuthApp reports all that is wrong with what an app is made of, or nil.
func ValidateOAuthApp(name, owner string) error {
	return invalidOrNil(appendText(appendText(nil, "appName", name), "owner", owner))
}
