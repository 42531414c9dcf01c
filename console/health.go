package console

import (
	"fmt"
	"slices"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// connectionView is a connection as lists show it.
type connectionView struct {
	store.ConnectionHealth

	State store.HealthState
}

func viewConnections(all []store.ConnectionHealth, now time.Time) []connectionView {
	views := make([]connectionView, len(all))
	for i, h := range all {
		views[i] = connectionView{ConnectionHealth: h, State: h.State(now)}
	}
	return views
}

// stateWords and stateTones are how people are told of a state.
var (
	stateWords = map[store.HealthState]string{
		store.HealthUpToDate: "Up to date", store.HealthReceiving: "Receiving", store.HealthSyncing: "Syncing", store.HealthPaused: "Paused",
		store.HealthWaiting: "Waiting", store.HealthFailing: "Failing", store.HealthNeedsCredentials: "Needs credentials",
	}
	stateTones = map[store.HealthState]string{
		store.HealthUpToDate: "good", store.HealthReceiving: "good", store.HealthSyncing: "busy",
		store.HealthWaiting: "warn", store.HealthFailing: "bad", store.HealthNeedsCredentials: "bad",
	}
)

// Words and Tone say how the connection is. They are methods of the value, as are those below: templates pass it on.
func (c connectionView) Words() string { return stateWords[c.State] }

func (c connectionView) Tone() string { return stateTones[c.State] }

// NeedsCredentials reports whether nothing is read before somebody gives other credentials.
func (c connectionView) NeedsCredentials() bool { return c.State == store.HealthNeedsCredentials }

// SinceRefused is since when the CRM refuses the credentials; zero where it does not.
func (c connectionView) SinceRefused() time.Time {
	if c.RefusedSince.IsZero() {
		return c.RejectedAt
	}
	return c.RefusedSince
}

// Sentence is the engine's one sentence of the connection, and, where it needs credentials, first that it does.
func (c connectionView) Sentence(now time.Time) string {
	switch {
	case c.State == store.HealthNeedsCredentials && !c.HasCredentials:
		return "It has no credentials yet, so nothing is read."
	case c.State == store.HealthNeedsCredentials:
		return fmt.Sprintf("The CRM refuses its credentials since %s, so nothing is read. %s", hub.WireTime(c.SinceRefused()), c.Schedule.Explain(c.Connection, now))
	}
	return c.Schedule.Explain(c.Connection, now)
}

// Version is what a change of the connection has to be made from; see hub.ConnectionPatch.
func (c connectionView) Version() string { return c.UpdatedAt.UTC().Format(time.RFC3339Nano) }

// stateCount is how many connections are in a state.
type stateCount struct {
	State store.HealthState
	N     int
}

// Words says so, as in "2 need credentials".
func (c stateCount) Words() string {
	words := map[store.HealthState][2]string{
		store.HealthUpToDate: {"up to date", "up to date"}, store.HealthReceiving: {"receiving", "receiving"}, store.HealthSyncing: {"syncing", "syncing"},
		store.HealthPaused: {"paused", "paused"}, store.HealthWaiting: {"waiting", "waiting"}, store.HealthFailing: {"failing", "failing"},
		store.HealthNeedsCredentials: {"needs credentials", "need credentials"},
	}[c.State]
	if c.N == 1 {
		return "1 " + words[0]
	}
	return number(c.N) + " " + words[1]
}

// Tone is as that of a connection in the state.
func (c stateCount) Tone() string { return stateTones[c.State] }

// countStates counts connections by their state, the best first.
func countStates(all []connectionView) (counts []stateCount) {
	for _, state := range store.HealthStates() {
		n := 0
		for i := range all {
			if all[i].State == state {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, stateCount{state, n})
		}
	}
	return counts
}

// severity is how bad the worst of the connections is; the states stand in that order.
func severity(all []connectionView) (worst int) {
	for _, c := range all {
		worst = max(worst, slices.Index(store.HealthStates(), c.State))
	}
	return worst
}

// freshness is how a model's cursor stands against how often the connection syncs.
type freshness struct {
	Model hub.Model
	// Tone is good, busy, warn or bad; Words says what it means, with the cursor's age.
	Tone, Words string
}

// defaultLookBack is by how much a cursor trails where the platform says nothing else.
const defaultLookBack = 10 * time.Minute

// Dots are how fresh each model is.
func (c connectionView) Dots(now time.Time, info hub.PlatformInfo) []freshness {
	lookBack, interval := info.LookBack, c.Schedule.Interval
	if lookBack == 0 {
		lookBack = defaultLookBack
	}
	if interval == 0 {
		interval = store.DefaultSyncInterval
	}
	var dots []freshness
	for _, st := range c.SyncStatus {
		d := freshness{Model: st.Model, Tone: "none", Words: "nothing came yet"}
		age := now.Sub(st.ModifiedAfter)
		late := age - lookBack - interval
		switch {
		case c.Refused():
			d.Tone, d.Words = "bad", "the credentials are refused"
		case st.State == hub.SyncStateError:
			d.Tone, d.Words = "bad", "could not be read"
		case st.ModifiedAfter.IsZero() && st.State == hub.SyncStateSyncing && c.Active:
			d.Tone, d.Words = "busy", "is read for the first time"
		case st.ModifiedAfter.IsZero():
		case late <= 2*interval:
			d.Tone = "good"
		case late <= 12*interval:
			d.Tone = "warn"
		default:
			d.Tone = "bad"
		}
		if !st.ModifiedAfter.IsZero() {
			if d.Words == "nothing came yet" {
				d.Words = ""
			} else {
				d.Words += ", "
			}
			d.Words += "everything up to " + lasting(age) + " ago is in"
		}
		dots = append(dots, d)
	}
	return dots
}
