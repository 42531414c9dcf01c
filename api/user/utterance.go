package user

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"strconv"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Transcript is a page of what was said, and by whom.
type Transcript struct {
	_             struct{}          `json:"-" additionalProperties:"false"`
	Utterances    []view.Utterance  `json:"utterances" nullable:"false"`
	IsLowDataMode bool              `json:"isLowDataMode"`
	SpeakerMap    map[string]string `json:"speakerMap"`
}

// TranscriptPage is one page of a transcript, which is read while it is written: an hour of talk is never whole in memory.
type TranscriptPage struct {
	store     *store.Store
	recording *hub.Recording
	// from is the position of the first utterance, size how many the page has at most.
	from int64
	size int
	page int64
}

// transcriptPageFields is how a page is documented.
type transcriptPageFields struct {
	Data     Transcript `json:"data"`
	PageSize *float64   `json:"pageSize"`
	Cursor   *float64   `json:"cursor" doc:"The number of the next page; null on the last."`
}

// Schema implements huma.SchemaProvider.
func (TranscriptPage) Schema(r wire.Schemas) *wire.Schema {
	return r.Schema(reflect.TypeFor[transcriptPageFields](), true, "TranscriptPage")
}

// UtterancesAnswer is one page of a transcript.
type UtterancesAnswer struct {
	Body TranscriptPage
}

// The most utterances that a page has where the client does not say: more than any transcript.
const utterancesPage = 100_000

func (s *server) registerUtterances() {
	op := operation("listUtterances", http.MethodGet, "/{id}/utterances", "Get a recording's transcript")
	op.Description = "The whole transcript, unless pageSize asks for less of it."
	wire.RegisterUser(s.API, op, hub.ScopeRead, wire.ZodErrors(), s.listUtterances)
}

func (s *server) listUtterances(r *wire.Request, in *struct {
	RecordingPath
	Cursor   string `query:"cursor" doc:"The number of the page, the first of which is 1; that without it."`
	PageSize string `query:"pageSize" doc:"How many utterances the page has at most; 100000 without it."`
},
) (*UtterancesAnswer, error) {
	rec, err := s.recording(r, in.ID)
	if err != nil {
		return nil, err
	}
	var q wire.Query
	size, page := q.PageSize("pageSize", in.PageSize, utterancesPage, math.MaxInt32), int64(1)
	if in.Cursor != "" {
		if page, err = strconv.ParseInt(in.Cursor, 10, 32); err != nil || page < 1 {
			q.Wrong("cursor", "is "+hub.Quoted(in.Cursor), "the number of a page, from 1")
		}
	}
	if err := q.Err(); err != nil {
		return nil, err
	}
	return &UtterancesAnswer{Body: TranscriptPage{store: s.Store, recording: &rec, from: (page - 1) * int64(size), size: size, page: page}}, nil
}

// utteranceSlice is how many utterances are read at a time.
const utteranceSlice = 2000

// WriteJSON implements wire.Streamed.
func (p TranscriptPage) WriteJSON(ctx context.Context, w io.Writer) error {
	speakers := p.recording.Analysis.Speakers
	if speakers == nil {
		speakers = map[string]string{}
	}
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(`{"data":{"utterances":[`) // what cannot be written is told by Flush
	more, said := false, wire.Elements{W: out}
	for at := p.from; !more; at += utteranceSlice {
		// One more than is wanted tells whether there is another page.
		wanted := min(utteranceSlice, p.size-said.Written+1)
		found, err := p.store.Utterances(ctx, *p.recording, at, wanted)
		if err != nil {
			return err
		}
		for _, u := range found {
			if more = said.Written == p.size; more {
				break
			}
			if err := said.Write(showUtterance(u)); err != nil {
				return err
			}
		}
		if len(found) < wanted {
			break
		}
	}
	names, err := json.Marshal(speakers)
	if err != nil {
		return err
	}
	cursor := "null"
	if more {
		cursor = strconv.FormatInt(p.page+1, 10)
	}
	_, _ = fmt.Fprintf(out, `],"isLowDataMode":false,"speakerMap":%s},"pageSize":%d,"cursor":%s}`+"\n", names, p.size, cursor)
	return out.Flush()
}

func showUtterance(u hub.Utterance) view.Utterance {
	return view.Utterance{
		Utterance: u.Text, StartTimeInMillis: float64(u.Start), EndTimeInMillis: float64(u.End), SpeakerTag: u.Speaker, Redacted: u.Redacted, Confidence: u.Confidence,
	}
}
