package connectortest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// tellsOneRefusedList answers 401 for one list alone, as some vendors do where a right is missing. Whoever reads its model is told so,
// the other models go on, and whose the credentials are is still answered: by that the engine knows that they are good.
func tellsOneRefusedList(t *testing.T, c connector.Connector, crm NewCRM) {
	r := newRig(t, c, crm, simulator.Options{Seed: 37, Records: 40, ValidateEvery: -1})
	asked := &askedPaths{base: r.session.HTTP.Transport}
	r.session.HTTP = &http.Client{Transport: asked}
	check := func() error {
		_, err := c.Check(t.Context(), r.session)
		return err
	}
	read := func(m hub.Model) error {
		for q := (connector.Query{Model: m, Limit: 20}); ; {
			page, err := c.Fetch(t.Context(), r.session, q)
			if err != nil || !page.More {
				return err
			}
			q.Next = page.Next
		}
	}
	if err := check(); err != nil {
		t.Fatal(err)
	}
	lists := map[hub.Model][]string{"": asked.take()} // those that it takes to tell whose the credentials are are nobody's own
	for _, m := range c.Info().Models {
		if err := read(m.Model); err != nil {
			t.Fatal(err)
		}
		first := asked.take()
		if err := read(m.Model); err != nil {
			t.Fatal(err)
		}
		again := asked.take() // what a reading makes for itself has another path by now
		lists[m.Model] = slices.DeleteFunc(first, func(path string) bool { return !slices.Contains(again, path) })
	}
	told := 0
	for of, paths := range lists {
		for _, path := range paths[:min(len(paths), 3)] { // some have one for each row
			needs := func(m hub.Model) bool { // a fault is of all paths that contain its own
				return slices.ContainsFunc(lists[m], func(p string) bool { return strings.Contains(p, path) })
			}
			if of == "" || needs("") {
				continue
			}
			r.crm.Faults.Always(simulator.Fault{Kind: simulator.Unauthorized, Match: path})
			if err := check(); err != nil {
				t.Errorf("%s is refused: whose the credentials are is answered %v", path, err)
			}
			for _, m := range c.Info().Models {
				err := read(m.Model)
				switch {
				case !needs(m.Model) && err != nil:
					t.Errorf("%s is refused: %s, which is not read there, fails: %v", path, m.Model, err)
				case needs(m.Model) && connector.IsKind(err, connector.Unauthorized):
					told++
				case needs(m.Model):
					t.Errorf("%s is refused: reading %s says %v", path, m.Model, err)
				}
			}
			r.crm.Faults.Stop()
		}
	}
	if told == 0 {
		t.Error("no model has a list of its own")
	}
}

// askedPaths notes the paths that are asked for.
type askedPaths struct {
	base  http.RoundTripper
	paths []string
}

// RoundTrip implements http.RoundTripper.
func (a *askedPaths) RoundTrip(r *http.Request) (*http.Response, error) {
	if !slices.Contains(a.paths, r.URL.Path) {
		a.paths = append(a.paths, r.URL.Path)
	}
	return a.base.RoundTrip(r)
}

// take returns them, and begins anew.
func (a *askedPaths) take() []string {
	paths := a.paths
	a.paths = nil
	return paths
}
