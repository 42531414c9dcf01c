package hub

import "time"

// ActorKind says what kind of caller made a change.
type ActorKind string

// The kinds of actors.
const (
	ActorToken       ActorKind = "TOKEN"        // an organization token
	ActorUser        ActorKind = "USER"         // a user, through an OAuth access token
	ActorCommandLine ActorKind = "COMMAND_LINE" // whoever runs the program beside its database
	ActorSirocco     ActorKind = "SIROCCO"      // the background, by itself
	ActorConsole     ActorKind = "CONSOLE"      // a person in the web console
)

// Actor is who makes a change.
type Actor struct {
	Kind ActorKind
	// ID is the token's, the user's or the console session's; empty for the others.
	ID   string
	Name string
}

// AuditEntry is one change, as it is remembered for good.
type AuditEntry struct {
	ID    string
	At    time.Time
	Actor Actor
	// Action is a verb: create, update, delete, pause, rotate, ...
	Action string
	// ObjectKind and ObjectID name what was changed.
	ObjectKind, ObjectID string
	// Changes are the new values of the fields that changed, as JSON; never a secret value.
	Changes string
}
