package store

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sirocco/hub"
)

const (
	// SkewTold is how far a node's own clock may be from the database's before operators are told.
	SkewTold = 2 * time.Second
	// clockEvery is how often the database is asked for its time; clockCheckEvery is how often a node looks whether its own
	// clock was set since, or stood still with the machine.
	clockEvery      = 30 * time.Second
	clockCheckEvery = time.Second
	// clockRounds is how many answers a measurement takes the median of, clockPatience how long it may take in all. A store
	// that opens has no use for a clock without a reading: its first answer may take as long as any statement.
	clockRounds   = 5
	clockPatience = 3 * time.Second
	// clockJump is how far the machine's clock may move beside its own count of seconds before the database is asked again.
	clockJump = 250 * time.Millisecond
	// clockFine is a difference that no answer is exact enough to tell.
	clockFine = time.Millisecond
	// clockBlur is by how much less a job may find it to be than the one who made it due: a measurement is exact to half the
	// time it took, so another node, or this one after it measured again, may be that far behind.
	clockBlur = clockPatience / 2
)

// nodeClock tells the database's time, which all nodes share: the machine's, corrected by how far it was from the
// database's when it was last measured.
type nodeClock struct {
	machine hub.Clock
	// ask returns the database's time.
	ask func(ctx context.Context) (time.Time, error)
	log *slog.Logger

	latest atomic.Pointer[clockReading]
	told   bool

	stop context.CancelFunc
	done sync.WaitGroup
}

// clockReading is what both clocks showed at the same moment.
type clockReading struct {
	machine, database time.Time
	// within is how exact that is.
	within time.Duration
	// ids is how far the database's clock was ahead of that by which ids are made.
	ids time.Duration
}

// at is the database's time when the machine's clock shows t.
func (r *clockReading) at(t time.Time) time.Time { return r.database.Add(t.Sub(r.machine)) }

// startClock measures the database's clock, and again now and then until close.
func startClock(ctx context.Context, machine hub.Clock, ask func(context.Context) (time.Time, error), log *slog.Logger) (*nodeClock, error) {
	c := &nodeClock{machine: machine, ask: ask, log: log}
	if err := c.measure(ctx); err != nil {
		return nil, err
	}
	ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	c.done.Go(func() { c.keep(ctx) })
	return c, nil
}

func (c *nodeClock) close() {
	c.stop()
	c.done.Wait()
}

// now is the database's time. It goes on by the machine's count of seconds: a machine whose clock is set in between
// changes nothing.
func (c *nodeClock) now() time.Time {
	return c.latest.Load().at(c.machine())
}

// ahead is how far the database's clock is ahead of the machine's.
func (c *nodeClock) ahead() time.Duration {
	r := c.latest.Load()
	return r.database.Sub(r.machine.Round(0)) // Round leaves out the count of seconds
}

// measure asks the database some times, and takes the median of what it answers: one that was held up says little.
func (c *nodeClock) measure(ctx context.Context) error {
	enough, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	var readings []clockReading
	var failed error
	for range clockRounds {
		asking := enough
		if len(readings) == 0 && c.latest.Load() == nil {
			asking = ctx
		}
		asked := c.machine()
		database, err := c.ask(asking)
		if err != nil {
			failed = err
			break
		}
		half := c.machine().Sub(asked) / 2
		readings = append(readings, clockReading{machine: asked.Add(half), database: database, within: half})
	}
	if len(readings) == 0 {
		return errors.Join(errors.New("the database's clock could not be read"), failed)
	}
	slices.SortFunc(readings, func(a, b clockReading) int {
		return cmp.Compare(a.database.Sub(a.machine.Round(0)), b.database.Sub(b.machine.Round(0)))
	})
	r := readings[len(readings)/2]
	if known := c.latest.Load(); known == nil || c.jumped(known) ||
		r.database.Sub(known.at(r.machine)).Abs() > r.within+clockFine { // else it is as good as known
		r.ids = r.at(c.machine()).Sub(time.Now().Round(0))
		c.latest.Store(&r)
	}
	c.tell()
	return nil
}

// jumped reports whether the machine's clock has been set since a reading.
func (c *nodeClock) jumped(r *clockReading) bool {
	now := c.machine()
	return (now.Round(0).Sub(r.machine.Round(0)) - now.Sub(r.machine)).Abs() > clockJump
}

// tell says once that the machine's clock is wrong, and once that it is right again.
func (c *nodeClock) tell() {
	ahead := c.ahead()
	if wrong := ahead.Abs() > SkewTold; wrong != c.told {
		c.told = wrong
		if wrong {
			c.log.Warn("this machine's clock is not the database's, by which all nodes go; it is corrected, and should be set", "database_ahead", ahead.Round(time.Millisecond))
		} else {
			c.log.Info("this machine's clock is the database's again")
		}
	}
}

// keep measures again and again until ctx ends. What cannot be measured now stays as it was.
func (c *nodeClock) keep(ctx context.Context) {
	ticker := time.NewTicker(clockCheckEvery)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if time.Since(last) >= clockEvery || c.jumped(c.latest.Load()) {
			_ = c.measure(ctx)
			last = time.Now()
		}
	}
}

// Now is the time by which all nodes of the database go.
func (s *Store) Now() time.Time { return s.clock() }

// ClockAhead is how far that time is ahead of this machine's clock; 0 where it is the machine's.
func (s *Store) ClockAhead() time.Duration {
	if s.nodeClock == nil {
		return 0
	}
	return s.nodeClock.ahead()
}

// newID returns a new id that sorts by the time that all nodes share.
func (s *Store) newID() string {
	if s.nodeClock == nil {
		return hub.NewID()
	}
	return hub.NewIDAhead(s.nodeClock.latest.Load().ids)
}
