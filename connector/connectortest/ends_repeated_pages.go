package connectortest

import (
	"testing"

	"sirocco/connector"
	"sirocco/simulator"
)

// endsRepeatedPages has a vendor answer with its second page again and again. The connector may give each a place of its own, and need not see
// it, but each Fetch ends, and all that is on the pages is told of by what names it, so that the engine sees that nothing new comes.
func endsRepeatedPages(t *testing.T, c connector.Connector, crm NewCRM) {
	// news is how many pages may have something new: what a vendor lists beside its rows is not on the first alone.
	const news = 20
	r := newRig(t, c, crm, simulator.Options{Seed: 36, Records: 60, ValidateEvery: -1})
	for _, m := range c.Info().Models {
		seen, fresh := map[string]bool{}, 0
		q := connector.Query{Model: m.Model, Limit: 10}
		for range 5 * news {
			page, err := c.Fetch(t.Context(), r.session, q)
			if err != nil || !page.More || page.Next == q.Next {
				break // it says so itself, or its place does
			}
			r.crm.Faults.Always(simulator.Fault{Kind: simulator.RepeatCursor, Match: "/"})
			before := len(seen)
			for _, name := range namesOn(page) {
				seen[name] = true
			}
			if len(seen) > before {
				fresh++
			}
			q.Next = page.Next
		}
		r.crm.Faults.Stop()
		if fresh > news {
			t.Errorf("%s: %d pages that repeat themselves have something new", m.Model, fresh)
		}
	}
}

// namesOn are what names the things on a page: two pages of the same things have the same.
func namesOn(page connector.Page) (names []string) {
	for i := range page.Records {
		names = append(names, string(page.Records[i].Model)+"/"+page.Records[i].ExternalID)
	}
	for _, id := range page.Passed {
		names = append(names, "passed/"+id)
	}
	for i := range page.Rejected {
		names = append(names, string(page.Rejected[i].Raw))
	}
	return names
}
