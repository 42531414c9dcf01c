package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
)

// Explain returns, in sentences for people, what the connection's sync does now, or why it does nothing; then what waits for a decision,
// whether the records of an account before are still being removed, and what the CRM says is not in order.
func (s Schedule) Explain(c hub.Connection, now time.Time) string {
	var text strings.Builder
	text.WriteString(s.explain(c, now))
	for _, model := range slices.Sorted(maps.Keys(s.Held)) {
		fmt.Fprintf(&text, " Of %s, %d are no longer shown by the CRM: whether they count as deleted waits for a decision.", model, s.Held[model])
	}
	if c.Retiring {
		text.WriteString(" The records of the account that it had before are being removed; those of the one that it has now come in after that.")
	}
	for _, note := range s.Notes {
		text.WriteString(" " + note)
	}
	return text.String()
}

func (s Schedule) explain(c hub.Connection, now time.Time) string {
	switch {
	case s.ConnectionID == "":
		return notPulledReason(c.Platform) + latestSession(c)
	case !c.Active:
		return "It is paused. It goes on from where it stopped when it is resumed."
	case s.OrganizationDisabled:
		return "Its organization is disabled: nothing is synced or written back until it is enabled again."
	case s.Timeouts > 0 && s.LeaseUntil.IsZero() && !s.DueAt.IsZero() && !s.DueAt.After(now):
		return "It waits its turn among the connections that were not answered in time by " + s.Host + ": they are tried one after another."
	case s.Waiting == Continuing:
		return "It is syncing; it has let other connections go first for a moment."
	case s.Waiting != "" && s.WaitingUntil.After(now):
		return "It " + strings.TrimSuffix(s.Waiting, ".") + "; the next attempt is at " + hub.WireTime(s.WaitingUntil) + "."
	case s.Waiting != "" && s.DueAt.IsZero() && s.LeaseUntil.IsZero():
		return "It " + strings.TrimSuffix(s.Waiting, ".") + "."
	case s.LeaseUntil.After(now) && s.RunID != "":
		return "It is syncing now."
	case s.DueAt.IsZero(), !s.DueAt.After(now):
		return "It is about to sync."
	}
	return "It is up to date; the next sync is at " + hub.WireTime(s.DueAt) + "."
}

// notPulledReason says why a connection of the platform has no sync.
func notPulledReason(p hub.Platform) string {
	if p.Inbound() {
		return "It posts what there is to Sirocco; there is nothing to read."
	}
	if p.Pushed() {
		return "Its records are pushed to Sirocco; there is nothing to read."
	}
	return "Nothing is read for " + string(p) + " yet."
}

// latestSession says when an inbound platform posted something for the last time; empty for others.
func latestSession(c hub.Connection) string {
	switch {
	case !c.Platform.Inbound():
		return ""
	case !c.Active:
		return " It is paused, and what it posts is refused."
	case len(c.SyncStatus) == 0 || c.SyncStatus[0].ModifiedAfter.IsZero():
		return " Nothing has come yet."
	}
	return " The last came at " + hub.WireTime(c.SyncStatus[0].ModifiedAfter) + "."
}
