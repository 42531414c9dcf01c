package connector

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
)

// endless is an answer that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// TestLargeAnswersShareRoom reads more large answers at once than the node has room for: those that are being read never
// hold more than it, none waits for another while it holds some itself, and all room is given back.
func TestLargeAnswersShareRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const first = answersMost / (40 << 20) // answers of 40 MiB that there is room for at once
		var held []func()
		for range first {
			_, release, err := readAnswer(t.Context(), io.LimitReader(endless{}, 40<<20-freeAnswer))
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, release)
		}
		_, release, err := readAnswer(t.Context(), io.LimitReader(endless{}, 40<<20))
		if !errors.Is(err, errAnswersFull) {
			t.Fatalf("%d answers of 40 MiB and one more: %v", first, err)
		}
		release() // of what it had
		body, release, err := readAnswer(t.Context(), bytes.NewReader(make([]byte, freeAnswer-1)))
		if err != nil || len(body) != freeAnswer-1 {
			t.Errorf("a small answer: %d bytes, %v", len(body), err)
		}
		release()
		if !largeAnswers.TryAcquire(answersMost - first*40<<20) {
			t.Fatal("what was given up holds room")
		}
		came := make(chan error, 1)
		go func() { // one that has nothing yet waits
			_, release, err := readAnswer(t.Context(), io.LimitReader(endless{}, 4<<20))
			release()
			came <- err
		}()
		synctest.Wait()
		select {
		case err := <-came:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
		given, cancel := context.WithCancel(t.Context())
		cancel()
		if _, release, err := readAnswer(given, io.LimitReader(endless{}, 4<<20)); !errors.Is(err, context.Canceled) {
			t.Errorf("one that is no longer wanted: %v", err)
		} else {
			release()
		}
		held[0]()
		if err := <-came; err != nil {
			t.Error(err)
		}
		for _, release := range held[1:] {
			release()
		}
		largeAnswers.Release(answersMost - first*40<<20)
		if !largeAnswers.TryAcquire(answersMost) {
			t.Error("room is not given back")
		} else {
			largeAnswers.Release(answersMost)
		}
	})
}

// TestAnAnswerThatIsReadOnTheWay reads one in pieces: what is beyond the free part takes room as it comes, waits for its first piece and
// for no other, and gives all back.
func TestAnAnswerThatIsReadOnTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		piece := make([]byte, 1<<20)
		read := func(r *roomReader, size int) error {
			for size > 0 {
				n, err := r.Read(piece[:min(size, len(piece))])
				if err != nil {
					return err
				}
				if n == 0 {
					return io.ErrNoProgress
				}
				size -= n
			}
			return nil
		}
		others := func(hold int64) {
			if !largeAnswers.TryAcquire(hold) {
				t.Fatalf("%d bytes of room are not free", hold)
			}
		}
		small := &roomReader{ctx: t.Context(), from: endless{}}
		others(answersMost) // all of it
		if err := read(small, freeAnswer); err != nil {
			t.Errorf("a small answer: %v", err)
		}
		given, cancel := context.WithCancel(t.Context())
		cancel()
		small.ctx = given
		if err := read(small, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("one that is no longer wanted: %v", err)
		}
		small.release() // nothing, as it has none
		large, came := &roomReader{ctx: t.Context(), from: endless{}}, make(chan error, 1)
		go func() { came <- read(large, freeAnswer+answerPiece) }()
		synctest.Wait()
		select {
		case err := <-came:
			t.Fatalf("it did not wait for its first piece: %v", err)
		default:
		}
		largeAnswers.Release(answerPiece)
		if err := <-came; err != nil {
			t.Errorf("with its first piece: %v", err)
		}
		if err := read(large, 1); !errors.Is(err, errAnswersFull) {
			t.Errorf("without room for its second: %v", err)
		}
		largeAnswers.Release(answersMost - answerPiece)
		if err := read(large, maxAnswerSize-freeAnswer-answerPiece+1); err != nil {
			t.Errorf("to its bound, and a byte more that shows that it is longer: %v", err)
		}
		if err := read(large, 1); !errors.Is(err, errAnswerLong) {
			t.Errorf("beyond its bound: %v", err)
		}
		large.release()
		others(answersMost)
		largeAnswers.Release(answersMost)
	})
}
