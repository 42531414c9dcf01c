package console

import (
	"io"
	"net/http"
	"path"
	"time"

	"sirocco/hub"
)

// Audio is a recording's audio, to be read from wherever it is asked to.
type Audio interface {
	io.ReadSeekCloser

	ModTime() time.Time
}

// serveAudio answers with a recording's audio, or a range of it, to whom it is open.
func (s *server) serveAudio(w http.ResponseWriter, v *visit) error {
	r, err := s.Store.RecordingHead(v.Context(), v.organization.ID, v.PathValue("recording"))
	if err != nil {
		return err
	}
	open, err := s.mayHear(v, r.ID)
	if err != nil {
		return err
	}
	if !open {
		if v.session.MayOpenRecordings() {
			return hub.Forbidden("The audio is not open to you. Open it on the recording's page first; the audit log notes that.")
		}
		return hub.Forbidden("Words and audio are for people who may see the recording.")
	}
	if s.Audio == nil || r.Blob == "" || !r.PurgedAt.IsZero() {
		return hub.ErrNotFound
	}
	content, err := s.Audio(v.Context(), r.Blob)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	h := w.Header()
	h.Set("Content-Type", r.FileType)
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+path.Base(r.Blob)+`"`) // audio never changes
	http.ServeContent(&patientWriter{ResponseWriter: w, control: http.NewResponseController(w)}, v.Request, "", content.ModTime(), content)
	return nil
}

// audioStall is how long a transfer of audio may stand still.
const audioStall = time.Minute

// patientWriter writes an answer for as long as something is taken, beyond the server's time for an answer.
type patientWriter struct {
	http.ResponseWriter

	control *http.ResponseController
}

func (w *patientWriter) Write(b []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(audioStall)) // deadlines are the machine's
	return w.ResponseWriter.Write(b)
}
