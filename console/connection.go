package console

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// connectionPage is one connection: what it does, what it did, and what may be done with it.
type connectionPage struct {
	page
	store.ConnectionCounts
	liveConnection

	Corrections hub.Corrections
	Wrong       wrongSetting
	// Inbound is where its platform posts to; nil where that posts nothing.
	Inbound *inboundAddress
	// HasMapping says that what is read is for people to say.
	HasMapping bool
	// Held are the records that the CRM no longer shows and that a person has to decide about.
	Held     []heldModel
	Grid     runGrid
	Timeline []happening
	// Kind is what the timeline is filtered by, empty where it has everything; Kinds are what it can be.
	Kind  string
	Kinds any
	// Next is where the timeline goes on; empty at its end.
	Next string
}

// Pushes reports whether its records are pushed by the customer's own program.
func (p *connectionPage) Pushes() bool { return p.Connection.Platform.Pushed() }

// PushURL is below what records are pushed to, and Docs where the API is described.
func (p *connectionPage) PushURL() string {
	return p.server.publicURL(p.visit) + "/v1/integrations/sync/…?integrationConnectionId=" + p.Connection.ID
}

func (p *connectionPage) Docs() string { return p.server.publicURL(p.visit) + "/docs/" }

// DeletionAsks is what is said before records count as deleted.
func (p *connectionPage) DeletionAsks() string { return deletionAsks }

// heldModel is a model of which records are no longer shown by the CRM.
type heldModel struct {
	Model hub.Model
	N     int
	// First are the first of them.
	First []heldRecord
}

// heldRecord is one of them: what it is called, and its page, empty where it is gone meanwhile.
type heldRecord struct{ Name, Path string }

// heldShown is how many records that wait for a decision are shown.
const heldShown = 20

func (s *server) showConnection(w http.ResponseWriter, v *visit) error {
	return s.renderConnection(w, v, http.StatusOK, wrongSetting{})
}

// wrongSetting is what was typed into the form of one setting, and why it was not taken.
type wrongSetting struct{ What, Typed, Sentence string }

// renderConnection shows a connection, with what was typed for one of its settings and not taken.
func (s *server) renderConnection(w http.ResponseWriter, v *visit, status int, wrong wrongSetting) error {
	ctx := v.Context()
	c, err := s.connectionOf(ctx, v)
	if err != nil {
		return err
	}
	shown := &connectionPage{page: s.page(v, c.Name), Wrong: wrong, HasMapping: s.Platforms[c.Platform].Mapping != nil}
	if shown.liveConnection, err = s.liveConnection(ctx, v, c); err != nil {
		return err
	}
	if shown.ConnectionCounts, err = s.Store.ConnectionCounts(ctx, c.OrganizationID, c.ID); err != nil {
		return err
	}
	if shown.Corrections, err = s.Store.Corrections(ctx, c.OrganizationID, c.ID); err != nil {
		return err
	}
	if shown.Inbound, err = s.inboundAddress(w, v, c.Connection); err != nil {
		return err
	}
	for _, model := range slices.Sorted(maps.Keys(c.Schedule.Held)) {
		held, err := s.heldModel(ctx, c.Connection, model, c.Schedule.Held[model])
		if err != nil {
			return err
		}
		shown.Held = append(shown.Held, held)
	}
	runs, err := s.Store.SyncRuns(ctx, c.OrganizationID, c.ID, "", gridRuns)
	if err != nil {
		return err
	}
	shown.Grid = drawGrid(c, runs, func(run string) string { return s.href(v, "/connections/"+c.ID+"/runs/"+run) })
	shown.Kind, shown.Kinds = timelineKind(v.URL.Query().Get("kind")), timelineKinds
	if shown.Timeline, shown.Next, err = s.timeline(v, c, shown.Kind, v.URL.Query().Get("before")); err != nil {
		return err
	}
	return s.render(w, v, status, "connection", shown)
}

// heldModel finds what the first of a model's records are called about which a person has to decide.
func (s *server) heldModel(ctx context.Context, c hub.Connection, model hub.Model, n int) (heldModel, error) {
	held := heldModel{Model: model, N: n}
	ids, err := s.Store.HeldRecords(ctx, c.OrganizationID, c.ID, model, "", heldShown)
	if err != nil {
		return held, err
	}
	keys := make([]store.RecordKey, len(ids))
	for i, id := range ids {
		keys[i] = store.RecordKey{ConnectionID: c.ID, Model: model, ExternalID: id}
	}
	found, err := s.Store.RecordsByKey(ctx, c.OrganizationID, keys)
	for _, k := range keys {
		r, ok := found[k]
		one := heldRecord{Name: k.ExternalID}
		if ok {
			one = heldRecord{recordTitle(&r), recordPath(&r)}
		}
		held.First = append(held.First, one)
	}
	return held, err
}

// liveConnection is what of a connection changes while it is looked at.
type liveConnection struct {
	Connection connectionView
	Sentence   string
	// Run is the one that goes on, or the latest; without an ID there was none.
	Run    store.SyncRun
	Models []liveModel
}

// liveModel is how far one model has come.
type liveModel struct {
	hub.SyncStatus

	// What is going on, in words; empty where nothing is.
	Doing string
	// Wrong is why it could not be read, or what the CRM says is not in order with it.
	Wrong string
	// Totals are the run's.
	store.RunTotals

	// Rate is records a second, while it is read; Left is how long it takes from now on, where that is known.
	Rate float64
	Left time.Duration
}

// Seen is how many records the run has met.
func (m *liveModel) Seen() int { return m.Created + m.Updated + m.Unchanged + m.Deleted }

// livePage is liveConnection as it is sent alone.
type livePage struct {
	page
	liveConnection
}

// streamConnection sends what lives on the page of a connection.
func (s *server) streamConnection(w http.ResponseWriter, v *visit) error {
	if _, err := s.connectionOf(v.Context(), v); err != nil {
		return err
	}
	return s.stream(w, v, "connection", "live", func(ctx context.Context) (any, error) {
		c, err := s.connectionOf(ctx, v)
		if err != nil {
			return nil, err
		}
		shown := &livePage{page: s.page(v, c.Name)}
		shown.liveConnection, err = s.liveConnection(ctx, v, c)
		return shown, err
	})
}

func (s *server) liveConnection(ctx context.Context, v *visit, c connectionView) (liveConnection, error) {
	organization, now := v.organization.ID, s.Clock()
	shown := liveConnection{Connection: c, Sentence: c.Sentence(now)}
	runs, err := s.Store.SyncRuns(ctx, organization, c.ID, "", 1)
	if err != nil {
		return shown, err
	}
	if len(runs) > 0 {
		shown.Run = runs[0]
	}
	states, err := s.Store.SyncStates(ctx, organization, c.ID)
	if err != nil {
		return shown, err
	}
	readings, err := s.Store.Readings(ctx, organization, c.ID)
	if err != nil {
		return shown, err
	}
	going := shown.Run.ID != "" && shown.Run.EndedAt.IsZero()
	for _, status := range c.SyncStatus {
		m := liveModel{SyncStatus: status}
		if going {
			m.RunTotals = shown.Run.Models[status.Model]
		}
		for _, st := range states {
			if st.Model != status.Model {
				continue
			}
			m.Wrong = st.Failed
			if m.Wrong == "" {
				m.Wrong = st.Note
			}
			if going && st.InRun {
				m.Doing = "is read since its cursor"
				m.pace(st.StartedAt, shown.Run.StartedAt, now)
			}
		}
		if c.Refused() && m.Wrong == "" { // whatever it came to before: nothing is read now
			m.Wrong = "the CRM refuses the credentials"
		}
		for i := range readings {
			if readings[i].Model != status.Model || !going {
				continue
			}
			m.Doing = "is read whole"
			m.pace(readings[i].StartedAt, shown.Run.StartedAt, now)
			known, err := s.Store.ModelCount(ctx, organization, c.ID, status.Model)
			if err != nil {
				return shown, err
			}
			if left := known - int64(m.Seen()); known <= store.CountMost && left > 0 && m.Rate > 0 && !readings[i].AllRead {
				m.Left = time.Duration(float64(left) / m.Rate * float64(time.Second))
			}
		}
		shown.Models = append(shown.Models, m)
	}
	return shown, nil
}

// pace is how many records a second come, since the model or the run began, whichever was later.
func (m *liveModel) pace(model, run, now time.Time) {
	if model.Before(run) {
		model = run
	}
	if took := now.Sub(model); took >= time.Second {
		m.Rate = float64(m.Seen()) / took.Seconds()
	}
}
