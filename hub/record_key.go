package hub

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxIDLength is how many bytes an external id, or a reference by one, may have: what an index of either database takes.
const MaxIDLength = 512

// maxMadeID is MaxIDLength for the external ids that are made here, of two others at most.
const maxMadeID = 2*MaxIDLength + 16

// maxPersonLength is how many bytes the e-mail address or the name of a CRM user may have, and what it is matched by.
const maxPersonLength = 1024

// JoinID is the external id of a record that joins a user to an opportunity or engagement, where the CRM
// has none of its own for it. Different pairs have different ones, whatever their ids contain.
func JoinID(of, user string) string { return strconv.Itoa(len(of)) + ":" + of + ":" + user }

// madeTypeIDs begins the external ids of engagement types that were pushed without one. No other may begin so.
const madeTypeIDs = "sirocco:type:"

// TypeID is the external id of an engagement type that was pushed without one.
func TypeID(activityType, name string) string { return madeTypeIDs + activityType + ":" + name }

// validateKeys reports what of the record does not fit into an index, by the first field.
func (r *Record) validateKeys() error {
	most := MaxIDLength
	switch r.Model {
	case ModelOpportunityUser, ModelEngagementUser, ModelEngagementType:
		most = maxMadeID
	default:
	}
	if err := fits("externalId", r.ExternalID, most); err != nil {
		return err
	}
	for _, of := range [...]struct{ field, text string }{
		{"mergedInto", r.MergedInto}, {"accountId", r.Refs.Account}, {"contactId", r.Refs.Contact}, {"leadId", r.Refs.Lead},
		{"opportunityId", r.Refs.Opportunity}, {"engagementId", r.Refs.Engagement}, {"userId", r.Refs.User}, {"ownerId", r.Refs.Owner},
		{"remoteId", r.Details.RemoteID},
	} {
		if err := fits(of.field, of.text, MaxIDLength); err != nil {
			return err
		}
	}
	if err := fits("engagementTypeId", r.Refs.EngagementType, maxMadeID); err != nil {
		return err
	}
	for i, contact := range r.Details.OtherContacts {
		if err := fits(fmt.Sprintf("otherContacts[%d]", i), contact, MaxIDLength); err != nil {
			return err
		}
	}
	if r.Model != ModelUser {
		return nil
	}
	if err := ValidatePerson("email", r.Details.Email, "name", r.Name); err != nil {
		return err
	}
	email, name := r.UserKeys() // of other fields, where those are empty
	if err := fits("emails", email, maxPersonLength); err != nil {
		return err
	}
	return fits("firstName", name, maxPersonLength)
}

// ValidatePerson reports whether a CRM user may have the e-mail address and the name, which the fields tell.
func ValidatePerson(emailField, email, nameField, name string) error {
	if err := fits(emailField, email, maxPersonLength); err != nil {
		return err
	}
	if err := fits(nameField, name, maxPersonLength); err != nil {
		return err
	}
	// What they are matched by can be many times as long.
	if err := fits(emailField, EmailKey(email), maxPersonLength); err != nil {
		return err
	}
	return fits(nameField, NameKey(name), maxPersonLength)
}

// ValidateID reports whether the text can be the external id of a record of the model, in the field.
func ValidateID(field string, m Model, text string) error {
	if m == ModelEngagementType && strings.HasPrefix(text, madeTypeIDs) {
		return Invalid(field, "begins with "+madeTypeIDs, "the CRM's own id of the type; leave it out where there is none")
	}
	return fits(field, text, MaxIDLength)
}

// fits reports a text that has more bytes than most.
func fits(field, text string, most int) error {
	if len(text) <= most {
		return nil
	}
	return Invalid(field, fmt.Sprintf("has %d bytes", len(text)), fmt.Sprintf("at most %d bytes", most))
}
