package hub

import "context"

// CRMAccount is whose data a connection's credentials open.
type CRMAccount struct {
	// ID is the vendor's own id of the account, the same for all credentials of it and for no other account; empty where
	// the vendor does not tell.
	ID string
	// Name is what people call it; empty where the vendor does not tell.
	Name string
	// Note is a sentence for people about what is not in order with the account though its credentials are accepted; usually
	// empty.
	Note string
}

// String is how people are told of the account.
func (a CRMAccount) String() string {
	switch {
	case a.ID == "":
		return "an account that is not known"
	case a.Name == "":
		return "the account " + Quoted(a.ID)
	}
	return "the account " + Quoted(a.Name) + " (" + a.ID + ")"
}

// Differs reports whether the two are known to be two accounts.
func (a CRMAccount) Differs(b CRMAccount) bool { return a.ID != "" && b.ID != "" && a.ID != b.ID }

// CheckCredentials asks the CRM of a connection whether it accepts the values, and whose they are. It returns an
// *InvalidError where they are wrong and an *UnavailableError where the CRM cannot be asked. Values in whose place the CRM
// gives others, as those are good for one time, are replaced in the map.
type CheckCredentials func(ctx context.Context, c Connection, values map[string]string) (CRMAccount, error)
