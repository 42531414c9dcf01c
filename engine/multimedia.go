package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// mediaWorkers is how many recordings that were made elsewhere a node fetches at the same time, besides those that wait for bytes.
	mediaWorkers = 2
	// mediaTimeout is how long one may take to come, all in all; it is shorter than a job may be.
	mediaTimeout = 8 * time.Minute
	// mediaRedirects is how many times a server may point elsewhere. Each address is held to the rules.
	mediaRedirects = 5
)

// newMediaClient returns what fetches recordings, under the address rules of all requests.
func newMediaClient(vendors http.RoundTripper) *http.Client {
	return &http.Client{Transport: vendors, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > mediaRedirects {
			return errors.New("it points elsewhere again and again")
		}
		r.Header.Del("Referer") // the address before may be signed
		return nil
	}}
}

// fetchMedia is one attempt to fetch a recording that was made elsewhere, and to make a recording of it.
func (e *Engine) fetchMedia(ctx context.Context, task store.Task) (next time.Time, err error) {
	event, err := e.Store.MultimediaEvent(ctx, task.OrganizationID, task.ObjectID)
	if errors.Is(err, hub.ErrNotFound) || err == nil && event.Status != hub.MultimediaPending {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	if event.DueAt.After(e.Clock()) {
		return event.DueAt, nil
	}
	trouble, err := e.tryMedia(ctx, task, event)
	if err != nil || trouble == nil {
		return time.Time{}, err
	}
	if ctx.Err() != nil { // it was stopped, which says nothing of the server
		return e.Clock(), nil //nolint:nilerr // it is tried again
	}
	wait, again := event.NextAttempt(event.Attempts + 1)
	if again && !trouble.final {
		next = e.Clock().Add(wait)
	}
	return next, e.Store.FailMultimedia(ctx, task, event, hub.Storable(trouble.reason), next)
}

// mediaTrouble is why a recording could not be had, in a sentence; final where another attempt is no use.
type mediaTrouble struct {
	reason string
	final  bool
}

// tryMedia fetches the audio into the place that an upload has, and makes the recording. Its error is one of ours.
func (e *Engine) tryMedia(ctx context.Context, task store.Task, event hub.MultimediaEvent) (*mediaTrouble, error) {
	if e.Audio == nil {
		return &mediaTrouble{reason: "This server keeps no audio."}, nil
	}
	noRep := &mediaTrouble{reason: "No user has its externalUserId or its e-mail address, nor is one matched to a CRM user of that id."}
	if _, err := e.Store.RepOf(ctx, event); errors.Is(err, store.ErrNoRep) { // before anything is fetched for nothing
		return noRep, nil
	} else if err != nil {
		return nil, err
	}
	blob, trouble, err := e.takeMedia(ctx, event)
	if trouble != nil || err != nil {
		return trouble, err
	}
	err = e.Store.FinishMultimedia(ctx, task, event, blob)
	if errors.Is(err, store.ErrNoRep) {
		return noRep, nil
	}
	return nil, err
}

// takeMedia fetches the audio, streamed, and returns under which key it is. Where no recording comes of it, it is removed
// as every upload is that nobody takes over.
func (e *Engine) takeMedia(ctx context.Context, event hub.MultimediaEvent) (blob string, trouble *mediaTrouble, err error) {
	fetching, cancel := context.WithTimeout(ctx, mediaTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(fetching, http.MethodGet, event.DownloadURL, http.NoBody)
	if err != nil {
		return "", &mediaTrouble{"Its downloadUrl cannot be asked.", true}, nil
	}
	req.Header.Set("Accept", event.FileType+", audio/*;q=0.9, */*;q=0.1")
	ended := slotOf(ctx).call()
	resp, err := e.media.Do(req)
	ended()
	if err != nil {
		return "", askTrouble(req.URL.Hostname(), err), nil
	}
	defer func() { _ = resp.Body.Close() }()
	host := resp.Request.URL.Hostname()
	switch wrong := hub.AudioAnswer(resp.Header.Get("Content-Type")); {
	case resp.StatusCode != http.StatusOK:
		return "", &mediaTrouble{reason: fmt.Sprintf("%s answered %d %s.", host, resp.StatusCode, http.StatusText(resp.StatusCode))}, nil
	case wrong != "":
		return "", &mediaTrouble{reason: host + ": " + wrong}, nil
	case resp.ContentLength == 0:
		return "", &mediaTrouble{reason: host + " answered with no audio."}, nil
	}
	defer slotOf(ctx).call()()
	coming := &watched{Reader: resp.Body}
	all := false // is here
	brokeOff := func(err error) (string, *mediaTrouble, error) {
		if coming.broke || !all && fetching.Err() != nil {
			return "", &mediaTrouble{reason: host + " broke off before all of the audio was there."}, nil //nolint:nilerr // it is the host's
		}
		if fetching.Err() != nil && ctx.Err() == nil {
			return "", &mediaTrouble{reason: "This server could not keep its audio in time."}, nil
		}
		return "", nil, err // where it is put
	}
	body, size := io.Reader(coming), resp.ContentLength
	if size < 0 { // it does not say how long it is, and the place wants to know
		spooled, n, err := spool(coming)
		if err != nil {
			return brokeOff(err)
		}
		defer func() { _ = spooled.Close(); _ = os.Remove(spooled.Name()) }()
		body, size, all = spooled, n, true
	}
	if size > hub.AudioMost || size == 0 {
		return "", &mediaTrouble{fmt.Sprintf("%s has %d bytes; a recording has from 1 to %d.", host, size, int64(hub.AudioMost)), true}, nil
	}
	upload, err := e.Store.CreateUpload(ctx, event.OrganizationID, event.FileType, size)
	if isQuota(err) {
		return "", &mediaTrouble{reason: err.Error()}, nil
	}
	if err != nil {
		return "", nil, err
	}
	if err := e.Audio.Put(fetching, upload.Blob, upload.FileType, size, body); err != nil {
		return brokeOff(err)
	}
	_, err = e.Store.StoreUpload(ctx, event.OrganizationID, upload.Blob, size)
	return upload.Blob, nil, err
}

// askTrouble says why a host could not be asked.
func askTrouble(host string, err error) *mediaTrouble {
	if refused, ok := errors.AsType[*connector.Error](err); ok {
		return &mediaTrouble{"It is not fetched: " + refused.Message + ".", true}
	}
	return &mediaTrouble{reason: host + ": " + describeFailure(err)}
}

// spool keeps a body in a file until its length is known.
func spool(body io.Reader) (*os.File, int64, error) {
	f, err := os.CreateTemp("", "sirocco-audio-")
	if err != nil {
		return nil, 0, err
	}
	n, err := io.Copy(f, io.LimitReader(body, hub.AudioMost+1))
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return nil, 0, err
	}
	return f, n, nil
}

// watched notes whether a body broke off.
type watched struct {
	io.Reader
	broke bool
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.broke = w.broke || err != nil && !errors.Is(err, io.EOF)
	return n, err
}
