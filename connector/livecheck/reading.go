package livecheck

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	// smallPage is how many records a page is asked for whose edges are looked at, and smallPages how many of them are read.
	smallPage, smallPages = 10, 6
	// shownReasons is how many reasons for what cannot be read are told.
	shownReasons = 3
)

// reading checks how a model is read.
func (k *check) reading(ctx context.Context, m hub.ModelInfo) {
	name := string(m.Model)
	var ids []string
	var rejected []connector.Rejected
	q := connector.Query{Model: m.Model, Limit: smallPage}
	passed, ended := 0, false
	// The end of a list may be a page that has the one before once more, and nothing else.
	barren := 0
	for n := 0; (n < smallPages || barren > 0) && !ended; n++ {
		page, err := k.c.Fetch(ctx, k.s, q)
		if err != nil {
			k.tell(Failed, name+" is read", "%v", err)
			return
		}
		if page.More && (page.Next == "" || page.Next == q.Next) {
			k.tell(Failed, name+" is read", "page %d says that there is more, but not where", n+1)
			return
		}
		known := len(ids)
		for _, r := range page.Records {
			if r.Model == m.Model && !slices.Contains(ids, r.ExternalID) {
				ids = append(ids, r.ExternalID)
			}
		}
		if len(ids) > known || len(page.Records) == 0 || !page.More {
			barren = 0
		} else if barren++; barren > 1 {
			k.tell(Failed, "pages of "+name+" go on", "page %d has what was read before, and nothing else", n+1)
			return
		}
		k.seen[m.Model] = append(k.seen[m.Model], page.Records...)
		rejected, passed = append(rejected, page.Rejected...), passed+len(page.Passed)
		q.Next, ended = page.Next, !page.More
	}
	if len(ids) == 0 && len(rejected) == 0 {
		k.tell(Unchecked, name+" is read", "the account has none that is one (%s passed over)", counted(passed, "item"))
		return
	}
	k.tell(Held, name+" is read", "%s, %s passed over, %s", counted(len(ids), "record"), counted(passed, "item"), map[bool]string{true: "to the end", false: "and there are more"}[ended])
	for i, r := range rejected {
		if i == shownReasons {
			k.tell(Failed, "every "+name+" can be kept", "and %d more", len(rejected)-i)
			break
		}
		k.tell(Failed, "every "+name+" can be kept", "%q: %s", r.ExternalID, r.Reason)
	}
	if len(rejected) == 0 {
		k.tell(Held, "every "+name+" can be kept", "")
	}
	k.edges(ctx, m, ids, ended)
	k.increments(ctx, m)
	k.found(ctx, m, ids)
	if m.ReportsDeletes {
		k.tell(Unchecked, "deletions of "+name+" are told", "nothing is deleted here to see it")
	}
}

// edges reads one large page and looks for records that the small ones do not have.
func (k *check) edges(ctx context.Context, m hub.ModelInfo, ids []string, ended bool) {
	what := "small pages of " + string(m.Model) + " lose nothing that a large one has"
	page, err := k.c.Fetch(ctx, k.s, connector.Query{Model: m.Model, Limit: smallPage * smallPages})
	if err != nil {
		k.tell(Failed, what, "%v", err)
		return
	}
	var large, lost []string
	for _, r := range page.Records {
		if r.Model == m.Model && !slices.Contains(large, r.ExternalID) {
			large = append(large, r.ExternalID)
		}
	}
	k.seen[m.Model] = append(k.seen[m.Model], page.Records...)
	compared := len(large)
	if !ended {
		compared = min(compared, len(ids))
	}
	for _, id := range large[:compared] {
		if !slices.Contains(ids, id) {
			lost = append(lost, id)
		}
	}
	if len(large) <= smallPage {
		k.tell(Unchecked, what, "there are no more than one page of %d", smallPage)
		return
	}
	k.holds(len(lost) == 0, what, "%d are not there, as %q: is the list's order stable?", len(lost), first(lost))
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// increments asks for what changed since a time: since tomorrow, and since a record changed.
func (k *check) increments(ctx context.Context, m hub.ModelInfo) {
	name := string(m.Model)
	if !m.Incremental || m.Around || m.Durable {
		k.tell(Unchecked, name+" is asked for by its change", "each run reads all")
		return
	}
	since := func(at time.Time) (records []hub.Record, ok bool) {
		page, err := k.c.Fetch(ctx, k.s, connector.Query{Model: m.Model, Limit: smallPage * smallPages, Since: at})
		if err != nil {
			k.tell(Failed, name+" is asked for by its change", "%v", err)
		}
		for _, r := range page.Records {
			if r.Model == m.Model {
				records = append(records, r)
			}
		}
		return records, err == nil
	}
	later, ok := since(k.s.Now().Add(24 * time.Hour))
	if !ok {
		return
	}
	k.holds(len(later) == 0, "no "+name+" has changed since tomorrow", "%d have: the parameter is ignored, or read as something else", len(later))
	var newest hub.Record
	for _, r := range k.seen[m.Model] {
		if r.Model == m.Model && r.ModifiedAt.After(newest.ModifiedAt) && !r.Deleted {
			newest = r
		}
	}
	if newest.ModifiedAt.IsZero() {
		k.tell(Failed, name+" says when it changed", "no record has a modifiedAt")
		return
	}
	got, ok := since(newest.ModifiedAt)
	if !ok {
		return
	}
	older := slices.IndexFunc(got, func(r hub.Record) bool { return r.ModifiedAt.Before(newest.ModifiedAt.Add(-time.Second)) })
	k.holds(older < 0, "what is asked for by its change did change: "+name, "%q is older than what was asked for", idAt(got, older))
	there := slices.ContainsFunc(got, func(r hub.Record) bool { return r.ExternalID == newest.ExternalID })
	if !there && len(got) >= smallPage {
		k.tell(Unchecked, "what changed at that very time is among it: "+name, "there are too many to see it on the first page")
		return
	}
	k.holds(there, "what changed at that very time is among it: "+name, "%q is not: since must be inclusive", newest.ExternalID)
}

func idAt(records []hub.Record, i int) string {
	if i < 0 {
		return ""
	}
	return records[i].ExternalID
}

// nobodys is an id of the form that the ids have which no record is likely to have: of numbers, which vendors count up, one that
// is far from theirs and that a vendor can read; of other texts one with another end.
func nobodys(ids []string) string {
	id := ids[0]
	if _, err := strconv.ParseUint(id, 10, 64); err == nil {
		far := strings.Repeat("9", len(id))
		for _, most := range []string{"2147483647", "9223372036854775807"} { // the largest numbers of 32 and 64 bits
			if len(id) == len(most) && id < most {
				far = most
			}
		}
		if !slices.Contains(ids, far) {
			return far
		}
	}
	runes := []rune(id)
	end := len(runes) - 1
	runes[end] = map[bool]rune{true: '1', false: '0'}[runes[end] == '0']
	for id = string(runes); slices.Contains(ids, id); {
		id += "0"
	}
	return id
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// found asks for single records by their ids.
func (k *check) found(ctx context.Context, m hub.ModelInfo, ids []string) {
	what := "a single " + string(m.Model) + " is found by its id, and one that is not there is not"
	finder, ok := k.c.(connector.Finder)
	if !ok || len(ids) == 0 {
		k.tell(Unchecked, what, "the connector cannot ask for single records: what two whole readings do not meet counts as gone")
		return
	}
	absent := nobodys(ids)
	page, err := finder.Find(ctx, k.s, m.Model, []string{ids[0], absent})
	if err != nil {
		k.tell(Failed, what, "%v", err)
		return
	}
	there := func(id string) bool {
		return slices.ContainsFunc(page.Records, func(r hub.Record) bool { return r.Model == m.Model && r.ExternalID == id })
	}
	k.holds(there(ids[0]) && !there(absent), what, "%q is there: %t; %q, which nobody has, is there: %t", ids[0], there(ids[0]), absent, there(absent))
}
