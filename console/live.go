package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"sirocco/hub"
)

const (
	// livePoll is how often what is shown live is made anew, once for all who see the same, where that is done quickly.
	livePoll = time.Second
	// liveShare bounds which part of the time is spent on making one part, as one in so many.
	liveShare = 10
	// liveMost is how long a stream lasts; the browser asks again, and with that it is asked again who it is.
	liveMost = time.Minute
	// liveStall is how long a browser may not take what it is sent before its stream ends.
	liveStall = 5 * time.Second
	// liveBeat is how often something is sent where nothing changes, so that who is gone is noticed; no part takes longer to make.
	liveBeat = 15 * time.Second
	// liveCheck is how often a stream looks whether whoever reads it is signed in still, beside each time that it sends something.
	liveCheck = 2 * time.Second
)

// live makes what pages show live: each of the parts once a second, however many read it, and not at all while nobody does.
type live struct {
	log *slog.Logger

	mu    sync.Mutex
	parts map[string]*livePart
}

// livePart is something that several people look at.
type livePart struct {
	viewers map[*liveViewer]bool
	latest  made
	// asOf is when what is latest was made last, the same or not.
	asOf time.Time
	// wake tells that somebody reads again.
	wake chan struct{}
	stop context.CancelFunc
}

// made is how a part is, as it is sent, and when it had become so. The number tells it from what was before; the first is 1.
type made struct {
	message []byte
	at      time.Time
	number  int
}

// liveViewer is somebody who looks at a part. They are given nothing, and nothing is made for them, before they say that they
// have taken what they were given: see ready.
type liveViewer struct {
	live *live
	part *livePart
	key  string

	// changes is where the part comes, each time it is another one.
	changes chan made
	// reads says that nothing is on the way to them.
	reads bool
	// given is the number of what they were given last; 0 is nothing yet.
	given int
	// fresh says that what is being made now was begun when they looked already, known that what is latest was. What was begun
	// before may be older than the page that they have, so they are not given that first.
	fresh, known bool
}

// watch lets somebody look at the part with the key, made by build, until they leave. What they do not take in time is replaced by
// what is newer: nobody waits for them.
func (l *live) watch(key string, build func(context.Context) ([]byte, error)) *liveViewer {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.parts[key]
	if p == nil {
		ctx, stop := context.WithCancel(context.Background())
		p = &livePart{viewers: map[*liveViewer]bool{}, wake: make(chan struct{}, 1), stop: stop}
		if l.parts == nil {
			l.parts = map[string]*livePart{}
		}
		l.parts[key] = p
		go l.run(ctx, p, build)
	}
	v := &liveViewer{live: l, part: p, key: key, changes: make(chan made, 1)}
	p.viewers[v] = true
	return v
}

// leave ends that somebody looks.
func (v *liveViewer) leave() {
	v.live.mu.Lock()
	defer v.live.mu.Unlock()
	p := v.part
	if delete(p.viewers, v); len(p.viewers) == 0 && v.live.parts[v.key] == p {
		delete(v.live.parts, v.key)
		p.stop()
	}
}

// ready says that they have taken what they were given, or nothing yet, and want what comes.
func (v *liveViewer) ready() {
	v.live.mu.Lock()
	defer v.live.mu.Unlock()
	switch p := v.part; {
	case len(v.changes) > 0:
	case v.known && v.given != p.latest.number: // it became another meanwhile
		v.give()
	default:
		v.reads = true
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// busy says that something else is on the way to them.
func (v *liveViewer) busy() {
	v.live.mu.Lock()
	defer v.live.mu.Unlock()
	v.reads = false
}

// current reports whether what they see is known to be so still.
func (v *liveViewer) current() bool {
	v.live.mu.Lock()
	defer v.live.mu.Unlock()
	return time.Since(v.part.asOf) < 2*liveBeat
}

// give gives them what is latest. The lock is held.
func (v *liveViewer) give() {
	v.changes <- v.part.latest // it is empty: they read
	v.reads, v.given = false, v.part.latest.number
}

// run makes the part while somebody reads it, until nobody looks at it. What cannot be made now is left as it was.
func (l *live) run(ctx context.Context, p *livePart, build func(context.Context) ([]byte, error)) {
	for {
		if !l.begin(p) {
			select {
			case <-ctx.Done():
				return
			case <-p.wake:
			}
			continue
		}
		began := time.Now()
		limited, stop := context.WithTimeout(ctx, liveBeat)
		message, err := l.guarded(limited, build)
		stop()
		if err == nil {
			l.finish(p, message)
		}
		took := time.Since(began)
		next := time.NewTimer(min(max(livePoll-took, (liveShare-1)*took), liveBeat))
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-next.C:
		}
	}
}

// guarded calls build. A panic is an error like any other: it is within nobody's request, and would end the process.
func (l *live) guarded(ctx context.Context, build func(context.Context) ([]byte, error)) (message []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("panic", "in", "a live page", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return build(ctx)
}

// begin notes for whom the part is made now, and reports whether there is anybody.
func (l *live) begin(p *livePart) (anybody bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for v := range p.viewers {
		anybody = anybody || v.reads
		v.fresh = true
	}
	return anybody
}

// finish gives a part that was made to those who have not seen it.
func (l *live) finish(p *livePart, message []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.asOf = time.Now()
	if !bytes.Equal(message, p.latest.message) {
		p.latest = made{message, p.asOf, p.latest.number + 1}
	}
	for v := range p.viewers {
		if v.known = v.known || v.fresh; v.known && v.reads && v.given != p.latest.number {
			v.give()
		}
	}
}

// stream sends a part of a page by server-sent events: first as it is, then each time it is another. The part must be the same
// for all who have the same key: the role and the address's query belong into it. It ends with the session of whoever reads it,
// and with what it shows.
func (s *server) stream(w http.ResponseWriter, v *visit, name, part string, data func(context.Context) (any, error)) error {
	key := fmt.Sprint(v.URL.Path, "?", v.URL.RawQuery, " ", v.organization.ID, " ", v.session.Role, " ", v.session.SeesOne())
	viewer := s.live.watch(key, func(ctx context.Context) ([]byte, error) {
		shown, err := data(ctx)
		if errors.Is(err, hub.ErrNotFound) {
			return s.lastEvent(v, name, "gone")
		}
		if err != nil {
			if !errors.Is(err, context.Canceled) { // which only says that nobody looks any more
				s.Logger.Warn("a live page could not be made; it is tried again", "path", v.URL.Path, "error", err)
			}
			return nil, err
		}
		var b bytes.Buffer
		if err = pages()[name].ExecuteTemplate(&b, part, shown); err != nil {
			return nil, err
		}
		if ends, ok := shown.(interface{ Over() bool }); ok && ends.Over() {
			return append(event(b.Bytes()), overEvent...), nil
		}
		return event(b.Bytes()), nil
	})
	defer viewer.leave()
	cookie, err := v.Cookie(s.cookieName(v.Request))
	if err != nil {
		return err // it was there when the person was admitted
	}
	session, _ := hub.ConsoleSessionHash(cookie.Value)
	defer s.guard.watch(session)()
	events := openEvents(w)
	defer events.close()
	over, beat, check := time.NewTimer(liveMost), time.NewTicker(liveBeat), time.NewTicker(liveCheck)
	defer over.Stop()
	defer beat.Stop()
	defer check.Stop()
	for message := []byte(": hello\n\n"); ; {
		if message != nil {
			viewer.busy()
			if events.send(message) != nil {
				return nil // the browser is gone
			}
			viewer.ready()
		}
		message = nil
		var since time.Time
		select {
		case <-v.Context().Done():
			return nil
		case <-s.Done:
			return nil
		case <-over.C:
			return nil
		case <-beat.C:
			message = []byte(": still here\n\n")
			if viewer.current() {
				message = []byte("event: beat\ndata: \n\n") // by which the page knows that what it shows is so still
			}
		case <-check.C:
		case change := <-viewer.changes:
			message, since = change.message, change.at // who had been signed out by then does not see it
		}
		if since.IsZero() {
			since = time.Now().Add(-liveCheck / 2) // nothing is told: what was asked for another stream is good enough
		}
		lives, err := s.guard.lives(v.Context(), session, since)
		if err != nil {
			return nil // it cannot be told who reads; the browser asks again
		}
		if !lives {
			if last, err := s.lastEvent(v, name, "over"); err == nil {
				_ = events.send(last) // the browser is gone, or it is written
			}
			return nil
		}
	}
}

// lastEvent puts in place of a live part why it ends, by a template, and tells the browser not to ask for it again.
func (s *server) lastEvent(v *visit, name, why string) ([]byte, error) {
	var b bytes.Buffer
	shown := s.page(v, "")
	if err := pages()[name].ExecuteTemplate(&b, why, &shown); err != nil {
		s.Logger.Error("a live page could not be told why it ends", "why", why, "error", err)
		return nil, err
	}
	return append(event(b.Bytes()), overEvent...), nil
}

// overEvent tells the browser that nothing more comes, and that it is not to ask for it again. A part whose data have a method Over that
// is true is the last one.
const overEvent = "event: over\ndata: \n\n"

// event is a part as a server-sent event.
func event(part []byte) []byte {
	var b bytes.Buffer
	for line := range strings.SplitSeq(strings.TrimSpace(string(part)), "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteString("\n")
	return b.Bytes()
}
