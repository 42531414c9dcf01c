package main

import (
	"fmt"
	"sync"
	"time"
)

// warmUp is how long a turn runs before it counts.
const warmUp = 200 * time.Millisecond

// worker does one request after another on a connection of its own.
type worker interface {
	// do makes one request of the operation and returns once its answer was checked.
	do() error
	close() error
}

// subject is something whose speed is measured.
type subject struct {
	name string
	// worker opens the n-th connection of a turn.
	worker func(op operation, n int) (worker, error)
	// cpu is the processor time that the process at work has used so far.
	cpu func() (time.Duration, error)
	// began, when not nil, is called after each warm-up.
	began func() error
}

// measure lets workers on so many connections make requests for one turn.
func (s subject) measure(op operation, connections int, turn time.Duration) (sample, error) {
	workers := make([]worker, connections)
	for i := range workers {
		w, err := s.worker(op, i)
		if err != nil {
			return sample{}, fmt.Errorf("%s, %s: %w", s.name, op.name, err)
		}
		defer w.close()
		workers[i] = w
	}
	begin := time.Now().Add(warmUp)
	end := begin.Add(turn)
	latencies := make([][]time.Duration, connections)
	failures := make([]error, connections)
	var wg sync.WaitGroup
	for i, w := range workers {
		wg.Go(func() { latencies[i], failures[i] = repeat(w, begin, end) })
	}
	time.Sleep(time.Until(begin)) // a turn is a time: nothing but the clock ends it
	if s.began != nil {
		if err := s.began(); err != nil {
			return sample{}, err
		}
	}
	before, err := s.cpu()
	if err != nil {
		return sample{}, err
	}
	time.Sleep(time.Until(end)) // as above
	after, err := s.cpu()
	if err != nil {
		return sample{}, err
	}
	wg.Wait()
	total := sample{elapsed: turn, cpu: after - before}
	for i := range latencies {
		if failures[i] != nil {
			return sample{}, fmt.Errorf("%s, %s: %w", s.name, op.name, failures[i])
		}
		total.latencies = append(total.latencies, latencies[i]...)
	}
	return total, nil
}

// repeat makes requests until end and returns how long those that ended after begin took.
func repeat(w worker, begin, end time.Time) ([]time.Duration, error) {
	latencies := make([]time.Duration, 0, 1<<12)
	for started := time.Now(); started.Before(end); {
		if err := w.do(); err != nil {
			return nil, err
		}
		done := time.Now()
		if done.After(begin) && !done.After(end) {
			latencies = append(latencies, done.Sub(started))
		}
		started = done
	}
	return latencies, nil
}
