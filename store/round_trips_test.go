package store_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// tripCounter stands between clients and PostgreSQL and counts how often a client waits for an answer.
type tripCounter struct {
	server string
	trips  atomic.Int64
}

func (c *tripCounter) serve(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", c.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		go func() {
			_, _ = io.Copy(client, server)
			_ = client.Close()
		}()
		go func() {
			_ = c.pass(server, bufio.NewReader(client))
			_ = server.Close()
		}()
	}
}

// pass passes on what a client says: a message has a kind, but for the first one, and a length. Those that end in an answer are a
// query and what synchronizes after others.
func (c *tripCounter) pass(to io.Writer, from *bufio.Reader) error {
	for first := true; ; first = false {
		head := 5
		if first {
			head = 4
		}
		start, err := from.Peek(head)
		if err != nil {
			return err
		}
		if kind := start[0]; !first && (kind == 'Q' || kind == 'S') {
			c.trips.Add(1)
		}
		length := int64(head-4) + int64(binary.BigEndian.Uint32(start[head-4:]))
		if _, err := io.CopyN(to, from, length); err != nil {
			return err
		}
	}
}

// TestAPageIsFewRoundTrips commits pages of new records: what is rarely there is asked for by one question, and what nobody looks
// at is sent together, so that a page takes the same few round trips whatever a connection may have.
func TestAPageIsFewRoundTrips(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	address, err := url.Parse(storetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	counter := &tripCounter{server: address.Host}
	go counter.serve(l)
	address.Host = l.Addr().String()

	ctx, clock := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	st := storetest.Open(t, address.String(), func() time.Time { return clock })
	org := storetest.Organization(t, st)
	conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
	sched := storetest.Lease(t, st, org, conn.ID)
	const records = 10
	commit := func(page int) int64 {
		commit := store.PageCommit{
			State:  store.SyncState{Model: hub.ModelAccount, Next: fmt.Sprint(page), InRun: true, StartedAt: clock},
			Status: hub.SyncStateSyncing, Totals: store.RunTotals{Pages: 1},
		}
		for i := range records {
			commit.Records = append(commit.Records, hub.Record{
				Model: hub.ModelAccount, ExternalID: fmt.Sprintf("%d-%d", page, i), Name: "Baker", ModifiedAt: clock, Refs: hub.Refs{Owner: "o"},
				Details: hub.Details{Phones: []string{fmt.Sprintf("+1 555 010 %04d", i)}},
			})
		}
		before := counter.trips.Load()
		if _, err := st.CommitPage(ctx, sched, commit); err != nil {
			t.Fatal(err)
		}
		return counter.trips.Load() - before
	}
	first := 20 // pages in which each of the pool's connections has come to know the statements
	for page := range first {
		commit(page)
	}
	// They are the beginning, the lease, what is there at all, the records with all that follows, and the commit.
	if trips := commit(first); trips != 5 {
		t.Errorf("a page takes %d round trips", trips)
	}
	if n := storetest.Count(t, st, `SELECT COUNT(*) FROM record_contacts`); n != (first+1)*records {
		t.Errorf("%d keys are noted", n)
	}
	if run, err := st.SyncRuns(ctx, org, conn.ID, "", 1); err != nil || len(run) != 1 || run[0].Created != (first+1)*records || run[0].Models[hub.ModelAccount].Pages != first+1 {
		t.Errorf("the run tells %+v, %v", run, err)
	}
}
