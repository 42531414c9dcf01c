package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

var errMadeToFail = errors.New("this statement was made to fail")

// TestAStatementThatFailsLeavesNoTrace lets each statement of each operation fail in turn, and each row that is read: the operation
// fails with that error, and nothing of it is kept; once none fails it succeeds.
func TestAStatementThatFailsLeavesNoTrace(t *testing.T) {
	storetest.Long(t)
	for name, prepare := range operations {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, url string) {
				w := newFailWorld(t, url)
				run := prepare(w)
				var left atomic.Int64
				var failed atomic.Value
				store.Intercept(w.st, func(query string) error {
					if left.Add(-1) != 0 {
						return nil
					}
					failed.Store(query)
					return errMadeToFail
				})
				before := rowsKept(t, w.st)
				for n := int64(1); ; n++ {
					left.Store(n)
					err := run(t.Context())
					if left.Load() > 0 {
						if err != nil || n == 1 {
							t.Errorf("after %d statements, none of which failed: %v", n-1, err)
						}
						return
					}
					if !errors.Is(err, errMadeToFail) {
						t.Fatalf("its answer is %v where this fails, the %d. step: %s", err, n, failed.Load())
					}
					for table, rows := range rowsKept(t, w.st) {
						if before[table] != rows {
							t.Fatalf("%s has\n%s\nand had\n%s\nwhere this fails, the %d. step: %s", table, rows, before[table], n, failed.Load())
						}
					}
				}
			})
		})
	}
}

// rowsKept are the rows of each table.
func rowsKept(t *testing.T, st *store.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	var err error
	switch db := st.Native().(type) {
	case *sql.DB:
		for _, table := range texts(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`) {
			all[table] = strings.Join(texts(t, db, `SELECT * FROM "`+table+`"`), "\n") //nolint:unqueryvet // whatever columns a table has
		}
	case *pgxpool.Pool:
		var tables []string
		if err = db.QueryRow(t.Context(), `SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = current_schema()`).Scan(&tables); err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			var rows string
			if err = db.QueryRow(t.Context(), `SELECT COALESCE(string_agg(x::text, chr(10) ORDER BY x::text), '') FROM "`+table+`" x`).Scan(&rows); err != nil {
				t.Fatal(err)
			}
			all[table] = rows
		}
	}
	return all
}

// texts are the rows of a query, each as one text.
func texts(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := rows.Columns()
	for err == nil && rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		err = rows.Scan(into...)
		all = append(all, strings.Trim(fmt.Sprint(values), "[]"))
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return all
}

// failWorld is an organization with a connection that is pulled, whose sync is leased, and a recording.
type failWorld struct {
	*testing.T
	st                         *store.Store
	keys                       *store.Keys
	org, connection, recording string
	sched                      store.Schedule
	now                        time.Time
}

func newFailWorld(t *testing.T, url string) *failWorld {
	t.Helper()
	w := &failWorld{T: t, now: time.Now().UTC().Truncate(time.Second)}
	var err error
	w.keys, _, err = store.KeysFromFile(filepath.Join(t.TempDir(), "key"))
	w.must(err)
	w.st = storetest.OpenWith(t, url, store.Options{Keys: w.keys})
	w.must(w.st.ProveKey(t.Context()))
	w.org = storetest.Organization(t, w.st)
	w.connection = storetest.Connection(t, w.st, w.org, hub.PlatformMerge, hub.ModelAccount, hub.ModelEngagement).ID
	w.sched = storetest.Lease(t, w.st, w.org, w.connection)
	w.recording = storetest.Recording(t, w.st, w.org, hub.NewID(), w.now, time.Hour)
	w.commit(w.page(hub.ModelAccount, "1", "2"))
	return w
}

func (w *failWorld) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *failWorld) page(model hub.Model, ids ...string) store.PageCommit {
	p := store.PageCommit{State: store.SyncState{Model: model}, Status: hub.SyncStateSyncing}
	for _, id := range ids {
		p.Records = append(p.Records, hub.Record{Model: model, ExternalID: id, Name: id, StartTime: w.now, EndTime: w.now.Add(time.Hour)})
	}
	return p
}

func (w *failWorld) commit(p store.PageCommit) {
	w.Helper()
	_, err := w.st.CommitPage(w.Context(), w.sched, p)
	w.must(err)
}

func (w *failWorld) link() {
	w.Helper()
	_, err := w.st.SetLink(w.Context(), w.org, w.recording, w.toAccount())
	w.must(err)
}

func (w *failWorld) toAccount() hub.Link {
	return hub.Link{ConnectionID: w.connection, Model: hub.ModelAccount, ExternalID: "1"}
}

// setAccount gives the connection credentials of an account.
func (w *failWorld) setAccount(ctx context.Context, account string) error {
	_, err := w.st.SetCredentials(ctx, w.org, w.connection, map[string]string{"account": account}, true, func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
		return hub.CRMAccount{ID: account, Name: "Acme " + account}, nil
	})
	return err
}

// deliver makes a delivery that waits, and claims the task that sends it.
func (w *failWorld) deliver() (task store.Task, d hub.Delivery) {
	w.Helper()
	w.link()
	storetest.Exec(w, w.st, `UPDATE recordings SET analysis = '{"extractions":[{}]}' WHERE id = $1`, w.recording)
	storetest.Exec(w, w.st, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at)
		VALUES ($1, $2, 'd', $3, 'ACCOUNT', '1', 'PENDING', 0, 1, '', '', 1, 1)`, w.org, w.connection, w.recording)
	w.must(w.setAccount(w.Context(), "a"))
	task = w.claim(store.TaskWriteBack)
	d, err := w.st.Delivery(w.Context(), w.org, "d")
	w.must(err)
	return task, d
}

func (w *failWorld) claim(kind store.TaskKind) (task store.Task) {
	w.Helper()
	_, _, err := w.st.ClaimTasks(w.Context(), kind, store.Room{Workers: 10}, 24*time.Hour, func(_ store.Tx, claimed []store.Task) error { task = claimed[0]; return nil })
	w.must(err)
	return task
}

func (w *failWorld) endpoint() string {
	w.Helper()
	url := "https://example.com/hook"
	e, _, err := w.st.CreateEndpoint(w.Context(), w.org, hub.WebhookPatch{URL: &url})
	w.must(err)
	return e.ID
}

func (w *failWorld) emit() {
	w.Helper()
	w.must(w.st.Emit(w.Context(), hub.Recording{ID: hub.NewID(), OrganizationID: w.org, ProcessedAt: w.now}, hub.EventRecordingProcessed))
}

// operations are what the test lets fail; each is prepared in a world of its own, and may be run again where it failed.
var operations = map[string]func(w *failWorld) func(context.Context) error{
	"replace an account": func(w *failWorld) func(context.Context) error {
		w.must(w.setAccount(w.Context(), "a"))
		return func(ctx context.Context) error { return w.setAccount(ctx, "b") }
	},
	"set a mapping": func(w *failWorld) func(context.Context) error {
		check := func(context.Context, hub.Connection, hub.GivenMapping) (hub.Mapping, error) {
			return hub.Mapping{Preset: "own", Sources: map[hub.Model]hub.Source{hub.ModelAccount: {Object: "Customer__c"}}}, nil
		}
		standard := hub.Mapping{Sources: map[hub.Model]hub.Source{hub.ModelAccount: {Object: "Account"}}}
		return func(ctx context.Context) error {
			_, _, err := w.st.PutMapping(ctx, w.org, w.connection, hub.GivenMapping{}, standard, nil, check)
			return err
		}
	},
	"change a connection by a request": func(w *failWorld) func(context.Context) error {
		name := "another"
		return func(ctx context.Context) error {
			ctx = store.WithAPICall(ctx, &store.APICall{ID: "call", TokenID: "t", Method: "PATCH", Endpoint: "/x", Body: []byte(`{}`)})
			_, err := w.st.PatchConnection(ctx, w.org, w.connection, hub.ConnectionPatch{Name: &name})
			return err
		}
	},
	"commit a page": func(w *failWorld) func(context.Context) error {
		p := w.page(hub.ModelEngagement, "e")
		p.Quarantined = []store.Quarantined{{ID: "q", Model: hub.ModelEngagement, ExternalID: "bad", Reason: "It is none.", Raw: "{}"}}
		p.Others = []string{"other"}
		return func(ctx context.Context) error {
			_, err := w.st.CommitPage(ctx, w.sched, p)
			return err
		}
	},
	"link by hand": func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.SetLink(ctx, w.org, w.recording, w.toAccount())
			return err
		}
	},
	"unlink by hand": func(w *failWorld) func(context.Context) error {
		w.link()
		return func(ctx context.Context) error {
			_, err := w.st.RemoveLink(ctx, w.org, w.recording, "")
			return err
		}
	},
	"keep an analysis": func(w *failWorld) func(context.Context) error {
		w.link()
		a := analysisOf("hello", 2)
		a.Scores = []hub.Score{{MetricID: "m", Value: 1}}
		return func(ctx context.Context) error {
			_, err := w.st.PutAnalysis(ctx, w.org, w.recording, a)
			return err
		}
	},
	"end a delivery": func(w *failWorld) func(context.Context) error {
		task, d := w.deliver()
		return func(ctx context.Context) error {
			return w.st.EndDelivery(ctx, task, d, store.DeliveryEnd{State: hub.DeliverySent, At: w.now, Synced: []hub.EntityExtraction{{}}})
		}
	},
	"send a test event": func(w *failWorld) func(context.Context) error {
		endpoint := w.endpoint()
		return func(ctx context.Context) error {
			_, err := w.st.SendTestEvent(ctx, w.org, endpoint, hub.EventRecordingProcessed)
			return err
		}
	},
	"share out events": func(w *failWorld) func(context.Context) error {
		w.endpoint()
		w.emit()
		return func(ctx context.Context) error {
			n, err := w.st.FanOut(ctx, 10)
			if (n == 0) != (err != nil) {
				w.Errorf("%d events are shared out, and %v", n, err)
			}
			return err
		}
	},
	"keep the results of webhooks": func(w *failWorld) func(context.Context) error {
		endpoint := w.endpoint()
		w.emit()
		w.emit()
		_, err := w.st.FanOut(w.Context(), 10)
		w.must(err)
		task := w.claim(store.TaskWebhook)
		due, err := w.st.DueEvents(w.Context(), w.org, endpoint, 10)
		w.must(err)
		results := []store.EventResult{{DueEvent: due[0], At: w.now, Status: 200}, {DueEvent: due[1], At: w.now, Status: 429, RetryAfter: time.Minute, Error: "It answered 429.", Next: w.now.Add(time.Hour)}}
		return func(ctx context.Context) error { return w.st.SaveResults(ctx, task, results, true) }
	},
	"do something once": func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error {
			_, _, err := w.st.Once(ctx, w.org, store.IdempotencyKey{Operation: "make a team", Key: "k", RequestHash: "h"}, func(ctx context.Context) (string, error) {
				team, err := w.st.CreateTeam(ctx, w.org, hub.Team{Name: "Sales"})
				return team.ID, err
			})
			return err
		}
	},
	"do again what was done once": func(w *failWorld) func(context.Context) error {
		once := func(ctx context.Context) error {
			answer, _, err := w.st.Once(ctx, w.org, store.IdempotencyKey{Operation: "say", Key: "k", RequestHash: "h"}, func(context.Context) (string, error) { return "done", nil })
			if err == nil && answer != "done" {
				w.Errorf("it is answered %q", answer)
			}
			return err
		}
		w.must(once(w.Context()))
		return once
	},
	"claim a task": func(w *failWorld) func(context.Context) error {
		w.deliver()
		storetest.Exec(w, w.st, `UPDATE tasks SET lease_until = NULL, due_at = 1 WHERE kind = 'WRITE_BACK'`)
		return func(ctx context.Context) error {
			n, _, err := w.st.ClaimTasks(ctx, store.TaskWriteBack, store.Room{Workers: 10}, time.Hour, func(store.Tx, []store.Task) error { return nil })
			if err == nil && n != 1 {
				w.Errorf("%d tasks are claimed", n)
			}
			return err
		}
	},
	"promote a key": func(w *failWorld) func(context.Context) error {
		id, err := w.keys.Add()
		w.must(err)
		w.must(w.st.NoteNode(w.Context(), store.Node{ID: hub.NewID(), Host: "here", Keys: []uint32{id}}))
		return func(ctx context.Context) error { return w.st.PromoteKey(ctx, id) }
	},
	"make a token for a group": func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error {
			_, _, err := w.st.CreateToken(ctx, w.org, store.NewToken{Name: "t", Group: true})
			return err
		}
	},
	"open a session of the console": func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error {
			_, _, err := w.st.OpenConsole(ctx, hub.ConsolePerson{Name: "Ann", Role: hub.ConsoleOperator, Method: hub.ConsoleByLink, OrganizationID: w.org})
			return err
		}
	},
	"count what waits": func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.OrganizationCounts(ctx, w.org)
			return err
		}
	},
	"count what waits of a connection": func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.ConnectionCounts(ctx, w.org, w.connection)
			return err
		}
	},
	"look at the queues": func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.Queues(ctx)
			return err
		}
	},
	"sum up a metric": func(w *failWorld) func(context.Context) error {
		_, err := w.st.PutAnalysis(w.Context(), w.org, w.recording, hub.AnalysisResult{Scores: []hub.Score{{MetricID: "m", Value: 4}}})
		w.must(err)
		f := store.ScoreFilter{By: hub.Viewer{Admin: true}, From: w.now, Until: w.now.Add(time.Hour), Everything: true}
		return func(ctx context.Context) error {
			figures, err := w.st.MetricFigures(ctx, w.org, f, []store.MetricAsked{{ID: "m"}})
			if err == nil && figures["m"].Sum != 4 {
				w.Errorf("the figures are %+v", figures)
			}
			return err
		}
	},
	"read a recording": func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.st.Recording(ctx, w.org, w.recording)
			return err
		}
	},
	"list teams": func(w *failWorld) func(context.Context) error {
		_, err := w.st.CreateTeam(w.Context(), w.org, hub.Team{Name: "Sales"})
		w.must(err)
		return func(ctx context.Context) error {
			_, err := w.st.Teams(ctx, w.org, "", 10)
			return err
		}
	},
}
