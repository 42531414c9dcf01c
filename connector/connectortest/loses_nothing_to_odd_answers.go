package connectortest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// losesNothingToOddAnswers puts one answer that no description has among those of a reading, and then of a question for
// records by their ids, each answer in its turn and in many forms. What the connector makes of it is its own: it fails, or
// rejects items. But where it does neither, all that is there is met, since what is not met counts as gone.
func losesNothingToOddAnswers(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 31, Records: 8, ValidateEvery: -1})
	odd := &oddAnswers{base: r.session.HTTP.Transport, ids: r.crm.IDFields(), at: -1}
	r.session.HTTP.Transport = odd
	for _, m := range c.Info().Models {
		if !hasRows(r.crm, m.Model) {
			continue
		}
		odd.begin(-1, oddForm{})
		whole := r.walk(m.Model, nil)
		if whole.err != nil {
			t.Fatal(whole.err)
		}
		requests := odd.count
		for _, at := range someOf(requests) {
			for _, form := range oddForms {
				odd.begin(at, form)
				got := r.walk(m.Model, whole.kept)
				if odd.used && !got.tells() {
					for _, lost := range whole.lost(got, m.Model) {
						t.Errorf("%s, answer %d of %d, %s: %s is lost", m.Model, at+1, requests, form.name, lost)
					}
				}
			}
		}
		odd.begin(-1, oddForm{})
		r.findsDespiteOddAnswers(m, whole, odd)
	}
}

// someOf are some of the numbers from 0 to n-1: those at both ends, and one in the middle.
func someOf(n int) []int {
	some := []int{0, 1, n / 2, n - 1}
	slices.Sort(some)
	return slices.DeleteFunc(slices.Compact(some), func(at int) bool { return at < 0 || at >= n })
}

// findsDespiteOddAnswers asks for records by their ids in the same way.
func (r *rig) findsDespiteOddAnswers(m hub.ModelInfo, whole walk, odd *oddAnswers) {
	finder, ok := r.c.(connector.Finder)
	if !ok {
		return
	}
	var ids []string
	for id := range whole.met[m.Model] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = append(ids[:min(2, len(ids))], ids[max(0, len(ids)-2):]...) // of both lists, where there are two
	find := func() walk {
		page, err := finder.Find(r.t.Context(), r.session, m.Model, ids)
		w := walk{met: map[hub.Model]map[string]hub.Record{}, err: err}
		w.add(page)
		return w
	}
	odd.begin(-1, oddForm{})
	found := find()
	if found.err != nil {
		return // of this model it cannot be asked
	}
	requests := odd.count
	for _, at := range someOf(requests) {
		for _, form := range oddForms {
			odd.begin(at, form)
			got := find()
			if odd.used && !got.tells() {
				for _, lost := range found.lost(got, m.Model) {
					r.t.Errorf("%s by ids, answer %d of %d, %s: %s is lost", m.Model, at+1, requests, form.name, lost)
				}
			}
		}
	}
	odd.begin(-1, oddForm{})
}

// walk is what a reading brought.
type walk struct {
	met      map[hub.Model]map[string]hub.Record
	rejected []string
	err      error
}

// tells reports whether the reading itself says that it does not have all.
func (w *walk) tells() bool { return w.err != nil || slices.Contains(w.rejected, "") }

func (w *walk) add(page connector.Page) {
	for _, record := range page.Records {
		if w.met[record.Model] == nil {
			w.met[record.Model] = map[string]hub.Record{}
		}
		w.met[record.Model][record.ExternalID] = record
	}
	for _, item := range page.Rejected {
		w.rejected = append(w.rejected, item.ExternalID)
	}
}

// lost are some records of the model that are in w and not in got, nor told of there.
func (w *walk) lost(got walk, m hub.Model) []string {
	var all []string
	for id := range w.met[m] {
		if _, met := got.met[m][id]; !met && !slices.Contains(got.rejected, id) {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all[:min(len(all), 3)]
}

// kept are the records with the ids, as if the hub kept what was read.
func (w *walk) kept(_ context.Context, ids []string) (records []hub.Record, err error) {
	for _, id := range ids {
		for _, met := range w.met {
			if record, ok := met[id]; ok {
				records = append(records, record)
			}
		}
	}
	return records, nil
}

// walk reads a model to its end, or to an error.
func (r *rig) walk(m hub.Model, kept func(context.Context, []string) ([]hub.Record, error)) walk {
	w := walk{met: map[hub.Model]map[string]hub.Record{}}
	q := connector.Query{Model: m, Limit: 10, Kept: kept}
	for pages := 0; ; pages++ {
		page, err := r.c.Fetch(r.t.Context(), r.session, q)
		if err != nil || pages > 200 {
			w.err = err
			if err == nil {
				w.err = fmt.Errorf("%s: its pages never end", m)
			}
			return w
		}
		w.add(page)
		if !page.More {
			return w
		}
		if page.Next == q.Next && page.Wait == 0 { // the engine ends it
			w.err = fmt.Errorf("%s: its pages repeat themselves", m)
			return w
		}
		q.Next = page.Next
	}
}

// oddAnswers changes one of the answers that pass through it.
type oddAnswers struct {
	base http.RoundTripper
	// ids are the fields that hold ids.
	ids   []string
	form  oddForm
	at    int
	count int
	// used says that the answer was changed.
	used bool
}

func (o *oddAnswers) begin(at int, form oddForm) { o.at, o.form, o.count, o.used = at, form, 0, false }

// RoundTrip implements http.RoundTripper.
func (o *oddAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	o.count++
	if o.count != o.at+1 || resp.StatusCode >= http.StatusBadRequest {
		return resp, nil
	}
	return rewriteBody(resp, func(body []byte) []byte {
		changed := o.form.change(o, resp, body)
		o.used = !bytes.Equal(body, changed) || resp.StatusCode != http.StatusOK
		return changed
	})
}

// rewriteBody is the answer with what change makes of its body.
func rewriteBody(resp *http.Response, change func(body []byte) []byte) (*http.Response, error) {
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	body = change(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return resp, nil
}

// oddForm is a form that an answer may have.
type oddForm struct {
	name   string
	change func(o *oddAnswers, resp *http.Response, body []byte) []byte
}

var oddForms = slices.Concat(
	[]oddForm{
		{"204 without a body", func(_ *oddAnswers, resp *http.Response, _ []byte) []byte {
			resp.StatusCode = http.StatusNoContent
			resp.Header.Del("Content-Type")
			return nil
		}},
		{"202 with an empty object", func(_ *oddAnswers, resp *http.Response, _ []byte) []byte {
			resp.StatusCode = http.StatusAccepted
			return []byte(`{}`)
		}},
		{"a page for people", func(_ *oddAnswers, resp *http.Response, _ []byte) []byte {
			resp.Header.Set("Content-Type", "text/html")
			return []byte(`<html><body>Sign in</body></html>`)
		}},
		{"a page for people that is called JSON", oddBody(`<html><body>Sign in</body></html>`)},
		{"an empty body", oddBody(``)}, {"null", oddBody(`null`)}, {"an empty object", oddBody(`{}`)}, {"a text", oddBody(`"maintenance"`)},
		{"an error", oddBody(`{"error":"temporarily unavailable"}`)}, {"a message", oddBody(`{"message":"try later","status":"error"}`)},
	},
	oddLists("without its items", func(list []any) any { return nil }),
	oddLists("with an object for a list", func(list []any) any { return map[string]any{"0": list} }),
	oddLists("with a text for a list", func(list []any) any { return "none" }),
	oddLists("with each item twice", func(list []any) any { return append(slices.Clone(list), list...) }),
	oddItems("is null", func(any) any { return nil }),
	oddItems("is a text", func(any) any { return "none" }),
	oddItems("is an empty object", func(any) any { return map[string]any{} }),
	oddItems("is a list", func(item any) any { return []any{item} }),
	oddIDs("null", func(any) any { return nil }),
	oddIDs("an empty text", func(any) any { return "" }),
	oddIDs("an object", func(v any) any { return map[string]any{"value": v} }),
	oddIDs("a text for a number, or a number for a text", swapped),
	oddIDs("true", func(any) any { return true }),
)

func oddBody(text string) func(*oddAnswers, *http.Response, []byte) []byte {
	return func(*oddAnswers, *http.Response, []byte) []byte { return []byte(text) }
}

// swapped is a number as a text, and a text that is one as a number.
func swapped(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case string:
		if _, err := strconv.ParseInt(v, 10, 64); err == nil {
			return json.Number(v)
		}
	}
	return v
}

// oddLists changes the list that an answer is, or has.
func oddLists(name string, change func([]any) any) []oddForm {
	return []oddForm{{"an answer " + name, func(_ *oddAnswers, _ *http.Response, body []byte) []byte {
		return editList(body, func(list []any) any { return change(list) })
	}}}
}

// oddItems changes the first item, the last one, and all of a list.
func oddItems(name string, change func(any) any) []oddForm {
	places := map[string]func(i, n int) bool{
		"first item": func(i, _ int) bool { return i == 0 }, "last item": func(i, n int) bool { return i == n-1 }, "every item": func(int, int) bool { return true },
	}
	var forms []oddForm
	for place, chosen := range places {
		forms = append(forms, oddForm{"a list whose " + place + " " + name, func(_ *oddAnswers, _ *http.Response, body []byte) []byte {
			return editList(body, func(list []any) any {
				changed := slices.Clone(list)
				for i := range changed {
					if chosen(i, len(changed)) {
						changed[i] = change(changed[i])
					}
				}
				return changed
			})
		}})
	}
	slices.SortFunc(forms, func(a, b oddForm) int { return strings.Compare(a.name, b.name) })
	return forms
}

// oddIDs changes the ids of all items of a list, whatever the vendor calls them.
func oddIDs(name string, change func(any) any) []oddForm {
	return []oddForm{{"items whose id is " + name, func(o *oddAnswers, _ *http.Response, body []byte) []byte {
		return editList(body, func(list []any) any {
			changed := slices.Clone(list)
			for i := range changed {
				item, ok := changed[i].(map[string]any)
				if !ok {
					continue
				}
				item = maps.Clone(item)
				for _, field := range o.ids {
					if value, there := item[field]; there {
						item[field] = change(value)
					}
				}
				changed[i] = item
			}
			return changed
		})
	}}}
}

// editList changes the list that an answer is, or the longest one within its first two levels; an answer without one stays
// as it is.
func editList(body []byte, change func([]any) any) []byte {
	var answer any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&answer) != nil {
		return body
	}
	if list, ok := answer.([]any); ok {
		return encoded(change(list))
	}
	var of map[string]any
	var at string
	longest := 0
	var look func(object map[string]any, depth int)
	look = func(object map[string]any, depth int) {
		for name, value := range object {
			switch value := value.(type) {
			case []any:
				if len(value) > longest {
					of, at, longest = object, name, len(value)
				}
			case map[string]any:
				if depth > 0 {
					look(value, depth-1)
				}
			}
		}
	}
	if object, ok := answer.(map[string]any); ok {
		look(object, 1)
	}
	if of == nil {
		return body
	}
	of[at] = change(of[at].([]any))
	return encoded(answer)
}

func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
