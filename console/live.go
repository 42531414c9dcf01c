package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
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
	// liveBeat is how often something is sent where nothing changes, so that who is gone is noticed.
	liveBeat = 15 * time.Second
	// liveCheck is how often a stream looks whether whoever reads it is signed in still, beside each time that it sends something.
	liveCheck = 2 * time.Second
)

// live makes what pages show live: each of the parts once a second, however many look at it, and not at all when nobody
// does.
type live struct {
	mu    sync.Mutex
	parts map[string]*livePart
}

// livePart is something that several people look at.
type livePart struct {
	viewers map[chan made]bool
	latest  made
	stop    context.CancelFunc
}

// made is how a part is, and when it had become so.
type made struct {
	text []byte
	at   time.Time
}

// watch returns where the part with the key comes each time it is another, made by build, and what ends that. What a viewer
// does not take in time is replaced by what is newer: nobody waits for them.
func (l *live) watch(key string, build func(context.Context) ([]byte, error)) (<-chan made, func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.parts[key]
	if p == nil {
		ctx, stop := context.WithCancel(context.Background())
		p = &livePart{viewers: map[chan made]bool{}, stop: stop}
		if l.parts == nil {
			l.parts = map[string]*livePart{}
		}
		l.parts[key] = p
		go l.run(ctx, p, build)
	}
	viewer := make(chan made, 1)
	p.viewers[viewer] = true
	if p.latest.text != nil {
		viewer <- p.latest
	}
	return viewer, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if delete(p.viewers, viewer); len(p.viewers) == 0 && l.parts[key] == p {
			delete(l.parts, key)
			p.stop()
		}
	}
}

// run makes the part until nobody looks at it. What cannot be made now is left as it was.
func (l *live) run(ctx context.Context, p *livePart, build func(context.Context) ([]byte, error)) {
	for {
		began := time.Now()
		text, err := build(ctx)
		l.mu.Lock()
		if err == nil && !bytes.Equal(text, p.latest.text) {
			p.latest = made{text, time.Now()}
			for viewer := range p.viewers {
				select {
				case <-viewer:
				default:
				}
				viewer <- p.latest
			}
		}
		l.mu.Unlock()
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

// stream sends a part of a page by server-sent events, each time it is another. The part must be the same for all who have
// the same key: the role and the address's query belong into it. It ends with the session of whoever reads it.
func (s *server) stream(w http.ResponseWriter, v *visit, name, part string, data func(context.Context) (any, error)) error {
	key := fmt.Sprint(v.URL.Path, "?", v.URL.RawQuery, " ", v.organization.ID, " ", v.session.Role, " ", v.session.SeesOne())
	changes, end := s.live.watch(key, func(ctx context.Context) ([]byte, error) {
		shown, err := data(ctx)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = pages()[name].ExecuteTemplate(&b, part, shown)
		return b.Bytes(), err
	})
	defer end()
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
		if message != nil && events.send(message) != nil {
			return nil // the browser is gone
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
			message = []byte("event: beat\ndata: \n\n") // by which the page knows that what it shows is so still
		case <-check.C:
		case change := <-changes:
			message, since = event(change.text), change.at // who had been signed out by then does not see it
		}
		if since.IsZero() {
			since = time.Now().Add(-liveCheck / 2) // nothing is told: what was asked for another stream is good enough
		}
		lives, err := s.guard.lives(v.Context(), session, since)
		if err != nil {
			return nil // it cannot be told who reads; the browser asks again
		}
		if !lives {
			s.sayOver(events, v, name)
			return nil
		}
	}
}

// sayOver puts in place of a live part that the session is over, and tells the browser not to ask for it again.
func (s *server) sayOver(events eventStream, v *visit, name string) {
	var b bytes.Buffer
	shown := s.page(v, "")
	if err := pages()[name].ExecuteTemplate(&b, "over", &shown); err != nil {
		s.Logger.Error("a live page could not be told that its session is over", "error", err)
		return
	}
	_ = events.send(append(event(b.Bytes()), "event: over\ndata: \n\n"...)) // the browser is gone, or it is written
}

// event is a part as a server-sent event.
func event(part []byte) []byte {
	var b bytes.Buffer
	for line := range strings.SplitSeq(strings.TrimSpace(string(part)), "\n") {
		b.WriteString("data: " + line + "\n")
	}
	b.WriteString("\n")
	return b.Bytes()
}
