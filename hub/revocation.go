package hub

// Revocation says which tokens have stopped counting: those that one of its fields names, where it is not empty.
type Revocation struct {
	// TokenID is an organization token, AccessTokenID a user's.
	TokenID, AccessTokenID string
	// ClientID is an OAuth app, all of whose access tokens are revoked.
	ClientID string
	// UserID and OrganizationID are of users who may not use their access tokens now.
	UserID, OrganizationID string
}

// Covers reports whether the token, or the user's access token, is among those revoked. One of the two is zero.
func (r Revocation) Covers(t Token, user AccessToken) bool {
	same := func(revoked, id string) bool { return revoked != "" && revoked == id }
	return same(r.TokenID, t.ID) || same(r.AccessTokenID, user.ID) || same(r.ClientID, user.ClientID) ||
		same(r.UserID, user.UserID) || same(r.OrganizationID, user.OrganizationID)
}
