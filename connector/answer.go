package connector

import (
	"bytes"
	"context"
	"encoding/json/jsontext"
	"errors"
	"io"

	"golang.org/x/sync/semaphore"
)

const (
	// maxAnswerItems is how many items a list in an answer may have: many times as many as any page that is asked for.
	maxAnswerItems = 10_000
	// freeAnswer is how much of an answer is read without asking for room; what is beyond takes room in pieces.
	freeAnswer  = 1 << 20
	answerPiece = 8 << 20
	// answersMost is how many bytes of large answers this node holds at the same time.
	answersMost = 128 << 20
)

// largeAnswers is the room that large answers share, from when they are read until something was made of them.
var largeAnswers = semaphore.NewWeighted(answersMost)

// errAnswersFull says that other answers fill the room.
var errAnswersFull = errors.New("no room for another large answer")

// readAnswer reads an answer of at most maxAnswerSize bytes, and one more of a longer one. A large one waits for room
// before it goes on; one that has some and finds no more is given up, so that none waits for another for ever.
func readAnswer(ctx context.Context, from io.Reader) (body []byte, release func(), err error) {
	held := int64(0)
	release = func() { largeAnswers.Release(held) }
	var b bytes.Buffer
	for room := int64(freeAnswer); ; room += answerPiece {
		n, err := io.Copy(&b, io.LimitReader(from, room-int64(b.Len())))
		if err != nil {
			return nil, release, err
		}
		if int64(b.Len()) < room || n == 0 {
			return b.Bytes(), release, nil
		}
		if b.Len() > maxAnswerSize {
			return b.Bytes(), release, nil
		}
		if held == 0 {
			if err := largeAnswers.Acquire(ctx, answerPiece); err != nil {
				return nil, release, err
			}
		} else if !largeAnswers.TryAcquire(answerPiece) {
			return nil, release, errAnswersFull
		}
		held += answerPiece
	}
}

// withinItems reports whether no list of an answer has more than maxAnswerItems. What is no JSON is not its matter.
func withinItems(body []byte) bool {
	if bytes.Count(body, []byte(",")) < maxAnswerItems {
		return true
	}
	in := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		if _, err := in.ReadToken(); err != nil {
			return true
		}
		if kind, n := in.StackIndex(in.StackDepth()); kind == '[' && n > maxAnswerItems {
			return false
		}
	}
}

// roomReader reads an answer of which nothing is kept but what is made of it on the way: as readAnswer it takes room for what is
// beyond freeAnswer, and it ends with errAnswerLong behind maxAnswerSize bytes.
type roomReader struct {
	ctx        context.Context //nolint:containedctx // of the one answer that it reads
	from       io.Reader
	read, held int64
}

// errAnswerLong says that an answer is longer than any that is read.
var errAnswerLong = errors.New("the answer is too long")

func (r *roomReader) Read(p []byte) (int, error) {
	switch {
	case r.read > maxAnswerSize:
		return 0, errAnswerLong
	case r.read < freeAnswer+r.held:
	case r.held == 0:
		if err := largeAnswers.Acquire(r.ctx, answerPiece); err != nil {
			return 0, err
		}
		r.held += answerPiece
	case !largeAnswers.TryAcquire(answerPiece):
		return 0, errAnswersFull
	default:
		r.held += answerPiece
	}
	n, err := r.from.Read(p)
	r.read += int64(n)
	return n, err
}

func (r *roomReader) release() { largeAnswers.Release(r.held) }
