package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// TestDemoLives: the link that the demo prints opens its console as the operator, and what people change in the CRMs
// keeps coming.
func TestDemoLives(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	d := &demo{ctx: ctx, client: &http.Client{Timeout: demoStep}}
	ended, err := d.start(t.TempDir(), demoLeast)
	if err != nil {
		t.Fatal(err)
	}
	d.crms = d.crms[:2]
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: demoStep}
	link, err := url.Parse(d.console)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := browser.PostForm(d.url+link.Path, link.Query())
	if err != nil {
		t.Fatal(err)
	}
	shown, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(shown), "Acme Roofing") {
		t.Fatalf("%d %s %v", answer.StatusCode, shown, err)
	}

	if _, err := d.firstSync(); err != nil {
		t.Fatal(err)
	}

	// Nobody has acted so far, so what is not true counts; once somebody has paused a connection, the demo goes on.
	d.watched = true
	if d.excused(errors.New("a lie")) {
		t.Error("it blames somebody who has done nothing")
	}
	var paused struct {
		UpdatedAt string `json:"updatedAt"`
	}
	if err := d.call("GET", d.crms[0].connection, nil, &paused); err != nil {
		t.Fatal(err)
	}
	id := path.Base(d.crms[0].connection)
	pressed, err := browser.PostForm(d.url+"/console/connections/"+id+"/switch", url.Values{"active": {"no"}, "version": {paused.UpdatedAt}})
	if err != nil || pressed.StatusCode != http.StatusOK {
		t.Fatalf("pausing: %+v, %v", pressed, err)
	}
	_ = pressed.Body.Close()
	if _, err := d.increment(); err == nil || !d.excused(err) {
		t.Errorf("a connection was paused by hand, and that is told as %v", err)
	}
	d.watched = false

	lived := make(chan error, 1)
	go func() { lived <- d.live() }()
	defer func() {
		stop()
		if err := <-lived; err != nil {
			t.Error(err)
		}
	}()
	changed := func() int {
		n := 0
		for _, crm := range d.crms {
			var runs struct {
				Data []demoRun `json:"data"`
			}
			if err := d.call("GET", crm.connection+"/runs", nil, &runs); err != nil {
				t.Fatal(err)
			}
			for _, r := range runs.Data {
				n += r.changed()
			}
		}
		return n
	}
	before := changed()
	if err := d.until("what people change comes", func() (bool, error) { return changed() > before, nil }); err != nil {
		t.Error(err)
	}
}
