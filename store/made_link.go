package store

import (
	"context"

	"sirocco/hub"
)

// probabilitiesSince is the version of the tables with which links became probabilities.
const probabilitiesSince = 15

// LinksAreOlder reports whether this program has just brought on tables of a version in which whatever overlapped was
// linked: its links were never held against how sure they are.
func (s *Store) LinksAreOlder() bool {
	return s.upgradedFrom > 0 && s.upgradedFrom < probabilitiesSince
}

// MadeLinks counts the links that the rule has made, and how many of them it would not make now but offer, or leave. Nothing
// is changed: made links stay. It looks at each recording by itself, and takes its time.
func (s *Store) MadeLinks(ctx context.Context) (made, unsure int, err error) {
	for after := ""; ; {
		organizations, err := s.Organizations(ctx, after, relinkSlice)
		if err != nil || len(organizations) == 0 {
			return made, unsure, err
		}
		for _, o := range organizations {
			after = o.ID
			n, not, err := s.madeLinksOf(ctx, o.ID)
			if err != nil {
				return made, unsure, err
			}
			made, unsure = made+n, unsure+not
		}
	}
}

func (s *Store) madeLinksOf(ctx context.Context, organization string) (made, unsure int, err error) {
	for after := ""; ; {
		found, err := queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND id > $2
			AND link_by = $3 AND deleted_at IS NULL ORDER BY id LIMIT $4`, organization, after, string(hub.LinkedByMatching), relinkSlice)
		if err != nil || len(found) == 0 {
			return made, unsure, err
		}
		for _, r := range found {
			after = r.ID
			link := r.Link
			v, err := s.Verdict(ctx, r)
			if err != nil {
				return made, unsure, err
			}
			made++
			if w := v.Winner(); w == nil || w.Model != link.Model || w.Appointment.ConnectionID != link.ConnectionID || w.Appointment.ExternalID != link.ExternalID {
				unsure++
			}
		}
	}
}
