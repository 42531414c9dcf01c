package hub

import "time"

const (
	// ConsoleIdle is how long a session of the console lasts without being used.
	ConsoleIdle = 12 * time.Hour
	// ConsoleLoginLife is how long the link is good that opens the console, which it does once.
	ConsoleLoginLife = 10 * time.Minute
	// ConsoleProviderLife is how long a session lasts, however much it is used, that a provider's word opened: it may know
	// the person no longer.
	ConsoleProviderLife = 24 * time.Hour
)

const (
	consoleSessionPrefix = "sirocco_session_"
	consoleLoginPrefix   = "sirocco_login_"
)

// ConsoleRole is what a person may do in the console.
type ConsoleRole string

// The roles, each of which may what the one before may.
const (
	ConsoleViewer   ConsoleRole = "VIEWER"   // looks
	ConsoleOperator ConsoleRole = "OPERATOR" // acts
)

// Acts reports whether the role may change anything.
func (r ConsoleRole) Acts() bool { return r == ConsoleOperator }

// ConsoleMethod is how a person signed in.
type ConsoleMethod string

// The methods of signing in.
const (
	ConsoleByLink  ConsoleMethod = "LINK"  // by the link that the command line prints
	ConsoleByToken ConsoleMethod = "TOKEN" // by the token of an organization or a group
	ConsoleByOIDC  ConsoleMethod = "OIDC"  // by a provider of OpenID Connect
)

// ConsolePerson is who signs in to the console, and what they see there.
type ConsolePerson struct {
	// Name is how the audit log calls the person.
	Name   string
	Role   ConsoleRole
	Method ConsoleMethod
	// OrganizationID is the only organization that the person sees, or the one that the token is of; empty for whoever
	// runs the server, who sees all.
	OrganizationID string
	// GroupID is the organization group whose organizations the person sees; empty for a single one, and for all.
	GroupID string
	// TokenID is the organization token that opened the session, which ends with it; empty for other methods.
	TokenID string
	// Subject is what the provider of OpenID Connect calls the person; empty for other methods.
	Subject string
	// UserID is the user of the organization that the person is, whose recordings they hear; empty where they are none. The
	// session ends with the user's being disabled.
	UserID string
}

// RunsServer reports whether the person sees all organizations, and the server itself.
func (p *ConsolePerson) RunsServer() bool { return p.OrganizationID == "" && p.GroupID == "" }

// MayOpenRecordings reports whether the person may open the words and the audio of recordings to themselves: who runs the
// server may, as a deliberate act. A token is no person.
func (p *ConsolePerson) MayOpenRecordings() bool { return p.RunsServer() && p.Method != ConsoleByToken }

// MayManageTokens fails with a *ForbiddenError unless the person may create and delete organization tokens: who signed in with
// a token may what that may.
func (p *ConsolePerson) MayManageTokens() error {
	if p.Method == ConsoleByToken {
		return Token{GroupID: p.GroupID}.MayManageTokens()
	}
	return nil
}

// SeesOne reports whether there is one organization alone that the person sees.
func (p *ConsolePerson) SeesOne() bool { return p.OrganizationID != "" && p.GroupID == "" }

// ConsoleSession is one browser in which a person is signed in.
type ConsoleSession struct {
	ID string
	ConsolePerson

	CreatedAt time.Time
	// SeenAt is coarse: it moves at most every few minutes.
	SeenAt time.Time
	// EndsAt is when the session ends however much it is used; zero where it does not.
	EndsAt time.Time
}

// Actor is how the audit log names who acts in the session.
func (s *ConsoleSession) Actor() Actor {
	return Actor{Kind: ActorConsole, ID: s.ID, Name: s.Name}
}

// NewConsoleSessionText returns the secret of a new session, which its cookie has.
func NewConsoleSessionText() string { return newTokenText(consoleSessionPrefix) }

// ConsoleSessionHash is TokenHash for sessions of the console.
func ConsoleSessionHash(text string) (string, bool) { return tokenHash(consoleSessionPrefix, text) }

// NewConsoleLoginText returns the secret of a new link that opens the console.
func NewConsoleLoginText() string { return newTokenText(consoleLoginPrefix) }

// ConsoleLoginHash is TokenHash for links that open the console.
func ConsoleLoginHash(text string) (string, bool) { return tokenHash(consoleLoginPrefix, text) }
