package store_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestOldAuditIsRedacted gives a database of an earlier version, whose log has texts and a receiver's secret: the upgrade
// takes them out, and the log is as append-only as before.
func TestOldAuditIsRedacted(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		if err := store.MigrateTo(t.Context(), url, 11); err != nil {
			t.Fatal(err)
		}
		for i, e := range [][2]string{
			{"recording", `{"title":"TEXT of a talk","userId":"u"}`},
			{"crmRecord", `{"model":"CONTACT","externalId":"c","name":"TEXT","emails":["TEXT@example.com"]}`},
			{"webhookEndpoint", `{"url":"https://hooks.example.com/services/TEXT","disabled":false}`},
			{"organization", `{"industryIds":["` + strings.Repeat("long", 100_000) + `TEXT"]}`},
		} {
			change(t, url, `INSERT INTO audit (organization_id, id, at, actor_kind, actor_id, actor_name, action, object_kind, object_id, changes)
				VALUES ('o', '`+string(rune('a'+i))+`', 0, 'TOKEN', '', '', 'update', '`+e[0]+`', 'x', '`+e[1]+`')`)
		}
		st := storetest.Open(t, url, nil)
		all, err := st.Audit(t.Context(), "o", store.AuditFilter{Limit: 10})
		if err != nil || len(all) != 4 {
			t.Fatal(all, err)
		}
		for _, e := range all {
			if strings.Contains(e.Changes, "TEXT") || len(e.Changes) > 1000 {
				t.Errorf("%s: %.300s", e.ObjectKind, e.Changes)
			}
		}
		if !strings.Contains(all[3].Changes, `"userId":"u"`) || !strings.Contains(all[2].Changes, `"externalId":"c"`) || !strings.Contains(all[1].Changes, "hooks.example.com") {
			t.Errorf("more was taken out than texts: %+v", all)
		}
		for _, wrong := range []string{`UPDATE audit SET changes = '{}'`, `DELETE FROM audit`} {
			db := connect(t, url)
			_, err := db.Exec(wrong)
			_ = db.Close()
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", wrong, err)
			}
		}
	})
}

// TestDeletedTextsAreGone deletes a recording: the file has no word of it, neither in its log nor in its free pages.
func TestDeletedTextsAreGone(t *testing.T) {
	storetest.Needs(t, "sqlite")
	url := storetest.SQLite(t)
	st := storetest.Open(t, url, nil)
	org := storetest.Organization(t, st)
	u, err := st.CreateUser(t.Context(), org, hub.User{FirstName: "Rep", Email: "rep@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	id := storetest.Recording(t, st, org, u.ID, time.Now().Add(-time.Hour), time.Minute)
	var words []hub.Utterance
	for range 2000 { // over many pages
		words = append(words, hub.Utterance{Speaker: "A", Text: "WORDTHATWASSAID " + strings.Repeat("x", 50)})
	}
	if _, err := st.PutAnalysis(t.Context(), org, id, hub.AnalysisResult{Utterances: words, Summary: []hub.SummarySection{{Header: "h", Content: "WORDTHATWASSAID"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := st.DeleteRecording(t.Context(), org, id); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	file, _, _ := strings.Cut(strings.TrimPrefix(url, "sqlite:"), "?")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "WORDTHATWASSAID"); n != 0 {
		t.Errorf("the file still has it %d times", n)
	}
}
