package store_test

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAReadThatFailsSaysSo lets each statement of each read fail in turn, and each row: the read fails with that error. Once none fails it
// answers with something, as the world has one of everything.
func TestAReadThatFailsSaysSo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newReadWorld(t, url)
		var left atomic.Int64
		store.Intercept(w.st, func(string) error {
			if left.Add(-1) != 0 {
				return nil
			}
			return errMadeToFail
		})
		for name, read := range w.reads() {
			for n := int64(1); ; n++ {
				left.Store(n)
				answer, err := read(t.Context())
				if left.Load() > 0 {
					if err != nil || n == 1 {
						t.Errorf("%s: after %d steps, none of which failed: %v", name, n-1, err)
					}
					if isEmpty(answer) {
						t.Errorf("%s answers with nothing: %+v", name, answer)
					}
					break
				}
				if !errors.Is(err, errMadeToFail) {
					t.Errorf("%s: the answer is %v where the %d. step fails", name, err, n)
					break
				}
			}
		}
	})
}

// isEmpty reports whether an answer is nothing: a zero value, or a list or a map of none.
func isEmpty(answer any) bool {
	v := reflect.ValueOf(answer)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// readWorld is a failWorld with one of everything that is read.
type readWorld struct {
	*failWorld
	user, admin, endpoint, team, event     string
	tokenHash, client, accessHash, session string
	viewer                                 hub.Viewer
	talk                                   hub.Recording
	delivery                               hub.Delivery
	at                                     time.Time
}

func newReadWorld(t *testing.T, url string) *readWorld {
	t.Helper()
	w := &readWorld{failWorld: newFailWorld(t, url)}
	ctx := t.Context()
	w.at = w.now.Add(-time.Hour)
	team, err := w.st.CreateTeam(ctx, w.org, hub.Team{Name: "Sales"})
	w.must(err)
	w.team = team.ID
	user, err := w.st.CreateUser(ctx, w.org, hub.User{Email: "rep@example.com", FirstName: "Rita", Phone: "+12125550123", TeamID: team.ID})
	w.must(err)
	w.user = user.ID
	admin, err := w.st.CreateUser(ctx, w.org, hub.User{Email: "boss@example.com", FirstName: "Bo", Admin: true})
	w.must(err)
	w.admin = admin.ID
	w.viewer, err = w.st.Viewer(ctx, w.org, w.admin)
	w.must(err)
	storetest.Exec(t, w.st, `UPDATE recordings SET user_id = $1 WHERE id = $2`, w.user, w.recording)
	p := w.page(hub.ModelEngagement, "e1")
	p.Records[0].Refs = hub.Refs{Account: "1"}
	p.Quarantined = []store.Quarantined{{ID: "q", Model: hub.ModelEngagement, ExternalID: "bad", Reason: "It is none.", Raw: "{}"}}
	w.commit(p)
	_, w.delivery = w.deliver()
	a := analysisOf("hello", 3)
	a.Scores = []hub.Score{{MetricID: "m", Value: 4}}
	_, err = w.st.PutAnalysis(ctx, w.org, w.recording, a)
	w.must(err)
	storetest.Exec(t, w.st, `UPDATE deliveries SET marker = 'sirocco:m' WHERE id = $1`, w.delivery.ID)
	w.endpoint = w.failWorld.endpoint()
	w.emit()
	_, err = w.st.FanOut(ctx, 10)
	w.must(err)
	due, err := w.st.DueEvents(ctx, w.org, w.endpoint, 10)
	w.must(err)
	w.event = due[0].ID
	w.must(w.st.SetThresholds(ctx, w.org, w.connection, hub.Thresholds{Place: 0.9}))
	_, err = w.st.PutScorecard(ctx, hub.Scorecard{OrganizationID: w.org, Name: "Calls", Active: true, ConversationType: "sale", Nodes: []hub.ScorecardNode{{ID: "r", Kind: hub.NodeRoot}, {ID: "n", Kind: hub.NodeMetric, ParentID: "r", MetricID: "m"}}}, []hub.ScorecardMetric{{ID: "m", Name: "M", MetricType: "REP_WORDS_PER_MINUTE"}})
	w.must(err)
	_, text, err := w.st.CreateToken(ctx, w.org, store.NewToken{Name: "t"})
	w.must(err)
	w.tokenHash, _ = hub.TokenHash(text)
	app, secret, err := w.st.CreateApp(ctx, w.org, "app", "ops")
	w.must(err)
	w.client = app.ClientID
	_, text, err = w.st.CreateAccessToken(ctx, w.org, app.ClientID, secret, w.user, hub.ScopeWrite)
	w.must(err)
	w.accessHash, _ = hub.UserTokenHash(text)
	w.must(w.st.PutConfiguration(ctx, w.org, "c", "text"))
	_, err = w.st.PutBrief(ctx, hub.Brief{OrganizationID: w.org, ExternalID: "b", JobID: "j"})
	w.must(err)
	_, err = w.st.CreateMobileEvent(ctx, hub.MobileEvent{OrganizationID: w.org, UserID: w.user, Code: "networkStatusChange", Event: map[string]string{"value": "online"}, OccurredAt: w.now})
	w.must(err)
	_, w.session, err = w.st.OpenConsole(ctx, hub.ConsolePerson{Name: "Ann", Role: hub.ConsoleOperator, Method: hub.ConsoleByLink, OrganizationID: w.org})
	w.must(err)
	w.must(w.st.NoteNode(ctx, store.Node{ID: hub.NewID(), Host: "here"}))
	_, err = w.st.TakeRate(ctx, "account", hub.Rate{Requests: 100, Per: time.Minute}, store.RateUse{})
	w.must(err)
	w.talk, err = w.st.Recording(ctx, w.org, w.recording)
	w.must(err)
	return w
}

// reads are what the test lets fail.
func (w *readWorld) reads() map[string]func(context.Context) (any, error) {
	st, org := w.st, w.org
	account := store.RecordKey{ConnectionID: w.connection, Model: hub.ModelAccount, ExternalID: "1"}
	scored := store.ScoreFilter{By: w.viewer, From: w.now.Add(-time.Hour), Until: w.now.Add(2 * time.Hour), Everything: true}
	return map[string]func(context.Context) (any, error){
		"Audit": func(ctx context.Context) (any, error) { return st.Audit(ctx, org, store.AuditFilter{Limit: 10}) },
		"SearchAudit": func(ctx context.Context) (any, error) {
			found, _, err := st.SearchAudit(ctx, org, store.AuditSearch{Limit: 10})
			return found, err
		},
		"SearchAuditFor": func(ctx context.Context) (any, error) {
			found, _, err := st.SearchAudit(ctx, org, store.AuditSearch{Action: "create", Limit: 10})
			return found, err
		},
		"RepOf": func(ctx context.Context) (any, error) {
			return st.RepOf(ctx, hub.MultimediaEvent{OrganizationID: org, ExternalUserID: "nobody's", Email: "rep@example.com"})
		},
		"Connection":       func(ctx context.Context) (any, error) { return st.Connection(ctx, org, w.connection) },
		"ActiveConnection": func(ctx context.Context) (any, error) { return st.ActiveConnection(ctx, org, w.connection) },
		"Connections": func(ctx context.Context) (any, error) {
			return st.Connections(ctx, org, store.ConnectionFilter{Limit: 10})
		},
		"Credentials": func(ctx context.Context) (any, error) { return st.Credentials(ctx, org, w.connection) },
		"Corrections": func(ctx context.Context) (any, error) { return st.Corrections(ctx, org, w.connection) },
		"CountScored": func(ctx context.Context) (any, error) { return st.CountScored(ctx, org, scored) },
		"Deliveries": func(ctx context.Context) (any, error) {
			return st.Deliveries(ctx, org, store.DeliveryFilter{ConnectionID: w.connection, Limit: 10})
		},
		"DeliveriesOf":   func(ctx context.Context) (any, error) { return st.DeliveriesOf(ctx, org, w.recording, 10) },
		"DeliveriesWait": func(ctx context.Context) (any, error) { return st.DeliveriesWait(ctx, org, w.connection) },
		"Delivery":       func(ctx context.Context) (any, error) { return st.Delivery(ctx, org, w.delivery.ID) },
		"NextDelivery":   func(ctx context.Context) (any, error) { return st.NextDelivery(ctx, org, w.connection) },
		"WaitingNotes":   func(ctx context.Context) (any, error) { return st.WaitingNotes(ctx, org, hub.Delivery{}, 10) },
		"DueEvents":      func(ctx context.Context) (any, error) { return st.DueEvents(ctx, org, w.endpoint, 10) },
		"NextEvent":      func(ctx context.Context) (any, error) { return st.NextEvent(ctx, org, w.endpoint) },
		"Endpoint":       func(ctx context.Context) (any, error) { return st.Endpoint(ctx, org, w.endpoint) },
		"Endpoints":      func(ctx context.Context) (any, error) { return st.Endpoints(ctx, org, "", 10) },
		"EndpointURLs":   func(ctx context.Context) (any, error) { return st.EndpointURLs(ctx) },
		"EventDeliveries": func(ctx context.Context) (any, error) {
			return st.EventDeliveries(ctx, org, w.endpoint, store.EventDeliveryFilter{Limit: 10})
		},
		"EventDelivery": func(ctx context.Context) (any, error) { return st.EventDelivery(ctx, org, w.endpoint, w.event) },
		"CountEvents": func(ctx context.Context) (any, error) {
			return st.CountEventDeliveries(ctx, org, w.endpoint, store.EventDeliveryFilter{})
		},
		"WebhookTarget": func(ctx context.Context) (any, error) { return st.WebhookTarget(ctx, org, w.endpoint) },
		"FindRecord": func(ctx context.Context) (any, error) {
			return st.FindRecord(ctx, org, store.RecordTarget{Model: hub.ModelAccount, ConnectionID: w.connection, ExternalID: "1"})
		},
		"Records": func(ctx context.Context) (any, error) {
			return st.Records(ctx, org, store.RecordFilter{Model: hub.ModelAccount, Limit: 10})
		},
		"RecordsByKey": func(ctx context.Context) (any, error) { return st.RecordsByKey(ctx, org, []store.RecordKey{account}) },
		"RecordsByName": func(ctx context.Context) (any, error) {
			return st.RecordsByName(ctx, org, hub.ModelAccount, "1", "", nil, 10)
		},
		"RecordsReferring": func(ctx context.Context) (any, error) { return st.RecordsReferringTo(ctx, org, account, 10) },
		"RecordingsOf":     func(ctx context.Context) (any, error) { return st.RecordingsOf(ctx, org, []store.RecordKey{account}) },
		"RecordingsLinked": func(ctx context.Context) (any, error) { return st.RecordingsLinkedTo(ctx, org, account, 10) },
		"Recordings": func(ctx context.Context) (any, error) {
			return st.Recordings(ctx, org, store.RecordingFilter{Limit: 10})
		},
		"RecordingsByID":   func(ctx context.Context) (any, error) { return st.RecordingsByID(ctx, org, []string{w.recording}) },
		"RecordingHead":    func(ctx context.Context) (any, error) { return st.RecordingHead(ctx, org, w.recording) },
		"RecordingDeleted": func(ctx context.Context) (any, error) { return st.RecordingOrDeleted(ctx, org, w.recording) },
		"LatestRecordings": func(ctx context.Context) (any, error) {
			return st.LatestRecordings(ctx, org, "", "", store.ListPlace{}, 10)
		},
		"VisibleRecording": func(ctx context.Context) (any, error) { return st.VisibleRecording(ctx, org, w.user, w.recording) },
		"VisibleHead":      func(ctx context.Context) (any, error) { return st.VisibleRecordingHead(ctx, org, w.user, w.recording) },
		"VisibleRecordings": func(ctx context.Context) (any, error) {
			return st.VisibleRecordings(ctx, org, store.VisibleRecordingFilter{By: w.viewer, Limit: 10})
		},
		"LoadAnalyses": func(ctx context.Context) (any, error) { return st.LoadAnalyses(ctx, []hub.Recording{w.talk}) },
		"LinkedCRM":    func(ctx context.Context) (any, error) { return st.LinkedCRM(ctx, w.talk) },
		"LinkedCRMs":   func(ctx context.Context) (any, error) { return st.LinkedCRMs(ctx, org, []hub.Recording{w.talk}) },
		"Verdict":      func(ctx context.Context) (any, error) { return st.Verdict(ctx, w.talk) },
		"Linking":      func(ctx context.Context) (any, error) { return st.Linking(ctx, org, w.connection) },
		"Utterances":   func(ctx context.Context) (any, error) { return st.Utterances(ctx, w.talk, 0, 10) },
		"Kept": func(ctx context.Context) (any, error) {
			return st.Kept(ctx, org, w.connection, hub.ModelAccount, nil, []string{"1"})
		},
		"KeepsAny": func(ctx context.Context) (any, error) {
			return st.KeepsAny(ctx, org, w.connection, hub.ModelAccount, []string{"1"})
		},
		"ModelCount": func(ctx context.Context) (any, error) { return st.ModelCount(ctx, org, w.connection, hub.ModelAccount) },
		"HasMore": func(ctx context.Context) (any, error) {
			return st.HasMoreRecords(ctx, org, w.connection, hub.ModelAccount, 1)
		},
		"Metrics":     func(ctx context.Context) (any, error) { return st.Metrics(ctx, org) },
		"Scorecards":  func(ctx context.Context) (any, error) { return st.Scorecards(ctx, org, "", nil) },
		"Spotlight":   func(ctx context.Context) (any, error) { return st.Spotlight(ctx, org, scored, "m", true, 10) },
		"Quarantine":  func(ctx context.Context) (any, error) { return st.Quarantine(ctx, org, w.connection, "", 10) },
		"QuarantineN": func(ctx context.Context) (any, error) { return st.QuarantineCounts(ctx, org, w.connection) },
		"QuarantineG": func(ctx context.Context) (any, error) { return st.QuarantineGroups(ctx, org, store.QuarantineFilter{}) },
		"QuarantineI": func(ctx context.Context) (any, error) {
			return st.QuarantineItems(ctx, org, store.QuarantineFilter{}, "", "", 10)
		},
		"Schedule":   func(ctx context.Context) (any, error) { return st.Schedule(ctx, org, w.connection) },
		"SyncRuns":   func(ctx context.Context) (any, error) { return st.SyncRuns(ctx, org, w.connection, "", 10) },
		"SyncStates": func(ctx context.Context) (any, error) { return st.SyncStates(ctx, org, w.connection) },
		"RunBars":    func(ctx context.Context) (any, error) { return st.RunBars(ctx, org, w.at, 3) },
		"RunsBetween": func(ctx context.Context) (any, error) {
			return st.RunsBetween(ctx, org, store.RunWindow{From: w.at, Until: w.now.Add(time.Hour), Limit: 10})
		},
		"Health":        func(ctx context.Context) (any, error) { return st.Health(ctx, org) },
		"HealthOfAll":   func(ctx context.Context) (any, error) { return st.HealthOfAll(ctx, org, org) },
		"Organization":  func(ctx context.Context) (any, error) { return st.Organization(ctx, org) },
		"Organizations": func(ctx context.Context) (any, error) { return st.Organizations(ctx, "", 10) },
		"Sizes":         func(ctx context.Context) (any, error) { return st.Sizes(ctx, true) },
		"Usage":         func(ctx context.Context) (any, error) { return st.Usage(ctx, org) },
		"People":        func(ctx context.Context) (any, error) { return st.People(ctx, org, []string{w.user}) },
		"Team":          func(ctx context.Context) (any, error) { return st.Team(ctx, org, w.team) },
		"TeamNames":     func(ctx context.Context) (any, error) { return st.TeamNames(ctx, org, []string{w.team}) },
		"User":          func(ctx context.Context) (any, error) { return st.User(ctx, org, w.user) },
		"Users":         func(ctx context.Context) (any, error) { return st.Users(ctx, org, store.UserFilter{Limit: 10}) },
		"UsersByID":     func(ctx context.Context) (any, error) { return st.UsersByID(ctx, org, []string{w.user}) },
		"UserByEmail":   func(ctx context.Context) (any, error) { return st.UserByEmail(ctx, org, "rep@example.com") },
		"UserByPhone":   func(ctx context.Context) (any, error) { return st.UserByPhone(ctx, org, "+12125550123") },
		"Viewer":        func(ctx context.Context) (any, error) { return st.Viewer(ctx, org, w.user) },
		"Changes": func(ctx context.Context) (any, error) {
			return st.ConnectionChanges(ctx, org, w.connection, "", "", 10)
		},
		"HasSealed": func(ctx context.Context) (any, error) { return st.HasSealed(ctx) },
		"Token":     func(ctx context.Context) (any, error) { return st.TokenByHash(ctx, w.tokenHash) },
		"Tokens":    func(ctx context.Context) (any, error) { return st.Tokens(ctx, org, "", 10) },
		"App":       func(ctx context.Context) (any, error) { return st.App(ctx, org, w.client) },
		"Apps": func(ctx context.Context) (any, error) {
			found, _, err := st.Apps(ctx, org, "ops", store.Listing{Limit: 10})
			return found, err
		},
		"AppsAfter":   func(ctx context.Context) (any, error) { return st.AppsAfter(ctx, org, "", 10) },
		"AccessToken": func(ctx context.Context) (any, error) { return st.AccessTokenByHash(ctx, w.accessHash) },
		"AccessTokens": func(ctx context.Context) (any, error) {
			found, _, err := st.AccessTokens(ctx, org, w.client, "", store.Listing{Limit: 10})
			return found, err
		},
		"Configurations": func(ctx context.Context) (any, error) { return st.Configurations(ctx, org) },
		"Briefs":         func(ctx context.Context) (any, error) { return st.Briefs(ctx, org, store.BriefFilter{Limit: 10}) },
		"MobileEvents": func(ctx context.Context) (any, error) {
			return st.MobileEvents(ctx, org, store.MobileEventFilter{Limit: 10})
		},
		"ConsoleSessions": func(ctx context.Context) (any, error) { return st.ConsoleSessions(ctx, org, "", 10) },
		"ConsoleSession":  func(ctx context.Context) (any, error) { return st.ConsoleSession(ctx, w.session, false) },
		"Nodes":           func(ctx context.Context) (any, error) { return st.Nodes(ctx) },
		"EarlierMarkers":  func(ctx context.Context) (any, error) { return st.EarlierMarkers(ctx, org, w.recording) },
		"SyncRun":         func(ctx context.Context) (any, error) { return st.SyncRun(ctx, org, w.connection, w.sched.RunID) },
		"Record": func(ctx context.Context) (any, error) {
			found, err := st.FindRecord(ctx, org, store.RecordTarget{Model: hub.ModelAccount, ConnectionID: w.connection, ExternalID: "1"})
			if err != nil {
				return nil, err
			}
			return st.Record(ctx, org, hub.ModelAccount, found.ID)
		},
		"PromotedKey": func(ctx context.Context) (any, error) { return st.PromotedKey(ctx) },
	}
}
