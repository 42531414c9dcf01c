package engine

import (
	"hash/maphash"
	"sync"

	"sirocco/connector"
	"sirocco/hub"
)

// seenKey is one run of one model of a connection.
type seenKey struct {
	connection string
	model      hub.Model
	started    int64
}

// seenRecords remembers what runs under way met on pages on which nothing changed, to tell pages that go on from those that go
// round. It may forget: then it takes longer to tell.
type seenRecords struct {
	mu   sync.Mutex
	seed maphash.Seed
	all  map[seenKey]map[uint64]struct{}
	n    int
}

// seenMost bounds how many records are remembered for all runs of a node.
const seenMost = 2_000_000

func newSeenRecords() *seenRecords {
	return &seenRecords{seed: maphash.MakeSeed(), all: map[seenKey]map[uint64]struct{}{}}
}

// add notes the page's items and reports whether any of them is new in the run.
func (s *seenRecords) add(run seenKey, page *connector.Page) (fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n > seenMost {
		clear(s.all)
		s.n = 0
	}
	of := s.all[run]
	if of == nil {
		of = map[uint64]struct{}{}
		s.all[run] = of
	}
	before := len(of)
	for i := range page.Records {
		of[maphash.String(s.seed, string(page.Records[i].Model)+"/"+page.Records[i].ExternalID)] = struct{}{}
	}
	for i := range page.Rejected {
		of[maphash.Bytes(s.seed, page.Rejected[i].Raw)] = struct{}{}
	}
	for _, id := range page.Passed {
		of[maphash.String(s.seed, "passed/"+id)] = struct{}{}
	}
	s.n += len(of) - before
	return len(of) > before
}

// forget drops a run that is over.
func (s *seenRecords) forget(run seenKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n -= len(s.all[run])
	delete(s.all, run)
}
