package hub

// MatchBy says how a CRM user came to be matched to a user of the workspace, or to nobody.
type MatchBy string

// The ways of matching, the stronger before the weaker.
const (
	MatchedByHand  MatchBy = "HAND"
	MatchedByEmail MatchBy = "EMAIL"
	MatchedByName  MatchBy = "NAME"
	NotMatched     MatchBy = "NONE"
)

// MatchUser decides which user a CRM user is. hand is what a person said, nil where nobody did: an empty id says
// that it is nobody. byEmail and byName are the users with the CRM user's e-mail address and with its name; a name
// that several users have tells nothing, and so does an address that CRM users of one connection share who are called otherwise: it has none.
func MatchUser(hand *string, byEmail, byName []string) (userID string, by MatchBy) {
	switch {
	case hand != nil:
		return *hand, MatchedByHand
	case len(byEmail) == 1:
		return byEmail[0], MatchedByEmail
	case len(byName) == 1:
		return byName[0], MatchedByName
	}
	return "", NotMatched
}

// UserKeys are what the CRM user of the record is matched by: the keys of its e-mail address and of its name, empty
// where it has none.
func (r *Record) UserKeys() (email, name string) {
	email = EmailKey(r.Details.Email)
	if email == "" && len(r.Details.Emails) > 0 {
		email = EmailKey(r.Details.Emails[0])
	}
	if name = NameKey(r.Name); name == "" {
		name = NameKey(r.Details.FirstName + " " + r.Details.LastName)
	}
	return email, name
}
