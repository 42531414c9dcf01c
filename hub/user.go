package hub

import (
	"net/mail"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// User is a member of an organization's workspace: a rep who records, or a coach.
type User struct {
	ID             string
	OrganizationID string
	Email          string
	Phone          string
	FirstName      string
	LastName       string
	// TeamID is the team the user is a member of; empty for none. CoachOf are those the user coaches.
	TeamID  string
	CoachOf []string
	// ExternalID is the organization's own id of the user.
	ExternalID string
	Admin      bool
	// Disabled users keep what they have, and can do nothing new.
	Disabled bool
	Billable bool
	Contact  *ContactSettings
	// UpdatedAt is when the user itself last changed.
	CreatedAt, UpdatedAt time.Time
}

// ContactSettings says which mails a user gets. The JSON names are those of the contract.
type ContactSettings struct {
	SuppressEmails      *bool `json:"suppressEmails,omitempty"`
	SuppressEmailErrors *bool `json:"suppressEmailErrors,omitempty"`
}

// Validate reports all that is wrong with what a client may say of a user, as an *InvalidError, or nil.
func (u *User) Validate() error {
	var issues []Issue
	if address, err := mail.ParseAddress(u.Email); err != nil || address.Address != u.Email || utf8.RuneCountInString(u.Email) > MaxNameLength {
		issues = append(issues, Issue{Field: "email", Problem: "is no e-mail address", Want: "one like ann@example.com"})
	}
	for _, f := range []struct{ field, text string }{
		{"phoneNumber", u.Phone}, {"firstName", u.FirstName}, {"lastName", u.LastName}, {"externalId", u.ExternalID},
	} {
		if f.text != "" {
			issues = appendText(issues, f.field, f.text)
		}
	}
	return invalidOrNil(issues)
}

// UserPatch is a change to a user; nil leaves a field as it is, and an empty text clears it.
type UserPatch struct {
	Email, Phone, FirstName, LastName, TeamID *string
	Disabled, Billable                        *bool
	Contact                                   *ContactSettings
}

// Apply changes u as p says, at now, and returns the new values of what is different, by the contract's names. If
// nothing is, UpdatedAt stays too.
func (p *UserPatch) Apply(u *User, now time.Time) map[string]any {
	changes := map[string]any{}
	for _, f := range []struct {
		name     string
		dst, src *string
	}{
		{"email", &u.Email, p.Email}, {"phoneNumber", &u.Phone, p.Phone}, {"firstName", &u.FirstName, p.FirstName},
		{"lastName", &u.LastName, p.LastName}, {"memberTeamId", &u.TeamID, p.TeamID},
	} {
		if set(f.dst, f.src) {
			changes[f.name] = *f.dst
		}
	}
	if set(&u.Disabled, p.Disabled) {
		changes["disabled"] = u.Disabled
	}
	if set(&u.Billable, p.Billable) {
		changes["billable"] = u.Billable
	}
	if p.Contact != nil && (u.Contact == nil || !reflect.DeepEqual(*u.Contact, *p.Contact)) {
		u.Contact = p.Contact
		changes["contactSettings"] = p.Contact
	}
	if len(changes) > 0 {
		u.UpdatedAt = NextVersion(u.UpdatedAt, now)
	}
	return changes
}

// Fields are what a new user is made of, by the contract's names; what is empty is left out.
func (u *User) Fields() map[string]any {
	fields := map[string]any{"email": u.Email, "isAdmin": u.Admin, "billable": u.Billable}
	for name, value := range map[string]string{
		"phoneNumber": u.Phone, "firstName": u.FirstName, "lastName": u.LastName, "memberTeamId": u.TeamID, "externalId": u.ExternalID,
	} {
		if value != "" {
			fields[name] = value
		}
	}
	if len(u.CoachOf) > 0 {
		fields["coachTeamIds"] = u.CoachOf
	}
	return fields
}

// Name is how people call the user: the names, or else the e-mail address.
func (u *User) Name() string {
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" {
		return name
	}
	return u.Email
}

// AccessToken lets an OAuth app act as one user for a while. Its text is shown once and never kept.
type AccessToken struct {
	ID             string
	OrganizationID string
	// ClientID is the app it was made by.
	ClientID  string
	UserID    string
	Scope     Scope
	CreatedAt time.Time
	UpdatedAt time.Time
	ExpiresAt time.Time
	// RevokedAt is zero for a token that was not revoked.
	RevokedAt time.Time
}

// AccessTokenLife is how long an access token lives: 16 hours, by the published contract.
const AccessTokenLife = 16 * time.Hour

// Scope is what an access token lets do.
type Scope string

// The scopes of the contract. Write includes read.
const (
	ScopeRead  Scope = "read"
	ScopeWrite Scope = "write"
)
