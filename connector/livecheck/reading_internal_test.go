package livecheck

import (
	"context"
	"fmt"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
)

// onePage is a connector that answers with one page, whatever it is asked for.
type onePage struct {
	connector.Connector
	ids []string
	err error
}

func (c onePage) Fetch(context.Context, *connector.Session, connector.Query) (connector.Page, error) {
	page := connector.Page{Records: []hub.Record{{Model: hub.ModelUser, ExternalID: "a user that came along"}}}
	for _, id := range c.ids {
		page.Records = append(page.Records, hub.Record{Model: hub.ModelContact, ExternalID: id})
	}
	return page, c.err
}

// TestSmallPagesAgainstALargeOne looks for what only a large page has: what is behind the end of the small ones does not count, unless
// they were read to the end.
func TestSmallPagesAgainstALargeOne(t *testing.T) {
	upTo := func(n int) (ids []string) {
		for i := range n {
			ids = append(ids, fmt.Sprint(i))
		}
		return ids
	}
	for name, test := range map[string]struct {
		small []string
		ended bool
		large []string
		err   error
		want  Finding
	}{
		"both have all":                   {upTo(25), true, upTo(25), nil, Finding{State: Held}},
		"the large one has a row twice":   {upTo(25), true, append(upTo(25), "3"), nil, Finding{State: Held}},
		"small pages lack two":            {append(upTo(25)[2:], "25"), false, upTo(25), nil, Finding{State: Failed, Detail: `2 are not there, as "0": is the list's order stable?`}},
		"they were not read to the end":   {upTo(20), false, upTo(25), nil, Finding{State: Held}},
		"they end before the large one":   {upTo(20), true, upTo(25), nil, Finding{State: Failed, Detail: `5 are not there, as "20": is the list's order stable?`}},
		"there is no more than one page":  {upTo(10), true, upTo(10), nil, Finding{State: Unchecked, Detail: "there are no more than one page of 10"}},
		"there is one more than one page": {upTo(11), true, upTo(11), nil, Finding{State: Held}},
		"the large page fails":            {upTo(25), true, nil, connector.Fail(connector.Temporary, "CRM", "it is away"), Finding{State: Failed, Detail: "CRM: it is away"}},
	} {
		var told []Finding
		k := &check{c: onePage{ids: test.large, err: test.err}, seen: map[hub.Model][]hub.Record{}, o: Options{Tell: func(f Finding) { told = append(told, f) }}}
		k.edges(t.Context(), hub.ModelInfo{Model: hub.ModelContact}, test.small, test.ended)
		test.want.What = "small pages of CONTACT lose nothing that a large one has"
		if len(told) != 1 || told[0] != test.want {
			t.Errorf("%s: %+v", name, told)
		}
	}
}

// TestNobodysIDs makes ids that no record has. Vendors that count up have those beside the ones that were read.
func TestNobodysIDs(t *testing.T) {
	for _, test := range []struct {
		ids  []string
		want string
	}{
		{[]string{"94772", "94771"}, "99999"},
		{[]string{"1500000003"}, "2147483647"},
		{[]string{"2200000003"}, "9999999999"},
		{[]string{"9007199254740993"}, "9999999999999999"},
		{[]string{"1000000000000000000"}, "9223372036854775807"},
		{[]string{"7", "9"}, "0"},
		{[]string{"0"}, "9"},
		{[]string{"b2f4c0"}, "b2f4c1"},
		{[]string{"b2f4c7", "b2f4c0"}, "b2f4c00"},
		{[]string{"größe"}, "größ0"},
	} {
		if got := nobodys(test.ids); got != test.want {
			t.Errorf("beside %q: %q, and not %q", test.ids, got, test.want)
		}
	}
}
