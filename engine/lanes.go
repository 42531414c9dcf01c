package engine

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"sirocco/store"
)

// lanes share a node's workers of one kind, syncs, write-back, webhooks or linking, among what is due, so that what hangs
// or is slow does not keep the others waiting:
//
//   - A job holds a worker while it gets on. While it waits for an answer for longer than patience it holds none, and
//     somebody else may have that.
//   - What was not answered in time the last time waits in a lane of its own, with one job for each host at a time, until it
//     is answered.
//   - Who has the fewest jobs is next, be that an organization or a host. No organization has more than three quarters of
//     the workers, and nobody has more than three quarters of the waits.
//
// A node claims only what it begins at once: what waits, waits in the database, where another node may take it.
type lanes struct {
	workers  int
	patience time.Duration

	mu    sync.Mutex
	slots map[slotKey]*slot
	// next is closed when there may be room again for what was left.
	next  chan struct{}
	left  bool
	timer *time.Timer
}

// waitsPerWorker is how many jobs may wait for answers, for each worker: what such a job needs is memory.
const waitsPerWorker = 8

func newLanes(workers int, patience time.Duration) *lanes {
	return &lanes{workers: workers, patience: patience, slots: map[slotKey]*slot{}}
}

// most is how many jobs there may be at once, those in the lanes of hosts included.
func (l *lanes) most() int { return newCensus(l.workers).mostJobs() + l.workers }

// slotKey names a claim: the object and the fencing token.
type slotKey struct {
	object string
	fence  int64
}

// reserve keeps a place for a job that is about to be enqueued. One that does not begin within its claim's lease loses it.
func (l *lanes) reserve(due store.Due, fence int64, lease time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := slotKey{due.ObjectID, fence}
	l.slots[key] = &slot{lanes: l, key: key, Due: due, reservedUntil: time.Now().Add(lease)}
}

// begin returns the slot of a job that begins.
func (l *lanes) begin(organization, object string, fence int64) *slot {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := slotKey{object, fence}
	s := l.slots[key]
	if s == nil { // it began late
		s = &slot{lanes: l, key: key, OrganizationID: organization, ObjectID: object}
		l.slots[key] = s
	}
	s.reservedUntil = time.Time{}
	return s
}

// drop takes back a reservation whose claim was not committed.
func (l *lanes) drop(key slotKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.slots, key)
}

// woken returns a channel that is closed when there may be room again for what was left.
func (l *lanes) woken() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next = make(chan struct{})
	}
	return l.next
}

// noteLeft keeps whether a look left something for want of room. Then there may be room when a job ends, or when one has
// waited for long.
func (l *lanes) noteLeft(left bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = left
	switch {
	case !left:
	case l.timer == nil:
		l.timer = time.AfterFunc(l.patience/2, l.wake)
	default:
		l.timer.Reset(l.patience / 2)
	}
}

func (l *lanes) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wakeLocked()
}

func (l *lanes) wakeLocked() {
	if l.next != nil {
		close(l.next)
		l.next = nil
	}
}

// room counts what there is room for now.
func (l *lanes) room() store.Room {
	c := l.census(time.Now())
	return store.Room{
		Workers: c.free(), Lane: c.workers - len(c.laneHosts),
		FullOrganizations: c.fullOrganizations(), FullHosts: c.fullHosts(), Choose: c.choose,
	}
}

// census counts the jobs.
func (l *lanes) census(now time.Time) *census {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := newCensus(l.workers)
	for key, s := range l.slots {
		switch {
		case !s.reservedUntil.IsZero() && now.After(s.reservedUntil):
			delete(l.slots, key) // it is somebody else's by now
		case s.TimedOut:
			c.laneHosts[s.Host] = true
		default:
			c.add(s.Due, s.holdsWorker(now))
		}
	}
	return c
}

// census is how many jobs there are, and whose.
type census struct {
	workers int
	// held is how many workers are held, jobs how many jobs there are, those that wait included.
	held, jobs int
	heldBy     map[string]int // by organization
	jobsOf     map[string]int // by organization
	jobsAt     map[string]int // by host
	// laneHosts are the hosts in whose lane is a job.
	laneHosts map[string]bool
}

func newCensus(workers int) *census {
	return &census{workers: workers, heldBy: map[string]int{}, jobsOf: map[string]int{}, jobsAt: map[string]int{}, laneHosts: map[string]bool{}}
}

func (c *census) add(d store.Due, holds bool) {
	c.jobs++
	c.jobsOf[d.OrganizationID]++
	c.jobsAt[d.Host]++
	if holds {
		c.held++
		c.heldBy[d.OrganizationID]++
	}
}

// mostJobs is how many jobs there may be beside those in the lane.
func (c *census) mostJobs() int { return c.workers * (1 + waitsPerWorker) }

// free is how many workers have nothing to do.
func (c *census) free() int { return max(0, min(c.workers-c.held, c.mostJobs()-c.jobs)) }

// share is how much of n one organization, or host, may have: all but a quarter, and of one, one.
func share(n int) int { return max(1, n-max(1, n/4)) }

func (c *census) organizationFull(organization string) bool {
	return c.heldBy[organization] >= share(c.workers) || c.jobsOf[organization] >= share(c.mostJobs())
}

// hostFull reports whether three quarters of the jobs that may wait are at the host. Of the workers a host may have all:
// there may be no other.
func (c *census) hostFull(host string) bool { return c.jobsAt[host] >= share(c.mostJobs()) }

func (c *census) fullOrganizations() []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(c.jobsOf)), func(o string) bool { return !c.organizationFull(o) })
}

func (c *census) fullHosts() []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(c.jobsAt)), func(h string) bool { return !c.hostFull(h) })
}

// choose returns what of the work that is due, in its order, begins now, and counts it as begun.
func (c *census) choose(due []store.Due) []store.Due {
	var chosen, waiting []store.Due
	for _, d := range due {
		switch {
		case !d.TimedOut:
			waiting = append(waiting, d)
		case len(c.laneHosts) < c.workers && !c.laneHosts[d.Host]:
			c.laneHosts[d.Host] = true
			chosen = append(chosen, d)
		}
	}
	for c.free() > 0 {
		waiting = slices.DeleteFunc(waiting, func(d store.Due) bool { return c.organizationFull(d.OrganizationID) || c.hostFull(d.Host) })
		if len(waiting) == 0 {
			break
		}
		next := slices.MinFunc(waiting, c.compare)
		waiting = slices.DeleteFunc(waiting, func(d store.Due) bool { return d == next })
		c.add(next, true)
		chosen = append(chosen, next)
	}
	return chosen
}

// compare says who is first: the organization with the fewest jobs, then the host. Among equals the order stays.
func (c *census) compare(a, b store.Due) int {
	return cmp.Or(cmp.Compare(c.jobsOf[a.OrganizationID], c.jobsOf[b.OrganizationID]), cmp.Compare(c.jobsAt[a.Host], c.jobsAt[b.Host]))
}
