package user

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"time"

	"sirocco/api/wire"
	"sirocco/audio"
	"sirocco/hub"
)

// Audio keeps the recordings' audio.
type Audio interface {
	Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	Read(ctx context.Context, key string) (*audio.Reader, error)
	Delete(ctx context.Context, key string) error
}

// stall is how long a transfer of audio may stand still. A transfer itself may take as long as it takes.
const stall = time.Minute

func (s *server) registerAudio() {
	s.HandleFunc("PUT "+audioPath+"{organization}/{id}", s.withGrant(http.MethodPut, s.putAudio))
	s.HandleFunc("GET "+audioPath+"{organization}/{id}", s.withGrant(http.MethodGet, s.getAudio))
}

// withGrant lets requests pass whose URL is signed and has not expired.
func (s *server) withGrant(method string, do func(http.ResponseWriter, *http.Request, grant)) http.HandlerFunc {
	return func(w http.ResponseWriter, hr *http.Request) {
		if s.Audio == nil {
			wire.Fail(w, hr, errNoAudio)
			return
		}
		g, ok, err := s.granted(hr.Context(), method, hr.URL)
		switch {
		case err != nil:
			wire.Fail(w, hr, err)
		case !ok:
			wire.WriteError(w, wire.Refusal(http.StatusForbidden, "The URL is not signed for this: use it as it was given, with "+method+"."))
		case !s.Clock().Before(g.Expires):
			wire.WriteError(w, wire.Refusal(http.StatusForbidden, "The URL expired at "+hub.WireTime(g.Expires)+": ask for a new one."))
		default:
			s.serveGranted(w, hr, g, do)
		}
	}
}

// serveGranted does what a URL is signed for, unless that ended since: with the recording, its user or its organization.
func (s *server) serveGranted(w http.ResponseWriter, hr *http.Request, g grant, do func(http.ResponseWriter, *http.Request, grant)) {
	if g.Method == http.MethodGet {
		may, err := s.Store.AudioFor(hr.Context(), path.Dir(g.Key), g.By, g.Key)
		if err == nil && !may {
			err = hub.NoSuch("audio")
		}
		if err != nil {
			wire.Fail(w, hr, err)
			return
		}
	}
	do(w, hr, g)
}

func (s *server) putAudio(w http.ResponseWriter, hr *http.Request, g grant) {
	organization := path.Dir(g.Key)
	upload, err := s.Store.Upload(hr.Context(), organization, g.Key)
	const (
		gone = "Nothing waits for this audio any more: its recording is made, or it came too late."
		here = "The audio is here already; ask for another URL to send other audio."
	)
	switch {
	case errors.Is(err, hub.ErrNotFound):
		wire.WriteError(w, wire.Refusal(http.StatusGone, gone))
		return
	case err != nil:
		wire.Fail(w, hr, err)
		return
	case !upload.StoredAt.IsZero():
		wire.WriteError(w, wire.Refusal(http.StatusConflict, here))
		return
	}
	if e := refuseAudio(hr, g); e != nil {
		wire.WriteError(w, e)
		return
	}
	size := g.Size
	if hr.ContentLength >= 0 {
		size = hr.ContentLength
	}
	err = s.Audio.Put(hr.Context(), g.Key, g.FileType, size, &rollingReader{body: hr.Body, control: http.NewResponseController(w)})
	there := errors.Is(err, audio.ErrExists)
	if err != nil && !there {
		s.failUpload(w, hr, err)
		return
	}
	if there { // it may be of a request whose end was never noted, so that goes on as if it were of this one
		if size, err = s.keptSize(hr.Context(), g.Key); err != nil {
			wire.Fail(w, hr, err)
			return
		}
	}
	first, err := s.Store.StoreUpload(hr.Context(), organization, g.Key, size)
	switch {
	case errors.Is(err, hub.ErrNotFound):
		if !there { // only this request's own: others' may be what a recording is made of
			err = s.Audio.Delete(hr.Context(), g.Key)
		}
		if err != nil && !errors.Is(err, hub.ErrNotFound) {
			wire.Fail(w, hr, err)
			return
		}
		wire.WriteError(w, wire.Refusal(http.StatusGone, gone))
	case err != nil:
		wire.Fail(w, hr, err)
	case there && !first:
		wire.WriteError(w, wire.Refusal(http.StatusConflict, here))
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// keptSize is how many bytes of audio are kept under a key; 0 where they are gone again.
func (s *server) keptSize(ctx context.Context, key string) (int64, error) {
	content, err := s.Audio.Read(ctx, key)
	if errors.Is(err, hub.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return content.Size(), content.Close()
}

// refuseAudio says what the head of an upload has against what was signed, or nil.
func refuseAudio(hr *http.Request, g grant) wire.StatusError {
	sent, _, _ := mime.ParseMediaType(hr.Header.Get("Content-Type"))
	signed, _, _ := mime.ParseMediaType(g.FileType)
	switch {
	case hr.Header.Get("Content-Encoding") != "" || hr.Header.Get("Content-Range") != "":
		return wire.Refusal(http.StatusUnsupportedMediaType, "The audio is sent whole and as it is: without Content-Encoding and Content-Range.")
	case sent != signed:
		return wire.Refusal(http.StatusForbidden, fmt.Sprintf("The URL is signed for the Content-Type %s; this is %q.", g.FileType, hr.Header.Get("Content-Type")))
	case hr.Header.Get(lengthRangeHeader) != lengthRange(g.Size):
		return wire.Refusal(http.StatusForbidden, fmt.Sprintf("The URL is signed for the header %s: %s; this has %q.", lengthRangeHeader, lengthRange(g.Size), hr.Header.Get(lengthRangeHeader)))
	case hr.ContentLength > g.Size:
		return wire.Refusal(http.StatusRequestEntityTooLarge, fmt.Sprintf("The URL is signed for %d bytes; this has %d.", g.Size, hr.ContentLength))
	}
	return nil
}

// failUpload answers an upload of which nothing was kept.
func (s *server) failUpload(w http.ResponseWriter, hr *http.Request, err error) {
	size, wrong := errors.AsType[*audio.SizeError](err)
	var broken *brokenError
	switch {
	case wrong && size.Got > size.Want:
		wire.WriteError(w, wire.Refusal(http.StatusRequestEntityTooLarge, fmt.Sprintf("The URL is signed for %d bytes; more came, and nothing was kept.", size.Want)))
	case wrong:
		wire.WriteError(w, wire.Refusal(http.StatusBadRequest, fmt.Sprintf("The URL is signed for %d bytes; %d came, and nothing was kept.", size.Want, size.Got)))
	case errors.As(err, &broken):
		wire.RequestOf(hr.Context()).Log.Info("an upload broke off", "error", err)
		wire.WriteError(w, wire.Refusal(http.StatusBadRequest, "The upload broke off, and nothing was kept: send it again."))
	default:
		wire.Fail(w, hr, err)
	}
}

func (s *server) getAudio(w http.ResponseWriter, hr *http.Request, g grant) {
	content, err := s.Audio.Read(hr.Context(), g.Key)
	if err != nil {
		wire.Fail(w, hr, hub.Missing("audio", err))
		return
	}
	defer func() { _ = content.Close() }()
	h := w.Header()
	h.Set("Content-Type", g.FileType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+path.Base(g.Key)+`"`) // audio never changes
	http.ServeContent(&rollingWriter{ResponseWriter: w, control: http.NewResponseController(w)}, hr, "", content.ModTime(), content)
}

// brokenError says that a body ended before its end.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return "the body broke off: " + e.err.Error() }

func (e *brokenError) Unwrap() error { return e.err }

// rollingReader reads a body for as long as something comes, beyond the server's time for a request.
type rollingReader struct {
	body    io.Reader
	control *http.ResponseController
}

func (r *rollingReader) Read(b []byte) (int, error) {
	at := time.Now().Add(stall) // deadlines are the machine's
	_ = errors.Join(r.control.SetReadDeadline(at), r.control.SetWriteDeadline(at.Add(stall)))
	n, err := r.body.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &brokenError{err}
	}
	return n, err
}

// rollingWriter writes an answer for as long as something is taken.
type rollingWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w *rollingWriter) Write(b []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(stall))
	return w.ResponseWriter.Write(b)
}
