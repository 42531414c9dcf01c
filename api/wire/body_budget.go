package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/sync/semaphore"

	"sirocco/hub"
)

const (
	// bodyStall is how long a body may stand still while it arrives.
	bodyStall = 10 * time.Second
	// bodyRate is how many bytes of a body come a second at least, after the first bodyStall.
	bodyRate = 8 << 10
	// answerWithin is how long the answer may take once the body is there.
	answerWithin = time.Minute
	// bodiesMost is how many bytes of bodies this node holds at the same time, bodiesShare those of one organization.
	bodiesMost  = 96 << 20
	bodiesShare = 32 << 20
	// largeBody is from where bodies wait for their turn to be read, of which largeMost bytes are read at a time.
	largeBody = 1<<20 + 1
	largeMost = 24 << 20
	largeWait = 30 * time.Second
)

// bodyBudget bounds what the bodies of requests take on this node while they arrive and while they are worked on.
type bodyBudget struct {
	mu   sync.Mutex
	held map[string]int // by organization; "" is the sum
	// large is what bodies that are large wait for before they are read: reading takes a multiple of what was sent.
	large *semaphore.Weighted
}

func newBodyBudget() *bodyBudget {
	return &bodyBudget{held: map[string]int{}, large: semaphore.NewWeighted(largeMost)}
}

// take holds n more bytes for the organization, or reports that there is no room.
func (a *bodyBudget) take(organization string, n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held[""]+n > bodiesMost || a.held[organization]+n > bodiesShare {
		return false
	}
	a.held[""] += n
	a.held[organization] += n
	return true
}

func (a *bodyBudget) give(organization string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held[""] -= n
	if a.held[organization] -= n; a.held[organization] <= 0 {
		delete(a.held, organization)
	}
}

// errNoRoom says that bodies of others fill the room there is.
var errNoRoom = &hub.UnavailableError{Who: "room for bodies", Reason: "too many large bodies arrive at the same time", RetryAfter: 2 * time.Second}

// receive reads a body of at most bytes. It may take as long as it takes while it keeps arriving. What it holds
// of the room is given back by release.
func (a *bodyBudget) receive(w http.ResponseWriter, hr *http.Request, organization string, most int64) (body []byte, release func(), err error) {
	held := 0
	release = func() { a.give(organization, held) }
	control := http.NewResponseController(w)
	began := time.Now()
	var b bytes.Buffer
	b.Grow(int(min(max(hr.ContentLength, 0), 32<<10)) + bytes.MinRead) // all that most bodies take
	for {
		until := time.Now().Add(bodyStall)
		if slowest := began.Add(bodyStall + time.Duration(b.Len())*time.Second/bodyRate); slowest.Before(until) {
			until = slowest
		}
		_ = control.SetReadDeadline(until) // a connection of a test may have none
		b.Grow(bytes.MinRead)
		piece := b.AvailableBuffer()
		n, err := hr.Body.Read(piece[:cap(piece)])
		if int64(b.Len()+n) > most {
			return nil, release, errTooLarge
		}
		if n > 0 {
			if !a.take(organization, n) {
				return nil, release, errNoRoom
			}
			held += n
			b.Write(piece[:n])
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, release, err
		}
	}
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Now().Add(answerWithin))
	return b.Bytes(), release, nil
}

// Receive reads a whole body of at most so many bytes of a request that is no operation. It arrives as those of operations do:
// slowly, as long as it keeps arriving, and within the room that there is, of which whose is whom it counts for. Where that
// cannot be it answers itself, and reports false. What the body holds of the room is given back by release.
func (a *API) Receive(w http.ResponseWriter, hr *http.Request, whose string, most int64) (body []byte, release func(), ok bool) {
	body, release, err := a.bodies.receive(w, hr, whose, most)
	if err == nil {
		return body, release, true
	}
	release()
	w.Header().Set("Connection", "close") // what may still come of it is no request
	if errors.Is(err, errTooLarge) {
		WriteError(w, refusal(http.StatusRequestEntityTooLarge, "The body is too large: send less at a time."))
	} else {
		WriteError(w, arrivalError(RequestOf(hr.Context()), err))
	}
	return nil, nil, false
}

var errTooLarge = errors.New("the body is too large")

// receiving is the middleware of operations with a body: it lets the body arrive, and holds it against its schema
// before anything is made of it.
func (a *API) receiving(schema func() *huma.Schema, exact bool) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		hr, w := humago.Unwrap(ctx)
		r := RequestOf(ctx.Context())
		if e := unreadableMedia(hr); e != nil {
			WriteError(w, e)
			return
		}
		most := ctx.Operation().MaxBodyBytes - 1
		body, release, err := a.bodies.receive(w, hr, r.Token.OrganizationID+r.User.OrganizationID, most)
		defer release()
		if err != nil {
			a.failBody(ctx, w, err)
			return
		}
		body = bytes.TrimPrefix(body, []byte("\ufeff"))
		if len(body) >= largeBody {
			waiting, cancel := context.WithTimeout(hr.Context(), largeWait)
			err := a.bodies.large.Acquire(waiting, int64(len(body)))
			cancel()
			if err != nil {
				a.failBody(ctx, w, errNoRoom)
				return
			}
			defer a.bodies.large.Release(int64(len(body)))
		}
		if len(body) > 0 {
			wrong, err := validateBody(a.huma.OpenAPI().Components.Schemas, schema(), body, exact)
			if err != nil {
				wrong = []error{&huma.ErrorDetail{Location: "body", Message: bodyError(err).Error(), Value: ""}}
			}
			if len(wrong) > 0 {
				WriteError(w, bindingError(ctx, http.StatusUnprocessableEntity, "", wrong...))
				return
			}
		}
		if r.call != nil {
			r.call.Body = body
		}
		hr.Body = io.NopCloser(bytes.NewReader(body))
		hr.Header.Set("Content-Type", "application/json")
		next(ctx)
	}
}

// plainNumber is a number as JSON writes it; strconv reads much else, NaN among it.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// plainNumbers is the middleware that refuses parameters of type number that are none.
func plainNumbers(ctx huma.Context, next func(huma.Context)) {
	for _, p := range ctx.Operation().Parameters {
		if p.In != "query" || p.Schema == nil || p.Schema.Type != huma.TypeNumber {
			continue
		}
		u := ctx.URL()
		for _, value := range u.Query()[p.Name] {
			if value != "" && !plainNumber.MatchString(value) {
				_, w := humago.Unwrap(ctx)
				WriteError(w, bindingError(ctx, http.StatusUnprocessableEntity, "", &huma.ErrorDetail{Location: "query." + p.Name, Message: "invalid float", Value: value}))
				return
			}
		}
	}
	next(ctx)
}

// singleValues is the middleware that refuses parameters that are one thing and were sent as several: one of them would count
// and the others not, without a word.
func singleValues(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	sent := u.Query()
	for _, p := range ctx.Operation().Parameters {
		values := sent[p.Name]
		if p.In != "query" || p.Schema == nil || p.Schema.Type == "" || p.Schema.Type == huma.TypeArray || len(values) < 2 {
			continue
		}
		for _, value := range values[1:] {
			if value != values[0] {
				_, w := humago.Unwrap(ctx)
				WriteError(w, bindingError(ctx, http.StatusUnprocessableEntity, "", &huma.ErrorDetail{Location: "query." + p.Name, Message: severalValues}))
				return
			}
		}
	}
	next(ctx)
}

const severalValues = atField + "was sent more than once, with different values; expected one"

// unreadableMedia refuses what is not JSON as it was written.
func unreadableMedia(hr *http.Request) huma.StatusError {
	sent := hr.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(sent)
	if sent != "" && (err != nil || media != "application/json" && !strings.HasSuffix(media, "+json")) {
		return refusal(http.StatusUnsupportedMediaType, fmt.Sprintf("The body has the media type %s; expected application/json.", hub.Quoted(sent)))
	}
	if coding := hr.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return refusal(http.StatusUnsupportedMediaType, fmt.Sprintf("The body has the Content-Encoding %s; send it as it is.", hub.Quoted(coding)))
	}
	return nil
}

// failBody answers a request whose body did not come whole.
func (a *API) failBody(ctx huma.Context, w http.ResponseWriter, err error) {
	w.Header().Set("Connection", "close") // what may still come of it is no request
	if errors.Is(err, errTooLarge) {
		WriteError(w, bindingError(ctx, http.StatusRequestEntityTooLarge, ""))
		return
	}
	WriteError(w, arrivalError(RequestOf(ctx.Context()), err))
}

// arrivalError says why a body that may be as large as it is did not come whole.
func arrivalError(r *Request, err error) huma.StatusError {
	switch {
	case isTimeout(err):
		return refusal(http.StatusRequestTimeout, fmt.Sprintf("The body stood still for %d seconds, or came more slowly than %d bytes a second.", int(bodyStall.Seconds()), bodyRate))
	case errors.Is(err, errNoRoom):
		return unavailableAnswer(errNoRoom)
	}
	r.Log.Info("a body broke off", "error", err)
	return refusal(http.StatusBadRequest, "The body broke off, or its chunks cannot be read.")
}

func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}
