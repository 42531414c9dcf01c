package hub

import "slices"

// Viewer is a user who looks at recordings, with what decides which.
type Viewer struct {
	UserID string
	TeamID string
	Admin  bool
	// CoachOf are the teams that the user coaches.
	CoachOf []string
}

// Sees reports whether the viewer may see a recording: an own one, one of a team that the viewer coaches, one that
// may be discovered, or any where the viewer is an administrator.
func (v *Viewer) Sees(r *Recording) bool {
	return r.Discoverable || v.Keeps(r.UserID, r.TeamID)
}

// MaySee fails with ErrNotFound, as for a recording that is not there, unless the viewer sees it.
func (v *Viewer) MaySee(r *Recording) error {
	if !v.Sees(r) {
		return NoSuch("recording")
	}
	return nil
}

// MayChange fails with ErrNotFound unless the viewer sees the recording, and with a *ForbiddenError unless they may
// link it.
func (v *Viewer) MayChange(r *Recording) error {
	if err := v.MaySee(r); err != nil {
		return err
	}
	if !v.Keeps(r.UserID, r.TeamID) {
		return Forbidden("Only its user, a coach of its team or an administrator may change this recording.")
	}
	return nil
}

// MayDelete fails with ErrNotFound unless the viewer sees the recording, and with a *ForbiddenError unless it is their own
// or they are an administrator.
func (v *Viewer) MayDelete(r *Recording) error {
	if err := v.MaySee(r); err != nil {
		return err
	}
	if !v.Admin && r.UserID != v.UserID {
		return Forbidden("Only its user or an administrator may delete this recording.")
	}
	return nil
}

// Keeps reports whether the viewer may change what belongs to a user, who is of the team: discovering is not enough.
func (v *Viewer) Keeps(user, team string) bool {
	return v.Admin || user == v.UserID || team != "" && slices.Contains(v.CoachOf, team)
}
