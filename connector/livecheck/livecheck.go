// Package livecheck holds a connector against a live account, as far as that can be done without changing it: what the
// conformance kit does with a stand-in that can be made to do anything. It reads through a proxy of its own that makes faults, and writes
// one note only where it is told on which record. What it could not check it says.
package livecheck

import (
	"context"
	"fmt"
	"net/http"

	"sirocco/connector"
	"sirocco/hub"
)

// State is what came of a check.
type State string

// The states of a check.
const (
	Held      State = "ok"
	Failed    State = "FAILED"
	Unchecked State = "not checked"
)

// Finding is what came of one check.
type Finding struct {
	// What was to be held, as a sentence without its end.
	What string
	// State is what came of it, Detail what was seen; neither has a secret.
	State  State
	Detail string
}

// Options say how far a check goes.
type Options struct {
	// WriteOn is the record that a note is written on; the zero value is none.
	WriteOn hub.RecordRef
	// Tell is called with each finding as it comes.
	Tell func(Finding)
}

// check is a check under way.
type check struct {
	c     connector.Connector
	s     *connector.Session
	proxy *proxy
	o     Options
	// seen are records that were read, by model.
	seen map[hub.Model][]hub.Record
	// failed counts what did not hold.
	failed int
}

// Run checks the connector with the session, and returns how many checks failed. It stops at the first one without which
// no other says anything.
func Run(ctx context.Context, c connector.Connector, s connector.Session, o Options) (failed int) {
	p := &proxy{next: s.HTTP.Transport}
	s.HTTP = &http.Client{Transport: p}
	k := &check{c: c, s: &s, proxy: p, o: o, seen: map[hub.Model][]hub.Record{}}
	if !k.credentials(ctx) {
		return k.failed
	}
	for _, m := range c.Info().Models {
		k.reading(ctx, m)
	}
	k.faults(ctx)
	k.notes(ctx)
	k.secrets(ctx)
	k.tell(Unchecked, "no row is lost that changes while pages are read", "that takes changes at the right moment: the kit has a stand-in for it")
	return k.failed
}

func (k *check) tell(state State, what, detail string, args ...any) {
	if state == Failed {
		k.failed++
	}
	k.o.Tell(Finding{What: what, State: state, Detail: fmt.Sprintf(detail, args...)})
}

// holds tells whether something held; detail is what was seen where it did not.
func (k *check) holds(ok bool, what, detail string, args ...any) {
	if ok {
		k.tell(Held, what, "")
		return
	}
	k.tell(Failed, what, detail, args...)
}

// credentials reports whether the credentials are accepted.
func (k *check) credentials(ctx context.Context) bool {
	err := k.authorize(ctx)
	var account connector.Account
	if err == nil {
		account, err = k.c.Check(ctx, k.s)
	}
	if err != nil {
		k.tell(Failed, "the credentials are accepted", "%v", err)
		return false
	}
	k.tell(Held, "the credentials are accepted", "")
	if account.ID == "" {
		k.tell(Unchecked, "the vendor says whose account it is", "it has no id: credentials of another account would not be noticed")
	} else {
		k.tell(Held, "the vendor says whose account it is", "%s %s", account.ID, account.Name)
	}
	return true
}

func (k *check) authorize(ctx context.Context) error {
	a, ok := k.c.(connector.Authorizer)
	if !ok {
		return nil
	}
	token, err := a.Authorize(ctx, k.s)
	k.s.Token = token.Value
	return err
}

// secrets tries each secret wrongly, once: last, as an account may be locked by it for a while.
func (k *check) secrets(ctx context.Context) {
	for _, f := range k.c.Info().Credentials {
		good := k.s.Values[f.Name]
		if !f.Secret || good == "" {
			continue
		}
		what := "a wrong " + f.Name + " is refused as such"
		k.s.Values[f.Name] = "wrong-" + f.Name
		err := k.authorize(ctx)
		if err == nil {
			_, err = k.c.Check(ctx, k.s)
		}
		k.s.Values[f.Name] = good
		taken := "nothing wrong: either nobody looks at it there, or the file does not send it"
		if err != nil {
			taken = err.Error()
		}
		k.holds(connector.IsKind(err, connector.Unauthorized), what, "it is taken for %s", taken)
	}
}
