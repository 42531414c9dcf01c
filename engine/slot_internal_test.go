package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sirocco/store"
)

// TestWhatIsNoJobHasNoSlot does all that a job tells its slot where there is no job.
func TestWhatIsNoJobHasNoSlot(t *testing.T) {
	none := slotOf(t.Context())
	none.call()()
	none.rest()()
	none.asked(t.Context(), "crm.example", os.ErrDeadlineExceeded)
	if reach := none.reached(); reach != (store.Reach{}) {
		t.Errorf("it has learned %+v", reach)
	}
}

// TestAnAnswerThatIsCutOffIsNone reads answers to their end, and answers whose rest does not come: the job has learned of the latter that the host
// did not answer, in time or at all; the end of an answer says no more than its beginning. Each counts what came.
func TestAnAnswerThatIsCutOffIsNone(t *testing.T) {
	const host = "crm.example"
	before := store.Reach{Host: "another.example"} // of a request before
	for name, test := range map[string]struct {
		rest error
		want store.Reach
	}{
		"to its end":                 {io.EOF, before},
		"its rest does not come":     {errors.New("the connection was reset"), store.Reach{Host: host}},
		"its rest takes too long":    {os.ErrDeadlineExceeded, store.Reach{Host: host, TimedOut: true}},
		"the request takes too long": {context.DeadlineExceeded, store.Reach{Host: host, TimedOut: true}},
	} {
		s := newLanes(1, time.Second).begin("o", "c", 1)
		s.reach = before
		request, err := http.NewRequestWithContext(withSlot(t.Context(), s), http.MethodGet, "https://"+host+"/x", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		tr, ended := &transport{}, 0
		body := &countedBody{ReadCloser: io.NopCloser(io.MultiReader(strings.NewReader("half"), iotest.ErrReader(test.rest))), bytes: &tr.bytes, request: request, ended: func() { ended++ }}
		if _, err := io.ReadAll(body); err != nil && !errors.Is(err, test.rest) || err == nil && !errors.Is(test.rest, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
		if err := body.Close(); err != nil || ended != 1 || tr.bytes.Load() != 4 || s.reached() != test.want {
			t.Errorf("%s: after %d bytes it has learned %+v, not %+v; ended %d times, %v", name, tr.bytes.Load(), s.reached(), test.want, ended, err)
		}
	}
}
