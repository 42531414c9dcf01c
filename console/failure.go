package console

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
)

// tooManyError says that an address has to wait before it tries to sign in, or to be known, again.
type tooManyError struct{ wait time.Duration }

func (e *tooManyError) Error() string {
	return fmt.Sprintf("Too many attempts came from your address. Try again in %d s.", int(math.Ceil(e.wait.Seconds())))
}

func isMissing(err error) bool { return errors.Is(err, hub.ErrNotFound) }

// failurePage says what was not done, and why.
type failurePage struct {
	page

	Status   int
	Sentence string
	// Back is the page that it was asked from; empty where that is not known.
	Back string
}

// issuesSaid is all that is wrong with what was given, in sentences for people.
func issuesSaid(e *hub.InvalidError) string {
	var all []string
	for _, issue := range e.Issues {
		all = append(all, label(issue.Field)+": it "+issue.Problem+"; expected "+issue.Want+".")
	}
	return strings.Join(all, " ")
}

// wrongField is what is wrong with the one field that a form has, in a sentence for people; empty where it is not a field.
func wrongField(err error) string {
	invalid, ok := errors.AsType[*hub.InvalidError](err)
	if !ok || len(invalid.Issues) == 0 {
		return ""
	}
	return "It " + invalid.Issues[0].Problem + "; expected " + invalid.Issues[0].Want + "."
}

// cameFrom is the page of the console that a form was sent from, as the browser tells it.
func (s *server) cameFrom(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || r.Method != http.MethodPost && from.RequestURI() == r.RequestURI || from.Host != r.Host || from.Path != s.base && !strings.HasPrefix(from.Path, s.base+"/") {
		return ""
	}
	back := url.URL{Path: from.Path, RawQuery: from.Query().Encode()}
	return back.String()
}

// fail answers with why something was not done. It is the one place that knows which status an error has.
func (s *server) fail(w http.ResponseWriter, v *visit, err error) {
	status, title, sentence := http.StatusInternalServerError, "Something went wrong", "Something went wrong on the server; its log has the details."
	switch {
	case errors.Is(err, errSignedOut):
		s.askToSignIn(w, v)
		return
	case errors.Is(err, errNoOrganization):
		http.Redirect(w, v.Request, s.base+"/", http.StatusSeeOther)
		return
	case errors.Is(err, hub.ErrNotFound):
		status, title, sentence = http.StatusNotFound, "Not found", "There is no such thing here. It may have been deleted, or be another organization's."
	case errors.Is(err, hub.ErrStale):
		status, title, sentence = http.StatusPreconditionFailed, "Changed meanwhile", "Somebody changed this since you looked at it, so nothing was done. Look at it again, then decide."
	case errors.Is(err, hub.ErrDisabled):
		status, title, sentence = http.StatusConflict, "The organization is disabled", "The organization is disabled: enable it first."
	case errors.Is(err, hub.ErrPaused):
		status, title, sentence = http.StatusConflict, "The connection is paused", "The connection is paused: resume it first."
	}
	if known, ok := errors.AsType[*tooManyError](err); ok {
		status, title, sentence = http.StatusTooManyRequests, "Too many attempts", known.Error()
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(known.wait.Seconds()))))
	}
	if known, ok := errors.AsType[*hub.ForbiddenError](err); ok {
		status, title, sentence = http.StatusForbidden, "Not allowed", known.Error()
	}
	if known, ok := errors.AsType[*hub.ConflictError](err); ok {
		status, title, sentence = http.StatusConflict, "This cannot be done now", known.Error()
	}
	if known, ok := errors.AsType[*hub.InvalidError](err); ok {
		status, title, sentence = http.StatusUnprocessableEntity, "Something is not right", issuesSaid(known)
	}
	if known, ok := errors.AsType[*hub.UnavailableError](err); ok {
		status, title, sentence = http.StatusServiceUnavailable, "Not now", known.Error()
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(known.RetryAfter.Seconds()))))
	}
	if status == http.StatusInternalServerError && v.Context().Err() == nil {
		s.Logger.Error("the console could not answer", "method", v.Method, "path", v.URL.Path, "error", err)
	}
	shown := &failurePage{page: s.page(v, title), Status: status, Sentence: sentence, Back: s.cameFrom(v.Request)}
	if err := s.render(w, v, status, "failure", shown); err != nil {
		http.Error(w, sentence, status)
	}
}

// askToSignIn leads to the page where one signs in, and from there back to the page that was asked for.
func (s *server) askToSignIn(w http.ResponseWriter, v *visit) {
	path := "/sign-in"
	if strings.HasSuffix(v.URL.Path, "/live") { // nobody looks at what comes: the page itself leads there
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if v.Method == http.MethodGet && v.URL.Path != "/" {
		next := v.URL.Path
		if v.URL.RawQuery != "" {
			next += "?" + v.URL.RawQuery
		}
		http.Redirect(w, v.Request, s.href(v, path, "next", next), http.StatusSeeOther)
		return
	}
	http.Redirect(w, v.Request, s.base+path, http.StatusSeeOther)
}

// refuseForeign answers a change that another site asked a browser for.
func (s *server) refuseForeign(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r}
	if session, err := s.sessionOf(r, false); err == nil && session != nil {
		v.session = session
		if s.chooseOrganization(v) != nil { // the page has its menu without it
			v.organization = hub.Organization{}
		}
	}
	s.fail(w, v, hub.Forbidden("Another site asked for this, so it was not done. Open the page here, and do it from there."))
}

func (s *server) showNowhere(http.ResponseWriter, *visit) error { return hub.ErrNotFound }
