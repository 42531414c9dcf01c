package store_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// oldRowsVariable is how many engagements, each with a user, the database of the old shape has.
const oldRowsVariable = "SIROCCO_TEST_OLD_ROWS"

// TestRecordsAreReshaped upgrades a database that a program of version 9 filled: pushed records get keys that no two
// can share, nothing else of them changes, and what cannot get its key keeps the old one and is listed.
func TestRecordsAreReshaped(t *testing.T) {
	rows := 3000
	if text := os.Getenv(oldRowsVariable); text != "" {
		var err error
		if rows, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if err := store.MigrateTo(ctx, url, 9); err != nil {
			t.Fatal(err)
		}
		fillOldShape(t, url, rows)
		begun := time.Now()
		st := storetest.Open(t, url, nil)
		t.Logf("%d rows were reshaped in %s", 2*2*rows, time.Since(begun))
		count := func(query string, args ...any) int {
			t.Helper()
			return storetest.Count(t, st, `SELECT COUNT(*) FROM records WHERE organization_id = 'org' AND `+query, args...)
		}
		if n := count(`TRUE`); n != 4*rows+2*9 {
			t.Errorf("there are %d records", n)
		}
		// Another CRM's keys are its own.
		if n := count(`connection_id = 'pulled' AND id LIKE 'pulled of %' AND external_id LIKE 'e%:u' AND type_ref IS NULL`); n != rows {
			t.Errorf("%d pulled keys are as they were", n)
		}
		if n := count(`connection_id = 'pushed' AND id LIKE 'pushed of %' AND external_id = octet_length(engagement_ref) || ':' || engagement_ref || ':u'`); n != rows {
			t.Errorf("%d of %d pushed keys have their lengths", n, rows)
		}
		if n := count(`connection_id = 'pushed' AND type_ref = 'sirocco:type:MEETING:Visit'`); n != rows {
			t.Errorf("%d engagements refer to their type", n)
		}
		for id, want := range map[string]string{
			"swap 1": "1:1:J:K", "swap 2": "1:J:K", // one's new key is the other's old one
			"same 1": "1:p:q", "same 2": "x:y", // two join the same: one gets the key
			"same 3": "1:r:s", "blocked": "r:s", // what keeps its key has another's new one
			"type": "sirocco:type:MEETING:Visit", "own type": "T1", "named otherwise": "MEETING:Other",
		} {
			if n := count(`connection_id = 'pushed' AND id = $1 AND external_id = $2`, "pushed "+id, want); n != 1 {
				t.Errorf("%s has not the key %s", id, want)
			}
		}
		for _, kept := range []string{"x:y", "1:r:s", "r:s"} {
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM quarantine WHERE organization_id = 'org' AND connection_id = 'pushed' AND external_id = $1`, kept); n != 1 {
				t.Errorf("%s is listed %d times", kept, n)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM quarantine`); n != 3 {
			t.Errorf("%d are listed", n)
		}
		// What is pushed again is what is there.
		_, err := st.Push(ctx, "org", []hub.RecordPatch{
			{Model: hub.ModelEngagementUser, ExternalID: hub.JoinID("e1", "u"), Create: true, Change: func(r *hub.Record) { r.Refs.Engagement, r.Refs.User = "e1", "u" }},
			{Model: hub.ModelEngagementType, ExternalID: hub.TypeID("MEETING", "Visit"), Change: func(r *hub.Record) { r.Name = "Visit" }},
		})
		if n := count(`TRUE`); err != nil || n != 4*rows+2*9 {
			t.Errorf("%v: pushed again, there are %d records", err, n)
		}
	})
}

// fillOldShape fills a database of version 9 as its program did: connections that are pushed to, and pulled from, whose
// keys are joined texts.
func fillOldShape(t *testing.T, url string, rows int) {
	t.Helper()
	db := connect(t, url)
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	exec(`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 1)`)
	for connection, platform := range map[string]hub.Platform{"pushed": hub.PlatformCustomInput, "pulled": hub.PlatformMerge} {
		exec(`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
			VALUES ('org', $1, $2, 'c', 'a', TRUE, FALSE, '[]', 1, 1)`, connection, string(platform))
		const columns = `organization_id, connection_id, model, external_id, id, name, engagement_ref, user_ref, type_ref, start_time, details, hash, created_at, updated_at`
		kind := `NULL`
		if platform == hub.PlatformCustomInput {
			kind = `'MEETING:Visit'`
		}
		numbers := fmt.Sprintf(`WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < %d) `, rows)
		exec(numbers + `INSERT INTO records (` + columns + `) SELECT 'org', '` + connection + `', 'ENGAGEMENT', 'e' || i, '` + connection + ` e' || i, 'A visit', NULL, NULL, ` +
			kind + `, i, '{}', 'h', 1, 1 FROM numbers`)
		exec(numbers + `INSERT INTO records (` + columns + `) SELECT 'org', '` + connection + `', 'ENGAGEMENT_USER', 'e' || i || ':u', '` + connection +
			` of ' || i, '', 'e' || i, 'u', NULL, NULL, '{}', 'h', 1, 1 FROM numbers`)
		for _, r := range []struct{ model, key, id, name, of, user string }{
			{"ENGAGEMENT_USER", "1:J:K", "swap 1", "", "1", "J:K"}, {"ENGAGEMENT_USER", "J:K", "swap 2", "", "J", "K"},
			{"ENGAGEMENT_USER", "p:q", "same 1", "", "p", "q"}, {"ENGAGEMENT_USER", "x:y", "same 2", "", "p", "q"},
			{"ENGAGEMENT_USER", "1:r:s", "same 3", "", "p", "q"}, {"ENGAGEMENT_USER", "r:s", "blocked", "", "r", "s"},
			{"ENGAGEMENT_TYPE", "MEETING:Visit", "type", "Visit", "", ""}, {"ENGAGEMENT_TYPE", "T1", "own type", "Visit", "", ""},
			{"ENGAGEMENT_TYPE", "MEETING:Other", "named otherwise", "Visit", "", ""},
		} {
			var of, user *string
			if r.of != "" {
				of, user = &r.of, &r.user
			}
			exec(`INSERT INTO records (`+columns+`) VALUES ('org', $1, $2, $3, $4, $5, $6, $7, NULL, NULL, '{"activityType":"MEETING"}', 'h', 1, 1)`,
				connection, r.model, r.key, connection+" "+r.id, r.name, of, user)
		}
	}
}

// TestTheLongestIdsFit keeps a record whose ids are all as long as they may be, in texts that do not compress: the
// indexes of both databases take them. One byte more is refused before the database is asked.
func TestTheLongestIdsFit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		w := newMergeWorld(t, st, org, true)
		longest := make([]byte, hub.MaxIDLength)
		for i := range longest {
			longest[i] = byte('!' + (i*i+7*i)%90) // a text that does not compress
		}
		id := string(longest)
		refs := hub.Refs{Account: id, Contact: id, Lead: id, Opportunity: id, Engagement: id, EngagementType: id, User: id, Owner: id}
		r := hub.Record{Model: hub.ModelEngagement, ExternalID: id, MergedInto: id[1:] + "x", StartTime: time.Now(), Refs: refs, Details: hub.Details{RemoteID: id}}
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		w.write(t.Context(), []hub.Record{r}) // the longest that are valid fit
		r.Refs.Owner += "x"
		var invalid *hub.InvalidError
		if err := r.Validate(); !errors.As(err, &invalid) {
			t.Errorf("a longer one is answered %v", err)
		}
	})
}
