package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// sentNote is a note that is in the CRM, and what is to be said of it.
type sentNote struct {
	store.WrittenNote
	// said is a sentence for people; empty where all is as it should be.
	said string
	// correct says how the note is corrected, as it does not say what is true now; empty where it does, or as the connection chose.
	correct hub.Corrections
}

// transcriptAttempts is how often a note is sent with its transcript to a CRM that keeps or drops it without a word: what
// is too long is like any note that is lost, so one that was absent each time goes without, and is cut short after as many more.
const transcriptAttempts = 2

// laterCorrections is how many corrections after its own a note is looked for as.
const laterCorrections = 8

// shortest is how many characters a note has at the least room: its marker, and some words. A note that is refused is made shorter up
// to shorterMost times.
const shortest, shorterMost = 100, 8

// put sees to it that the recording's note is on the target: one that is there already is the answer.
func (s *deliveryAttempt) put(ctx context.Context, c connector.Connector, r hub.Recording, target hub.RecordRef) (sentNote, error) {
	s.session.transport.beforeRequest = s.checkPending
	defer func() { s.session.transport.beforeRequest = nil }()
	text, transcript, said := hub.NewResultNote(&r, ""), s.conn.SyncTranscript, ""
	if transcript && c.Info().NotesReadBack && s.delivery.Attempts >= transcriptAttempts {
		transcript, said = false, "The CRM did not keep the note with the transcript, so it was written without."
	}
	n, err := s.note(ctx, r, text, target, c.Info(), transcript)
	if err != nil {
		return sentNote{}, err
	}
	if lost := s.delivery.Attempts - 2*transcriptAttempts; c.Info().NotesReadBack && lost >= 0 {
		if short := n.Fit(max(shortNote(c.Info())>>lost, shortest)); short.Body != n.Body {
			n, said = short, "The CRM did not keep the note as it was, so it was cut short."
		}
	}
	if sent, there, err := s.already(ctx, c, n, text, target); there || err != nil {
		return sent, err
	}
	if s.delivery.Correction > 0 {
		corrected, err := s.engine.Store.Corrected(ctx, s.delivery, target)
		if err != nil {
			return sentNote{}, err
		}
		if err := s.stands(ctx, c, corrected, target); err != nil {
			return sentNote{}, err
		}
		if len(corrected) > 0 && corrected[0].Note.Print == n.Print {
			return sentNote{}, &unneededError{store.DeliveryEnd{State: hub.DeliveryCanceled, Error: "There is nothing to correct any more: the note that stands says what is true now."}}
		}
	}
	sent, err := s.write(ctx, c, n, text, transcript)
	whole, long := n, n.Fit(shortNote(c.Info())).Body != n.Body
	for range shorterMost {
		if !refusesLength(err, long, s.delivery.Attempts) {
			break
		}
		// Better a note without the transcript than none, or one that is cut.
		if transcript {
			if whole, err = s.note(ctx, r, text, target, c.Info(), false); err != nil {
				return sentNote{}, err
			}
			n, transcript, said = whole, false, "The CRM refused the note with the transcript, so it was written without."
		} else {
			short := whole.Fit(shorterNote(err, n, c.Info()))
			if short.Body == n.Body {
				break
			}
			n, said = short, "The CRM refused the note as it was, so it was cut short."
		}
		sent, err = s.write(ctx, c, n, text, transcript)
	}
	if sent.Existed && said != "" {
		said = "The CRM refused the note, and has it all the same."
	}
	sent.said = said
	return sent, err
}

// shorterNote is how many characters a note has at most that was refused as it is: as many as the refusal names, or else a step fewer.
func shorterNote(refusal error, n connector.Note, info hub.PlatformInfo) int {
	length := hub.NoteLength(connector.NoteText(n))
	if e, ok := errors.AsType[*connector.Error](refusal); ok && e.Most > 0 && e.Most < length {
		return e.Most
	}
	if short := shortNote(info); short < length {
		return short
	}
	return max(length/2, shortest)
}

// shortNote is how many characters a note has at most that was first refused, or lost, as it is. Who counts the bytes of what it keeps, or escapes it
// as HTML, counts up to four where we count one.
func shortNote(info hub.PlatformInfo) int {
	if info.NoteMost > 0 {
		return max(info.NoteMost/4, shortest)
	}
	return 1000
}

// refusesLength reports whether a note is refused for its length, after some attempts: the CRM says so, or it does not say why, and the note
// is long. One that says when to come again is not asked before that, but for one that says so each time.
func refusesLength(err error, long bool, attempts int) bool {
	e, ok := errors.AsType[*connector.Error](err)
	if !ok || e.Kind != connector.Refused {
		return false
	}
	if e.RetryAfter > 0 {
		return e.TooLong && attempts >= transcriptAttempts
	}
	return e.TooLong || e.Unexplained && long
}

// note is the delivery's note, with or without the transcript.
func (s *deliveryAttempt) note(ctx context.Context, r hub.Recording, text hub.ResultNote, target hub.RecordRef, info hub.PlatformInfo, transcript bool) (connector.Note, error) {
	words := ""
	if transcript {
		var err error
		if words, err = s.transcript(ctx, r); err != nil {
			return connector.Note{}, err
		}
	}
	organization, err := s.engine.Store.Organization(ctx, r.OrganizationID)
	if err != nil {
		return connector.Note{}, err
	}
	whole := hub.NewResultNote(&r, words)
	if s.delivery.Correction > 0 {
		whole = whole.Correction()
	}
	n := connector.Note{
		Target: target.Model, ExternalID: target.ExternalID, Title: whole.Title, Body: whole.Body,
		Marker: hub.NoteMarker(r.ID, target, s.delivery.Correction, text.Print()), Print: text.Print(),
		At: r.StartedAt.In(organization.Details.Zone()),
	}
	return n.Fit(info.NoteMost), nil
}

// markers are all that the delivery's note may be known by: its own, that which it had when it said something else, of a first note those
// of earlier programs, and of a correction those of later ones that say the same: a backup that was restored does not know them.
func (s *deliveryAttempt) markers(ctx context.Context, n connector.Note) ([]string, error) {
	own := n.Marker
	all := []string{own}
	if before := s.delivery.Note.Marker; before != "" && before != own {
		all = append(all, before)
	}
	if s.delivery.Correction > 0 {
		for later := range int64(laterCorrections) {
			all = append(all, hub.NoteMarker(s.delivery.RecordingID, hub.RecordRef{Model: n.Target, ExternalID: n.ExternalID}, s.delivery.Correction+1+later, n.Print))
		}
		return all, nil
	}
	earlier, err := s.engine.Store.EarlierMarkers(ctx, s.delivery.OrganizationID, s.delivery.RecordingID)
	return append(all, earlier...), err
}

// write sends the note. That it is about to is kept before, so that nothing is forgotten that may be in the CRM.
func (s *deliveryAttempt) write(ctx context.Context, c connector.Connector, n connector.Note, text hub.ResultNote, transcript bool) (sentNote, error) {
	now := s.engine.Clock()
	told := delivered(n, text)
	n.Looked, s.looked = s.looked, false // once: what is refused, as for its length by a gateway, may have gone through to the CRM
	begun, err := s.engine.Store.BeginNote(ctx, s.task, s.delivery, told, now.Add(s.confirmWait()))
	if err != nil {
		return sentNote{}, err
	}
	if !begun {
		return sentNote{}, errWithdrawn
	}
	ref, err := c.WriteNote(s.requests.of(ctx, n.Target), &s.session.Session, n)
	switch {
	case err == nil:
	case connector.Unproven(err) && !errors.Is(err, errWithdrawn):
		s.delivery.State, s.lost = hub.DeliveryConfirming, true
		return sentNote{}, err
	case s.delivery.State != hub.DeliveryConfirming: // else it was sent before, which a refusal to repeat it says nothing of
		return sentNote{}, errors.Join(err, s.engine.Store.CancelNote(context.WithoutCancel(ctx), s.delivery))
	default:
		return sentNote{}, err
	}
	return sentNote{ID: ref.ExternalID, DeliveredNote: told, Existed: ref.Existed, Transcript: transcript}, nil
}

// delivered is a note as it is kept.
func delivered(n connector.Note, text hub.ResultNote) hub.DeliveredNote {
	return hub.DeliveredNote{
		On: hub.RecordRef{Model: n.Target, ExternalID: n.ExternalID}, Marker: n.Marker, Print: n.Print, Text: text.Title + "\n\n" + text.Body, Hash: noteHash(n),
	}
}

// noteHash is a digest of all that a note says, without its white space, which vendors change.
func noteHash(n connector.Note) string { return wordsHash(connector.NoteText(n)) }

func wordsHash(text string) string { return textHash(strings.Join(strings.Fields(text), " ")) }

func textHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (s *deliveryAttempt) transcript(ctx context.Context, r hub.Recording) (string, error) {
	t := hub.Transcript{Speakers: r.Analysis.Speakers}
	for from := int64(0); ; {
		page, err := s.engine.Store.Utterances(ctx, r, from, transcriptPage)
		cut := errors.Is(err, store.ErrCut)
		if err != nil && !cut {
			return "", err
		}
		from += int64(len(page))
		for _, u := range page {
			if !t.Add(u) {
				return t.String(), nil
			}
		}
		if len(page) < transcriptPage && !cut {
			return t.String(), nil
		}
	}
}
