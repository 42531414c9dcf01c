package console

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// entry is an entry of the audit log, so long ago.
func (s *served) entry(organization string, ago time.Duration, who, action, kind, object string) string {
	s.t.Helper()
	at := s.clock().Add(-ago)
	id := hub.FirstIDAt(at)
	id = id[:len(id)-8] + hub.NewID()[28:]
	storetest.Exec(s.t, s.store, `INSERT INTO audit (organization_id, id, at, actor_kind, actor_id, actor_name, action, object_kind, object_id, changes)
		VALUES ($1, $2, $3, 'TOKEN', 'a', $4, $5, $6, $7, '{"name":"x"}')`, organization, id, at.UnixMicro(), who, action, kind, object)
	return id
}

// TestAuditLog finds entries by who, what, the object and the time, page by page, and exports what the filter chooses.
func TestAuditLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		const minute = time.Minute
		many := hub.NewID()
		for i := range 60 {
			s.entry(organization, 3*time.Hour+time.Duration(i)*minute, "the night job", "push", "connection", many)
		}
		s.entry(organization, 30*minute, "Dana O'Hara", "revoke", "token", "t-1")
		s.entry(organization, 20*minute, "=HYPERLINK(1)", "update", "user", "u-1")
		s.entry(organization, 10*minute, "dana o'hara", "update", "user", "u-1")
		s.entry(s.organization("Bolt"), minute, "a stranger", "update", "user", "u-1")
		b := s.viewer(organization)

		// rows are the times in a page's list, next the address of what is older.
		shown := func(path string) (int, string, string) {
			t.Helper()
			page := b.get(path)
			next := ""
			if _, after, found := strings.Cut(page, `<a class="button" href="`); found && strings.Contains(page, `rel="next"`) {
				line := page[strings.LastIndex(page[:strings.Index(page, `rel="next"`)], `href="`)+len(`href="`):]
				next, _, _ = strings.Cut(line, `"`)
				next = strings.TrimPrefix(strings.ReplaceAll(next, "&amp;", "&"), "/console")
				_ = after
			}
			return strings.Count(page, `data-label="Did"`), next, page
		}
		if n, next, page := shown("/audit"); n != auditListed || next == "" || strings.Contains(page, "a stranger") {
			t.Errorf("%d entries, then %q", n, next)
		} else if n, next, _ = shown(next); n != 64+1-auditListed || next != "" { // and that the viewer signed in, and that the organization was made
			t.Errorf("%d entries on the last page, then %q", n, next)
		}
		hour := hub.WireTime(s.clock().Add(-15 * minute))
		for query, want := range map[string]int{
			"who=DANA": 2, "who=dana&action=revoke": 1, "action=update": 2, "action=UPDATE": 2, "kind=Token": 1, "kind=token": 1, "object=u-1": 2, "object=u-1&who=hyper": 1,
			"by=CONSOLE": 1, "by=TOKEN&kind=user": 2, "action=update&from=" + hour: 1, "action=update&until=" + hour: 1, "who=%25": 0, "object=" + many: auditListed,
		} {
			if n, _, page := shown("/audit?" + query); n != want {
				t.Errorf("%s finds %d, want %d\n%s", query, n, want, page)
			}
		}
		if a := b.do(http.MethodGet, "/audit?from=yesterday", nil); a.status != http.StatusUnprocessableEntity {
			t.Errorf("no time: %d", a.status)
		}

		table := b.do(http.MethodGet, "/audit/export?format=csv&kind=user", nil)
		rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
		if err != nil || len(rows) != 3 || rows[0][4] != "actorName" || rows[1][4] != "dana o'hara" || rows[2][4] != "'=HYPERLINK(1)" || rows[2][8] != `{"name":"x"}` {
			t.Errorf("%d %q %v", table.status, rows, err)
		}
		if got := table.header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="audit-`) || !strings.HasSuffix(got, `.csv"`) {
			t.Error(got)
		}
		lines := b.do(http.MethodGet, "/audit/export?format=jsonl&who=dana", nil)
		var who []string
		for scan := bufio.NewScanner(strings.NewReader(lines.body)); scan.Scan(); {
			var e struct {
				Actor struct {
					Kind string `json:"kind"`
					Name string `json:"name"`
				} `json:"actor"`
				Changes map[string]string `json:"changes"`
			}
			if err := json.Unmarshal(scan.Bytes(), &e); err != nil || e.Actor.Kind != "TOKEN" || e.Changes["name"] != "x" {
				t.Errorf("%s: %v", scan.Text(), err)
			}
			who = append(who, e.Actor.Name)
		}
		if !slices.Equal(who, []string{"dana o'hara", "Dana O'Hara"}) {
			t.Error(who)
		}
		if a := b.do(http.MethodGet, "/audit/export?format=xls", nil); a.status != http.StatusUnprocessableEntity {
			t.Errorf("another format: %d", a.status)
		}
	})
}

// TestLongAuditLog searches a log that is longer than one search looks at, and exports more than one slice of it.
func TestLongAuditLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		b := s.viewer(organization)
		s.entry(organization, 48*time.Hour, "Dana", "revoke", "token", "t-1")
		const many = 22_000
		storetest.Exec(t, s.store, `INSERT INTO audit (organization_id, id, at, actor_kind, actor_id, actor_name, action, object_kind, object_id, changes)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $3)
			SELECT $1, $2 || CAST(100000000000 + i AS TEXT), 0, 'SIROCCO', '', 'Sirocco', 'sync', 'connection', 'c', '{}' FROM n`,
			organization, hub.FirstIDAt(s.clock().Add(-time.Hour))[:24], int64(many))
		first := b.get("/audit?who=dana")
		mustContain(t, first, "No entry here.", "One search looks at 20,000 entries.")
		line, _, _ := strings.Cut(first[strings.Index(first, "before="):], `"`)
		mustContain(t, b.get("/audit?who=dana&"+html.UnescapeString(line)), ">Dana<")
		export := b.do(http.MethodGet, "/audit/export?format=jsonl&action=sync", nil)
		if n := strings.Count(export.body, "\n"); n != many {
			t.Errorf("%d lines of %d", n, many)
		}
		if n := strings.Count(b.do(http.MethodGet, "/audit/export?format=jsonl&who=dana", nil).body, "\n"); n != 1 {
			t.Errorf("%d lines of what is rare", n)
		}
	})
}

// TestHarmless keeps spreadsheets from taking a text for a formula.
func TestHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Ann": "Ann", "ann@example.com": "ann@example.com", "a=1": "a=1", "=1+1": "'=1+1", "+1 602": "'+1 602", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)",
		"\t=1": "'\t=1", "\r\nAnn": "'\r\nAnn", "  =1": "'  =1", "\u200b=1": "'\u200b=1", "＝1": "'＝1", " Ann": " Ann", "{\"a\":1}": "{\"a\":1}",
	} {
		if got := harmless(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestExportEnds says where a file goes on that ends before the log does, in either format.
func TestExportEnds(t *testing.T) {
	for format, want := range map[string]string{"csv": "export what is before 4711", "jsonl": `{"before":"4711","more":true}`} {
		var b strings.Builder
		out := newAuditWriter(&b, format)
		if err := out.more("4711"); err != nil {
			t.Fatal(err)
		}
		if err := out.flush(); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s: %s %v", format, b.String(), err)
		}
	}
}
