package hub

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"
	"time"
)

// Token is what is known of an organization token; its text is shown once, when it is made, and never kept.
type Token struct {
	ID             string
	OrganizationID string
	Name           string
	// GroupID is the organization group that the token spans; empty for a token of one organization.
	GroupID string
	// ParentID is the group token that made this one; empty when the command line did.
	ParentID  string
	CreatedAt time.Time
	// LastUsedAt is coarse: it moves at most every few minutes. Zero when the token was never used.
	LastUsedAt time.Time
}

// A token's text is the prefix, 32 random bytes and a CRC-32 of what stands before it, the latter two in
// base 62 and padded to a fixed width. The checksum lets a secret scanner match without false alarms
// and a typo be refused without a query.
const (
	tokenPrefix      = "sirocco_"
	userTokenPrefix  = "sirocco_user_"
	secretPrefix     = "sirocco_secret_"
	tokenRandomBytes = 32
	tokenBodyWidth   = 43 // 62^43 > 2^256
	tokenCheckWidth  = 6  // 62^6 > 2^32
)

// NewTokenText returns the text of a new organization token.
func NewTokenText() string { return newTokenText(tokenPrefix) }

// NewUserTokenText returns the text of a new access token.
func NewUserTokenText() string { return newTokenText(userTokenPrefix) }

// NewClientSecret returns the secret of a new OAuth app.
func NewClientSecret() string { return newTokenText(secretPrefix) }

func newTokenText(prefix string) string {
	var b [tokenRandomBytes]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	text := prefix + base62(new(big.Int).SetBytes(b[:]), tokenBodyWidth)
	return text + tokenChecksum(text)
}

// TokenHash returns the hash under which an organization token is stored, and false when text cannot be one.
func TokenHash(text string) (string, bool) { return tokenHash(tokenPrefix, text) }

// UserTokenHash is TokenHash for access tokens.
func UserTokenHash(text string) (string, bool) { return tokenHash(userTokenPrefix, text) }

// ClientSecretHash is TokenHash for the secrets of OAuth apps.
func ClientSecretHash(text string) (string, bool) { return tokenHash(secretPrefix, text) }

func tokenHash(prefix, text string) (string, bool) {
	if len(text) != len(prefix)+tokenBodyWidth+tokenCheckWidth || !strings.HasPrefix(text, prefix) {
		return "", false
	}
	body := text[:len(text)-tokenCheckWidth]
	if tokenChecksum(body) != text[len(body):] {
		return "", false
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), true
}

func tokenChecksum(body string) string {
	return base62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(body)))), tokenCheckWidth)
}

func base62(n *big.Int, width int) string {
	s := n.Text(62)
	return strings.Repeat("0", width-len(s)) + s
}

// MayManageTokens fails with a *ForbiddenError unless the token may create and delete organization tokens.
func (t Token) MayManageTokens() error {
	if t.GroupID == "" {
		return Forbidden("Only a token of an organization group may create or delete tokens.")
	}
	return nil
}

// MayCreateOrganization fails with a *ForbiddenError unless the token may create organizations, and with an
// *InvalidError where one of the groups that an organization is to belong to is not the token's own.
func (t Token) MayCreateOrganization(groups []string) error {
	if t.GroupID == "" {
		return Forbidden("Only a token of an organization group may create organizations.")
	}
	if len(groups) == 0 {
		return Invalid("orgGroupIds", "is empty", "the token's authorizedOrgGroupId")
	}
	for i, group := range groups {
		if group != t.GroupID {
			return Invalid(fmt.Sprintf("orgGroupIds[%d]", i), "names no group of this token", "the token's authorizedOrgGroupId")
		}
	}
	return nil
}
