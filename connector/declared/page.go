package declared

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
)

// maxPlace is how many bytes a vendor's cursor or link may have.
const maxPlace = 8 << 10

// place is where the reading of a list is.
type place struct {
	// Deletions says that it is in the list of what was deleted.
	Deletions bool `json:"deletions,omitempty"`
	// At is the number of the page, or the offset.
	At int `json:"at,omitempty"`
	// Since is where a list in the order of change goes on: what changed before is read.
	Since time.Time `json:"since,omitzero"`
	// Cursor and Link are the vendor's own; a link is its part behind the base URL.
	Cursor string `json:"cursor,omitempty"`
	Link   string `json:"link,omitempty"`
}

// start is where a list begins.
func (of *paging) start() place {
	if of.Kind != byNumber {
		return place{}
	}
	if of.First != nil {
		return place{At: *of.First}
	}
	return place{At: 1}
}

// reader reads a list.
type reader struct {
	p  *Platform
	s  *connector.Session
	sc *scope
	of *source
	// limit is how many items are wanted of a page; zero is as many as the vendor gives.
	limit int
	// since and from are the parameter that leaves out what did not change, and the time; from is zero where all is read.
	since *since
	from  time.Time
}

// answered is a page of a list.
type answered struct {
	items []any
	// next is the cursor or the link of the page after it; more is what the vendor says of there being one, nil where it does
	// not.
	next string
	more *bool
	asOf time.Time
}

// hasMore reports whether the vendor says that there is another page.
func (a *answered) hasMore() bool { return a.more != nil && *a.more }

// size is how many items a page is asked to have.
func (r *reader) size() int {
	of := r.of.paging().Size
	if of.Parameter == "" || r.limit <= 0 {
		return of.Most
	}
	return min(of.Most, r.limit)
}

// begunAt is the time that the parameter says at a place.
func (r *reader) begunAt(at place) time.Time {
	if !at.Since.IsZero() {
		return at.Since
	}
	return r.from
}

// sinceText is how the parameter says a time.
func (r *reader) sinceText(from time.Time) (string, error) {
	if from.IsZero() {
		return "", nil
	}
	return r.p.text(r.sc.with("since", from.UTC()), r.since.Value)
}

// read reads the page at a place.
func (r *reader) read(ctx context.Context, at place) (answered, error) {
	path, query, err := r.where(at)
	if err != nil {
		return answered{}, err
	}
	answer, head, err := r.p.get(ctx, r.s, path, query)
	if err != nil {
		return answered{}, err
	}
	got := answered{asOf: head.Date}
	r.sc.with("answer", answer)
	items, err := r.of.Items.eval(r.sc)
	list, ok := items.([]any)
	if err != nil || !ok {
		return answered{}, r.p.fail(connector.Malformed, "%s was answered without the list that its file names", path)
	}
	if object, ok := answer.(map[string]any); ok && len(list) == 0 && connector.TellsError(object) {
		return answered{}, r.p.fail(connector.Malformed, "%s was answered with an error beside an empty list", path)
	}
	got.items = list
	of := r.of.paging()
	if of.More.given() {
		more, err := of.More.isTrue(r.sc, false)
		if err != nil {
			return answered{}, r.p.fail(connector.Malformed, "%s does not say whether there is more: %s", path, err)
		}
		got.more = &more
	}
	switch of.Kind {
	case byCursor:
		got.next, err = r.cursor()
	case byLink:
		got.next, err = r.link(head, path)
	}
	if err == nil && got.next == "" && got.hasMore() && (of.Kind == byCursor || of.Kind == byLink || of.Kind == byOffset && len(list) == 0) {
		err = r.p.fail(connector.Malformed, "%s says that there is more, but not where", path)
	}
	return got, err
}

// where is what is asked for to read the page at a place.
func (r *reader) where(at place) (string, url.Values, error) {
	if at.Link != "" {
		link, err := url.Parse(at.Link)
		if err != nil {
			return "", nil, r.p.fail(connector.Refused, "the place to go on at is none that can be read")
		}
		return link.EscapedPath(), valuesOf(link.RawQuery), nil
	}
	path, query, err := r.p.where(r.sc, r.of.Path, r.of.Query)
	if err != nil {
		return "", nil, err
	}
	if r.since != nil {
		text, err := r.sinceText(r.begunAt(at))
		if err != nil {
			return "", nil, err
		}
		if text != "" {
			query.Set(r.since.Parameter, text)
		}
	}
	of := r.of.paging()
	if of.Size.Parameter != "" {
		query.Set(of.Size.Parameter, strconv.Itoa(r.size()))
	}
	switch {
	case of.Kind == byNumber || of.Kind == byOffset:
		query.Set(of.Parameter, strconv.Itoa(at.At))
	case at.Cursor != "":
		query.Set(of.Parameter, at.Cursor)
	}
	return path, query, nil
}

// cursor is the cursor of the page after the answer of the scope; empty where there is none.
func (r *reader) cursor() (string, error) {
	value, err := r.of.paging().Next.eval(r.sc)
	if value == false {
		value = nil
	}
	text := ""
	if err == nil {
		text, err = textOf(value)
	}
	if err != nil || len(text) > maxPlace {
		return "", r.p.fail(connector.Malformed, "the cursor of the next page cannot be read")
	}
	return text, nil
}

// link is where the page after the answer is, behind the base URL; empty where there is none. Credentials would go to
// any other address.
func (r *reader) link(head connector.Answer, path string) (string, error) {
	text := nextOf(head.Header)
	if next := r.of.paging().Next; next.given() {
		var err error
		if text, err = r.p.text(r.sc, next); err != nil {
			return "", err
		}
	}
	if text == "" {
		return "", nil
	}
	base, err := url.Parse(r.s.Values["baseURL"])
	if err != nil {
		return "", r.p.fail(connector.Refused, "the base URL cannot be read")
	}
	to, err := base.JoinPath(path).Parse(text)
	if err != nil || len(text) > maxPlace {
		return "", r.p.fail(connector.Malformed, "the link to the next page cannot be read")
	}
	prefix := strings.TrimSuffix(base.EscapedPath(), "/")
	rest, within := strings.CutPrefix(to.EscapedPath(), prefix+"/")
	if to.Scheme != base.Scheme || to.Host != base.Host || to.User != nil || !within || strings.Contains(rest, "..") {
		return "", r.p.fail(connector.Malformed, "the link to the next page leads away from the base URL, and is not followed because credentials would go there")
	}
	query := valuesOf(to.RawQuery)
	for name := range r.p.file.Auth.Query {
		query.Del(name)
	}
	return "/" + rest + "?" + query.Encode(), nil
}

// valuesOf are the parameters of a query. One with a semicolon in it is a parameter as others are, which url.Values would drop.
func valuesOf(query string) url.Values {
	values := url.Values{}
	for parameter := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if parameter != "" && nameErr == nil && valueErr == nil {
			values.Add(name, value)
		}
	}
	return values
}

// nextOf is the link in a header Link that is called next, as RFC 8288 writes it: addresses and quoted texts may have commas and
// semicolons in them, and a link may be called several things.
func nextOf(header http.Header) string {
	for _, line := range header.Values("Link") {
		for {
			_, after, found := strings.Cut(line, "<")
			target, attributes, closed := strings.Cut(after, ">")
			if !found || !closed {
				break
			}
			var rels string
			if rels, line = relOf(attributes); slices.ContainsFunc(strings.Fields(rels), func(rel string) bool { return strings.EqualFold(rel, "next") }) {
				return target
			}
		}
	}
	return ""
}

// relOf is what a link is called by its attributes, and what follows behind them.
func relOf(attributes string) (rels, rest string) {
	end, quoted, escaped := len(attributes), false, false
	var all []string
	begun := 0
	for i := range len(attributes) {
		switch c := attributes[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			all = append(all, attributes[begun:i])
			begun = i + 1
		case c == ',' && !quoted:
			end = i
		}
		if end == i {
			break
		}
	}
	all = append(all, attributes[begun:end])
	for _, attribute := range all {
		name, value, _ := strings.Cut(attribute, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			rels = strings.Trim(strings.TrimSpace(value), `"`)
			break // the first one counts
		}
	}
	return rels, attributes[end:]
}
