package store

import (
	"context"

	"sirocco/database"
	"sirocco/hub"
)

const briefColumns = `organization_id, id, external_id, job_id, appointment_id, tenant_id, technician_id, audio_url, message, created_at, updated_at`

func scanBrief(r database.Row) (hub.Brief, error) {
	var b hub.Brief
	var created, updated int64
	err := r.Scan(&b.OrganizationID, &b.ID, &b.ExternalID, &b.JobID, &b.AppointmentID, &b.TenantID, &b.TechnicianID, &b.AudioURL, &b.Message, &created, &updated)
	b.CreatedAt, b.UpdatedAt = fromMicros(created), fromMicros(updated)
	return b, err
}

// PutBrief keeps a brief, in the place of the one that its sender calls the same, and returns its id. The same brief again
// changes nothing. What is wrong is a *hub.InvalidError.
func (s *Store) PutBrief(ctx context.Context, b hub.Brief) (id string, err error) {
	if err := b.Validate(); err != nil {
		return "", err
	}
	now := micros(s.nowMillis())
	err = s.write(ctx, func(tx Tx) error {
		changed, err := queryAll(ctx, tx, scanText, `INSERT INTO briefs (`+briefColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
			ON CONFLICT (organization_id, external_id) DO UPDATE SET job_id = excluded.job_id, appointment_id = excluded.appointment_id, tenant_id = excluded.tenant_id,
				technician_id = excluded.technician_id, audio_url = excluded.audio_url, message = excluded.message, updated_at = excluded.updated_at
			WHERE (briefs.job_id, briefs.appointment_id, briefs.tenant_id, briefs.technician_id, briefs.audio_url, briefs.message)
				<> (excluded.job_id, excluded.appointment_id, excluded.tenant_id, excluded.technician_id, excluded.audio_url, excluded.message)
			RETURNING id`, b.OrganizationID, s.newID(), b.ExternalID, b.JobID, b.AppointmentID, b.TenantID, b.TechnicianID, b.AudioURL, b.Message, now)
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			id, err = queryOne(ctx, tx, scanText, `SELECT id FROM briefs WHERE organization_id = $1 AND external_id = $2`, b.OrganizationID, b.ExternalID)
			return err
		}
		id = changed[0]
		return s.audit(ctx, tx, b.OrganizationID, "put", "brief", id, map[string]any{"jobId": b.JobID, "appointmentId": b.AppointmentID, "technicianId": b.TechnicianID})
	})
	return id, err
}

// BriefFilter chooses briefs. Empty fields choose all.
type BriefFilter struct {
	JobID, AppointmentID, ExternalID string
	// Before is the id of the last one already seen.
	Before string
	Limit  int
}

// Briefs lists the organization's briefs, the newest first.
func (s *Store) Briefs(ctx context.Context, organization string, f BriefFilter) ([]hub.Brief, error) {
	c := conditions{args: []any{organization}}
	for column, value := range map[string]string{"job_id": f.JobID, "appointment_id": f.AppointmentID, "external_id": f.ExternalID} {
		if value != "" {
			c.and(column+" = %s", value)
		}
	}
	if f.Before != "" {
		c.and("id < %s", f.Before)
	}
	return queryPage(ctx, s.db, scanBrief, `SELECT `+briefColumns+` FROM briefs WHERE organization_id = $1`+c.text+` ORDER BY id DESC LIMIT `+c.arg(f.Limit), c.args...)
}
