package api_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestListsAreCutAtBytes fills what organizations, teams and definitions may have, and reads them: no answer is much larger than
// a page, and pages lead through all.
func TestListsAreCutAtBytes(t *testing.T) {
	storetest.Long(t)
	const most = 8<<20 + 1<<20 // a page, and one item more
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		texts := make([]string, 1000)
		for i := range texts {
			texts[i] = fmt.Sprintf("%q", fmt.Sprint(i, noise(236))) // each its own: one name is kept once
		}
		list := "[" + strings.Join(texts, ",") + "]"
		o.group.do("PATCH", "/v1/core/organizations/"+o.id, `{"industryIds":[`+fmt.Sprintf("%q", strings.Repeat("x", 300))+`]}`).want(t, 400)
		seen := map[string]bool{o.id: true}
		for i := range 40 {
			var made struct{ ID string }
			o.group.do("POST", "/v1/core/organizations", fmt.Sprintf(`{"name":"O%d","orgGroupIds":[%s],"industryIds":%s}`, i, o.group.spanned(), list)).want(t, 200).into(t, &made)
			seen[made.ID] = true
		}
		pages, cursor := 0, ""
		for ; pages == 0 || cursor != ""; pages++ {
			var page struct {
				Data   []struct{ ID string }
				Cursor *string
			}
			a := o.group.do("GET", "/v1/core/organizations?pageSize=1000&cursor="+cursor, "").want(t, 200)
			if len(a.body) > most {
				t.Errorf("a page has %d bytes", len(a.body))
			}
			a.into(t, &page)
			for _, o := range page.Data {
				delete(seen, o.ID)
			}
			if cursor = ""; page.Cursor != nil {
				cursor = *page.Cursor
			}
		}
		if len(seen) > 0 || pages < 2 {
			t.Errorf("%d pages, and %d organizations are on none", pages, len(seen))
		}

		// What is listed whole has a limit as a whole.
		var err error
		kept := 0
		for ; err == nil && kept < 60; kept++ {
			err = w.st.PutConfiguration(t.Context(), o.id, fmt.Sprint("t", kept), strings.Repeat("é", 125_000))
		}
		if _, ok := errors.AsType[*hub.ConflictError](err); !ok || kept != 34 {
			t.Errorf("%d configurations of 250,000 bytes are kept, and then %v", kept-1, err)
		}
	})
}
