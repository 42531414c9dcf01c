package console

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestWriteBacksArePaged follows the lists of write-backs that failed, that are not proven and that wait, of two connections, to
// their ends: each comes once, whatever others are due in the same moment.
func TestWriteBacksArePaged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		const each = writeBacksPageSize/2 + 5
		want := map[string]int{"": 2 * each, writeBacksUnproven: 2 * each, writeBacksWaiting: 4 * each} // what is not proven is looked for
		for _, platform := range []hub.Platform{hub.PlatformMerge, hub.PlatformServiceTitan} {
			c := storetest.Connection(t, s.store, organization, platform, hub.ModelUser)
			for i := range 3 * each {
				state, due := "PENDING", any(7)
				if i%3 == 1 {
					state = "CONFIRMING"
				} else if i%3 == 2 {
					state, due = "FAILED", nil
				}
				storetest.Exec(t, s.store, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at, asked_at, marker)
					VALUES ($1, $2, $3, 'r', 'OPPORTUNITY', $4, $5, 1, $6, '', '', 1, 1, 1, 'sirocco:1')`, organization, c.ID, hub.NewID(), fmt.Sprintf("%s-%d", c.ID, i), state, due)
			}
		}
		b := s.viewer(organization)
		line := regexp.MustCompile(`#written">Opportunity ([^<]+)</a>`)
		next := regexp.MustCompile(`href="/console([^"]*)" rel="next"`)
		for state, n := range want {
			seen := map[string]bool{}
			for path := "/write-backs?state=" + state; path != ""; {
				page := b.get(path)
				path = ""
				for _, found := range line.FindAllStringSubmatch(page, -1) {
					if seen[found[1]] {
						t.Errorf("%q lists %s twice", state, found[1])
					}
					seen[found[1]] = true
				}
				if found := next.FindStringSubmatch(page); found != nil && len(seen) < n {
					path = html.UnescapeString(found[1])
				}
			}
			if len(seen) != n {
				t.Errorf("%q lists %d of %d", state, len(seen), n)
			}
		}
		if a := b.do(http.MethodGet, "/write-backs?state=waiting&after=x+y+z", nil); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a place that is none: %d", a.status)
		}
	})
}
