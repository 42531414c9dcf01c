package hub

import "time"

// Brief is what a technician should hear before an appointment.
type Brief struct {
	ID             string
	OrganizationID string
	// ExternalID is the sender's own name of it, by which it comes once.
	ExternalID string
	// JobID, AppointmentID, TenantID and TechnicianID are the CRM's own ids.
	JobID, AppointmentID, TenantID, TechnicianID string
	// AudioURL is kept, not fetched; empty where there is none.
	AudioURL, Message    string
	CreatedAt, UpdatedAt time.Time
}

// briefURLMost is how many bytes the address of a brief's audio may have.
const briefURLMost = 4096

// Validate reports what is wrong with the brief, in the spelling of the API, or nil.
func (b *Brief) Validate() error {
	var issues []Issue
	for _, text := range []struct {
		field, value string
		most         int
	}{
		{"externalId", b.ExternalID, 256}, {"jobId", b.JobID, 256}, {"appointmentId", b.AppointmentID, 256}, {"tenantId", b.TenantID, 256},
		{"technicianId", b.TechnicianID, 256}, {"message", b.Message, 16 << 10},
	} {
		if len(text.value) > text.most {
			issues = append(issues, Issue{text.field, "is too long", "fewer bytes"})
		}
	}
	issues = appendAddress(issues, "audioUrl", b.AudioURL, briefURLMost)
	if b.ExternalID == "" {
		issues = append(issues, Issue{"externalId", "is empty", "the sender's own id of the brief"})
	}
	return invalidOrNil(issues)
}
