package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// numbers is the beginning of an INSERT of so many rows, each with its number i.
func numbers(n int) string {
	return fmt.Sprintf(`WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < %d) `, n)
}

// longAgo is when the recordings of talks were changed, in microseconds.
const longAgo = 1_000_000

// talks makes an account and so many recordings that are linked to it.
func (w *benchWorld) talks(t testing.TB, account string, n int) {
	t.Helper()
	if _, err := w.st.Push(context.Background(), w.org, []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: account, Create: true, Delete: new(false)}}); err != nil {
		t.Fatal(err)
	}
	w.linked(t, hub.ModelAccount, n, fmt.Sprintf("'%s'", account))
}

// linked makes so many recordings that are linked to records of a model, whose ids are an expression of the number i.
func (w *benchWorld) linked(t testing.TB, model hub.Model, n int, externalID string) {
	t.Helper()
	storetest.Exec(t, w.st, numbers(n)+`INSERT INTO recordings (organization_id, id, user_id, title, file_type, blob, size, started_at, ended_at, duration_ms, result,
			conversation_type, trigger_kind, discoverable, contact_name, contact_phone, status, analysis, analysis_hash, link_connection_id, link_model, link_external_id,
			link_also, link_by, link_trigger, link_reason, created_at, updated_at)
		SELECT '`+w.org+`', '`+hub.NewID()+`-' || i, '`+w.user+`', '', 'audio/mpeg', 'b' || i, 1, 1000000 * i, 1000000 * i + 1, 0, '', '', '', TRUE, '', '', 'UPLOADED', '{}', '',
			'`+w.connection+`', '`+string(model)+`', `+externalID+`, '[]', 'HAND', '', '', `+fmt.Sprint(longAgo, ", ", longAgo)+` FROM numbers`)
}

// unmoved counts the recordings that did not count as changed since linked made them.
func (w *benchWorld) unmoved(t testing.TB, account string) int {
	t.Helper()
	return storetest.Count(t, w.st, `SELECT COUNT(*) FROM recordings WHERE organization_id = $1 AND link_external_id = $2 AND updated_at = $3`, w.org, account, int64(longAgo))
}

// still is unmoved by the store's own methods, also while it writes.
func (w *benchWorld) still(t testing.TB) int {
	t.Helper()
	found, err := w.st.Recordings(t.Context(), w.org, store.RecordingFilter{UpdatedBefore: time.UnixMicro(longAgo + 1), Limit: 10_000})
	if err != nil {
		t.Error(err)
	}
	return len(found)
}

// waiting counts the tasks that are due, of all organizations, by the store's own methods, also while it writes.
func (w *benchWorld) waiting(t testing.TB) (n int) {
	t.Helper()
	queues, err := w.st.Queues(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, q := range queues {
		if q.Words == "Fetching recordings" {
			n = int(q.Waiting)
		}
	}
	return n
}

// tasks makes so many tasks that are due.
func (w *benchWorld) tasks(t testing.TB, n int) {
	t.Helper()
	storetest.Exec(t, w.st, numbers(n)+`INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) SELECT '`+w.org+`', 'MULTIMEDIA', 'm' || i, 1, 0 FROM numbers`)
}

// due counts what is due of the organization's background work.
func (w *benchWorld) due(t testing.TB) int {
	t.Helper()
	return storetest.Count(t, w.st, `SELECT (SELECT COUNT(*) FROM tasks WHERE organization_id = $1 AND due_at IS NOT NULL) +
		(SELECT COUNT(*) FROM schedules WHERE organization_id = $1 AND due_at IS NOT NULL)`, w.org)
}

// TestRecordingsFollowInSlices changes records that more recordings show than one transaction lets count as changed, by each way in
// which they show one: all of them do in the end, and those of others do not.
func TestRecordingsFollowInSlices(t *testing.T) {
	const many = 1300
	storetest.Each(t, func(t *testing.T, url string) {
		w := benchWorldOn(t, url)
		ref := func(model hub.Model, id string, change func(*hub.Record)) hub.RecordPatch {
			return hub.RecordPatch{Model: model, ExternalID: id, Create: true, Change: change}
		}
		if _, err := w.st.Push(t.Context(), w.org, []hub.RecordPatch{
			ref(hub.ModelAccount, "a", nil), ref(hub.ModelAccount, "b", nil), ref(hub.ModelAccount, "other", nil),
			ref(hub.ModelOpportunity, "o", func(r *hub.Record) { r.Refs.Account = "a" }),
			ref(hub.ModelEngagement, "e", func(r *hub.Record) { r.Refs.Opportunity = "o" }),
		}); err != nil {
			t.Fatal(err)
		}
		for model, id := range map[hub.Model]string{hub.ModelAccount: "a", hub.ModelOpportunity: "o", hub.ModelEngagement: "e"} {
			w.linked(t, model, many, fmt.Sprintf("'%s'", id))
		}
		w.linked(t, hub.ModelAccount, 3, "'other'")
		w.linked(t, hub.ModelAccount, 2, "'b'")
		storetest.Exec(t, w.st, `UPDATE recordings SET link_also = '[{"model":"ACCOUNT","externalId":"a"}]' WHERE link_external_id = 'b'`)
		remove := func(id string) {
			t.Helper()
			if _, err := w.st.Push(t.Context(), w.org, []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: id, Delete: new(true)}}); err != nil {
				t.Fatal(err)
			}
		}
		remove("a")
		if n := w.unmoved(t, "a"); n != many {
			t.Errorf("%d of %d recordings count as changed with the record", many-n, many)
		}
		if err := untilDone(t.Context(), w.st.TouchRecordings); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]int{"a": 0, "o": 0, "e": 0, "b": 0, "other": 3} {
			if n := w.unmoved(t, id); n != want {
				t.Errorf("%d recordings of %s do not count as changed", n, id)
			}
		}
		if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM touches`); n != 0 {
			t.Errorf("%d are still to follow", n)
		}
		remove("other") // few count as changed at once
		if n := w.unmoved(t, "other"); n != 0 {
			t.Errorf("%d of few recordings do not count as changed", n)
		}
	})
}

// TestAnOrganizationIsSwitchedInSlices disables and enables one that has more work than one transaction switches, also while the
// one before still goes on: in the end all is as the last says.
func TestAnOrganizationIsSwitchedInSlices(t *testing.T) {
	const many = 1300
	storetest.Each(t, func(t *testing.T, url string) {
		w := benchWorldOn(t, url)
		for _, platform := range []hub.Platform{hub.PlatformMerge, hub.PlatformCompanyCam} {
			storetest.Connection(t, w.st, w.org, platform, hub.ModelAccount)
		}
		w.tasks(t, many)
		all := w.due(t)
		set := func(disabled bool) {
			t.Helper()
			if _, err := w.st.UpdateOrganization(t.Context(), w.org, "", hub.OrganizationPatch{Disabled: &disabled}); err != nil {
				t.Fatal(err)
			}
		}
		finish := func() {
			t.Helper()
			if err := untilDone(t.Context(), w.st.SwitchWork); err != nil {
				t.Fatal(err)
			}
		}
		set(true)
		if n := w.due(t); n == 0 || n == all {
			t.Errorf("%d of %d are due in the middle", n, all)
		}
		finish()
		if n := w.due(t); n != 0 {
			t.Errorf("%d are due of a disabled organization", n)
		}
		set(false)
		if _, err := w.st.SwitchWork(t.Context()); err != nil {
			t.Fatal(err)
		}
		set(true)
		finish()
		if n := w.due(t); n != 0 {
			t.Errorf("%d are due of an organization that was disabled again", n)
		}
		set(false)
		finish()
		if n := w.due(t); n != all {
			t.Errorf("%d of %d are due again", n, all)
		}
	})
}

// TestATaskOfADisabledOrganizationDoesNothing lets a job begin that was due before its organization was disabled.
func TestATaskOfADisabledOrganizationDoesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := benchWorldOn(t, url)
		w.tasks(t, 1)
		var claimed []store.Task
		if _, _, err := w.st.ClaimTasks(t.Context(), store.TaskMultimedia, store.Room{Workers: 1}, time.Minute, func(_ store.Tx, tasks []store.Task) error {
			claimed = tasks
			return nil
		}); err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		if err := w.st.BeginTask(t.Context(), claimed[0], time.Minute); err != nil {
			t.Errorf("before: %v", err)
		}
		if _, err := w.st.UpdateOrganization(t.Context(), w.org, "", hub.OrganizationPatch{Disabled: new(true)}); err != nil {
			t.Fatal(err)
		}
		if err := w.st.BeginTask(t.Context(), claimed[0], time.Minute); !errors.Is(err, hub.ErrDisabled) {
			t.Errorf("after: %v", err)
		}
	})
}

// TestNothingStaysUnplannedWhileAnOrganizationIsEnabled lets work come, begin and end while the change that enables its organization is
// under way, at each of its steps: in the end all of it is due.
func TestNothingStaysUnplannedWhileAnOrganizationIsEnabled(t *testing.T) {
	storetest.Needs(t, "postgres") // on SQLite nobody else writes meanwhile
	w := benchWorldOn(t, storetest.Postgres(t))
	ctx := t.Context()
	put := func(id int, url string) {
		t.Helper()
		event := hub.MultimediaEvent{ExternalID: fmt.Sprint(id), DownloadURL: url, FileType: "audio/mpeg", StartedAt: time.Now(), Email: "ann@example.com"}
		if err := w.st.PutMultimediaEvents(ctx, w.org, []hub.MultimediaEvent{event}); err != nil {
			t.Error(err)
		}
	}
	const most = 60
	for i := range most {
		put(i, "https://example.com/before")
	}
	if _, err := w.st.UpdateOrganization(ctx, w.org, "", hub.OrganizationPatch{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, w.st, `DELETE FROM tasks`)                                   // each is planned anew
	c := storetest.Connection(t, w.st, w.org, hub.PlatformMerge, hub.ModelAccount) // due, as it is new
	step := 0
	meanwhile := func() {
		if step++; step > most {
			return
		}
		put(step-1, "https://example.com/now")
		var tasks []store.Task
		if step%2 == 0 { // of every other step the work begins, too
			if _, _, err := w.st.ClaimTasks(ctx, store.TaskMultimedia, store.Room{Workers: 10}, time.Minute, func(_ store.Tx, claimed []store.Task) error {
				tasks = claimed
				return nil
			}); err != nil {
				t.Error(err)
			}
		}
		for _, task := range tasks {
			if err := w.st.BeginTask(ctx, task, time.Minute); !errors.Is(err, hub.ErrDisabled) {
				t.Errorf("a task begins with %v", err)
			}
			if err := w.st.EndTask(ctx, task, time.Time{}, store.Reach{}); err != nil {
				t.Error(err)
			}
		}
		storetest.Exec(t, w.st, `UPDATE schedules SET due_at = 1 WHERE organization_id = $1 AND connection_id = $2 AND due_at IS NOT NULL`, w.org, c.ID)
		var schedules []store.Schedule
		if _, _, err := w.st.ClaimSchedules(ctx, store.Room{Workers: 1}, time.Minute, func(_ store.Tx, claimed []store.Schedule) error {
			schedules = claimed
			return nil
		}); err != nil {
			t.Error(err)
		}
		for _, sched := range schedules {
			stopped := w.st.CheckLease(ctx, sched)
			if !errors.Is(stopped, hub.ErrDisabled) {
				t.Errorf("a sync begins with %v", stopped)
			}
			if err := w.st.EndSyncJob(ctx, sched, store.SyncJobResult{Stopped: stopped}); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := w.st.UpdateOrganization(betweenWrites{ctx, meanwhile}, w.org, "", hub.OrganizationPatch{Disabled: new(false)}); err != nil {
		t.Fatal(err)
	}
	if step == 0 || step > most {
		t.Fatalf("%d steps are seen", step)
	}
	if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM tasks WHERE organization_id = $1 AND due_at IS NULL`, w.org); n != 0 {
		t.Errorf("%d of %d tasks stay unplanned", n, step)
	}
	if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM schedules WHERE organization_id = $1 AND due_at IS NULL`, w.org); n != 0 {
		t.Errorf("%d syncs stay unplanned", n)
	}
}
