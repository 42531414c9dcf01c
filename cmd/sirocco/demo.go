package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sirocco/audio"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
)

type demoCommand struct {
	Once    bool `help:"End when all is shown: with status 0 when all that was announced was true." env:"-"`
	Records int  `default:"400" placeholder:"N" help:"How many accounts each CRM has; the other models follow (${default})." env:"-"`
}

// demoStep is how long the demo waits for something that does not go on; a sync that makes pages may take longer.
const demoStep = 5 * time.Minute

// demoGlance is how long it waits where somebody has acted in the console, and may have stopped what it waits for.
const demoGlance = 20 * time.Second

// demoLeast is the smallest number of accounts with which a rep has two appointments.
const demoLeast = 8

// demoZone is where the demo's organization works.
const demoZone = "America/Chicago"

// Validate implements kong's check of the command line.
func (c *demoCommand) Validate() error {
	if c.Records < demoLeast {
		return fmt.Errorf("--records must be at least %d: with fewer accounts no rep has the two appointments that the demo records", demoLeast)
	}
	return nil
}

// demo is a hub with a CRM of each platform, all in this process, driven over HTTP as a client would.
type demo struct {
	ctx    context.Context //nolint:containedctx // the demo is one command
	url    string
	client *http.Client
	crms   []*demoCRM
	st     *store.Store
	// organization is whose token is used; userToken is one of its rep's.
	organization, token, userToken string
	// rep is the CRM user who records, user the id of the workspace's user who that is.
	rep  hub.Record
	user string
	// console is the link that opens the console once, as the operator.
	console string
	// recorded are the ids of the recordings that were made.
	recorded []string
	// moved is when what the demo waits for last went on.
	moved time.Time
	// watched says that somebody may act in the console meanwhile.
	watched bool
}

// demoCRM is a stand-in, and the hub's connection to it.
type demoCRM struct {
	*simulator.Server
	origin     string
	connection string
	// main is the model that the demo changes.
	main hub.Model
}

func (c *demoCommand) Run(ctx context.Context) (err error) {
	began := time.Now()
	dir, err := os.MkdirTemp("", "sirocco-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, stop := context.WithCancel(ctx)
	d := &demo{ctx: ctx, client: &http.Client{Timeout: demoStep}, watched: !c.Once}
	ended, err := d.start(dir, c.Records)
	if err != nil {
		stop()
		return err
	}
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	if !c.Once {
		fmt.Printf("Watch it in a browser, as the operator (the link works once, within %d minutes):\n\n  %s\n", int(hub.ConsoleLoginLife.Minutes()), d.console)
	}
	summary, err := d.show()
	if d.watched && ctx.Err() != nil {
		return nil // somebody has seen enough
	}
	if err != nil {
		return fmt.Errorf("the demo announced what was not true: %w", err)
	}
	if !c.Once {
		d.invite()
		return d.live()
	}
	fmt.Printf("All of it was true: %s, in %.1f s.\n", summary, time.Since(began).Seconds())
	return nil
}

// start brings up the hub and the CRMs; what it returns yields the hub's end.
func (d *demo) start(dir string, records int) (<-chan error, error) {
	keys, _, err := store.KeysFromFile(filepath.Join(dir, "key"))
	if err != nil {
		return nil, err
	}
	st, err := store.OpenOrMake(d.ctx, "sqlite:"+filepath.Join(dir, "demo.db"), store.Options{Keys: keys})
	if err != nil {
		return nil, err
	}
	organization, err := st.CreateOrganization(d.ctx, "Acme Roofing")
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	zone := demoZone
	if _, err := st.UpdateOrganization(d.ctx, organization.ID, "", hub.OrganizationPatch{TimeZone: &zone}); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	d.organization, d.st = organization.ID, st
	if _, d.token, err = st.CreateToken(d.ctx, organization.ID, store.NewToken{Name: "demo"}); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	link, err := st.CreateConsoleLogin(d.ctx, hub.ConsolePerson{Name: operator().Name, Role: hub.ConsoleOperator})
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	place, err := audio.Open(d.ctx, "file://"+filepath.ToSlash(filepath.Join(dir, "recordings")))
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	n, err := newNode(st, slog.New(slog.DiscardHandler), nodeOptions{audio: place, console: true, targets: hub.Targets{Any: true}})
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	d.url = "http://" + listener.Addr().String()
	d.console = consoleLink(d.url, link)
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(n.run(d.ctx, listener), st.Close()) }()
	for _, p := range shownPlatforms() {
		options := simulator.Options{Seed: uint64(1 + len(d.crms)), Records: records, ValidateEvery: 10, Around: time.Now()}
		if p.connector.Info().Platform == hub.PlatformCompanyCam { // each of its projects takes requests of its own, of which it allows few
			options.Counts = map[hub.Model]int{hub.ModelOpportunity: min(records, 40), hub.ModelUser: demoPhotographers}
		}
		crm := &demoCRM{Server: p.simulator(options), main: hub.ModelOpportunity}
		if !slices.Contains(crm.Models(), crm.main) { // what its reps work on are leads
			crm.main = hub.ModelLead
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ended, err
		}
		crm.origin = "http://" + listener.Addr().String()
		go func() { _ = serveUntilDone(d.ctx, crm.Server, listener) }()
		d.crms = append(d.crms, crm)
	}
	fmt.Printf("Sirocco listens at %s, on a database of its own; a CRM of each platform runs beside it.\n", d.url)
	return ended, nil
}

// show goes through the story and returns its numbers as part of a sentence.
func (d *demo) show() (string, error) {
	var created, changed, again, notes, events, open int
	for _, act := range []func() error{
		func() (err error) { created, err = d.firstSync(); return err },
		func() (err error) { changed, err = d.increment(); return err },
		func() (err error) { again, err = d.pauseAndResume(); return err },
		func() (err error) { notes, events, err = d.recordings(); return err },
		d.pushed,
		func() (err error) { open, err = d.decisions(); return err },
	} {
		if err := act(); err != nil && !d.excused(err) {
			return "", err
		}
	}
	for _, crm := range d.crms {
		if v := crm.Violations(); len(v) > 0 {
			return "", fmt.Errorf("an exchange with %s was not as the vendor describes it: %s", crm.Platform(), v[0])
		}
	}
	return fmt.Sprintf("%d records came from %d CRMs, %d changes were picked up alone, a paused sync went on where it stopped, with %d records met again and none written, "+
		"%d recordings linked themselves and were written back once each, of which %d webhooks told, one linked itself to what was pushed, beside a presentation, and %d things wait to be decided",
		created, len(d.crms), changed, again, notes, events, open), nil
}

// until asks again and again until it holds, for as long as holds sets d.moved, and at most demoStep without that.
func (d *demo) until(what string, holds func() (bool, error)) error {
	d.moved = time.Now()
	for {
		ok, err := holds()
		if ok || err != nil {
			return err
		}
		if still := time.Since(d.moved); still > demoStep || d.watched && still > demoGlance && d.visitor() != "" {
			return fmt.Errorf("nothing went on for %s: %s", time.Since(d.moved).Round(time.Second), what)
		}
		select {
		case <-d.ctx.Done():
			return d.ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// call makes a request as a client with the organization's token does; into takes the answer, unless it is nil.
func (d *demo) call(method, path string, body, into any) error {
	return d.callWith("Authorization", "Bearer "+d.token, method, path, body, into)
}

// callAsUser is call with the rep's access token.
func (d *demo) callAsUser(method, path string, body, into any) error {
	return d.callWith("x-siro-auth-token", d.userToken, method, path, body, into)
}

func (d *demo) callWith(header, token, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(d.ctx, method, d.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set(header, token)
	r.Header.Set("Content-Type", "application/json")
	return d.send(r, into)
}

func (d *demo) send(r *http.Request, into any) error {
	answer, err := d.client.Do(r)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s answered %d: %s", r.Method, r.URL.Path, answer.StatusCode, got)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(got, into)
}

// invite says how to play on.
func (d *demo) invite() {
	fmt.Printf("\nIt goes on until Ctrl-C, while people work in the CRMs and what they change comes. The console is yours now; this token signs in at %s/console, too.\n"+
		"%s/docs describes all that it answers. To play with it:\n\n  export TOKEN=%s\n", d.url, d.url, d.token)
	try := []string{"/v1/core/integrations/connections", d.crms[0].connection + "/sync", d.crms[0].connection + "/runs"}
	for _, id := range d.recorded {
		try = append(try, "/v1/core/recordings/"+id+"/link")
	}
	for _, path := range append(try, "/v1/audit") {
		fmt.Printf("  curl -s %s%s -H \"Authorization: Bearer $TOKEN\"\n", d.url, path)
	}
	fmt.Println("\nThe CRMs answer the hub, which has their credentials; anybody else gets 401:")
	for _, crm := range d.crms {
		fmt.Printf("  %-15s %s\n", crm.Platform(), crm.origin)
	}
}
