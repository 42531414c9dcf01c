package hub

import "time"

// Link says which CRM record a recording is about and why, or why it is about none.
type Link struct {
	// ConnectionID, Model and ExternalID name the record; all are empty in a recording that is not linked.
	ConnectionID string
	Model        Model
	ExternalID   string
	// Also are further records of the same connection that the recording was linked to with it.
	Also []RecordRef
	By   LinkBy
	// Trigger is the contract's name of what made the link; empty where nobody said.
	Trigger string
	// Reason is a sentence for people: why it is linked so, or why it stayed unlinked.
	Reason string
	// Basis is what of its appointment a link that the rule made rested on (see Appointment.Basis); empty where that is not known.
	Basis string
	// Lost is the appointment that the rule had linked the recording to until the CRM moved or deleted it, while nothing else is linked; nil
	// where there is none.
	Lost *LostAppointment
	At   time.Time
}

// SameRecord reports whether two links are to the same record, or both to none.
func (l Link) SameRecord(other Link) bool {
	return l.ConnectionID == other.ConnectionID && l.Model == other.Model && l.ExternalID == other.ExternalID
}

// RecordRef names a CRM record within a connection. The JSON names are those of storage.
type RecordRef struct {
	Model      Model  `json:"model"`
	ExternalID string `json:"externalId"`
}

// LinkBy says who linked a recording.
type LinkBy string

// The ways a recording comes to its link. A person's decision is never undone by the rule: LinkedByHand without a
// record is a recording that somebody unlinked.
const (
	NotLinked        LinkBy = ""
	LinkedByHand     LinkBy = "HAND"
	LinkedByUpload   LinkBy = "UPLOAD" // the uploader named CRM objects
	LinkedByMatching LinkBy = "MATCHING"
	// Offered is a recording whose appointment the rule is not sure of: a person may take one, by linking it. It has no
	// record; its connection is that of the most probable appointment.
	Offered LinkBy = "OFFERED"
)

// LinkedCRM is what a linked recording has to do with in the CRM: the record itself and those it refers to.
type LinkedCRM struct {
	ConnectionID string
	Users        []CRMIdentity
	Engagement   *CRMIdentity
	Opportunity  *CRMIdentity
	Contacts     []CRMIdentity
	Account      *CRMIdentity
	Lead         *CRMIdentity
}

// CRMIdentity is a CRM record by our id and by the CRM's own. The JSON names are those of the published contract.
type CRMIdentity struct {
	// Key is what the record is called within its connection: where the CRM is read through another service, its id there.
	Key        string `json:"-"`
	ID         string `json:"id"`
	ExternalID string `json:"externalId"`
}
