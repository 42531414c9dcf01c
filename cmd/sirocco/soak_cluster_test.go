package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/simulator"
	"sirocco/store/storetest"
)

// cluster is the nodes of a soak. What they talk to may kill them, too.
type cluster struct {
	t        *testing.T
	database string
	flags    []string
	random   *rand.Rand
	client   *http.Client

	mu    sync.Mutex // held while a node starts: one is killed only when it is ready
	nodes []*process
	dead  map[*process]bool // those that were killed on purpose
}

func startCluster(t *testing.T, database string, nodes int, random *rand.Rand, flags ...string) *cluster {
	t.Helper()
	// The stand-ins list a note as soon as they have it, so one that was about to be sent as its node was killed is soon settled.
	flags = append(flags, "--note-lag", "MERGE=1s;SERVICE_TITAN=1s;COMPANY_CAM=1s;SPOTIO=1s;SALESFORCE=1s;LEAD_PERFECTION=1s;JOBNIMBUS=1s")
	c := &cluster{
		t: t, database: database, flags: flags, random: random, client: &http.Client{Timeout: time.Minute},
		nodes: make([]*process, nodes), dead: map[*process]bool{},
	}
	for i := range c.nodes {
		c.nodes[i] = startNode(t, database, flags...)
	}
	return c
}

// kill ends one node as a power cut would.
func (c *cluster) kill(i int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(i)
}

// killAll ends every node. Any goroutine may call it.
func (c *cluster) killAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.nodes {
		c.end(i)
	}
}

func (c *cluster) end(i int) {
	c.dead[c.nodes[i]] = true
	c.nodes[i].kill()
}

func (c *cluster) kills() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.dead)
}

// revive starts the nodes again that were killed. Only the test's own goroutine may call it.
func (c *cluster) revive() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, n := range c.nodes {
		select {
		case <-n.ended:
			if !c.dead[n] {
				c.t.Fatalf("a node ended by itself: %v\n%s", n.err, n.log.tail(4000))
			}
			c.nodes[i] = startNode(c.t, c.database, c.flags...)
		default:
		}
	}
}

// until revives nodes and asks until it holds.
func (c *cluster) until(what string, holds func() bool) {
	c.t.Helper()
	storetest.Until(c.t, what, func() bool {
		c.revive()
		return holds()
	})
}

// ask sends a request to some node, and again when no good answer came: it may be carried out more than once.
func (c *cluster) ask(method, path, token string, body, into any) reply {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	var r reply
	c.until(method+" "+path+" is answered", func() bool {
		r, err = call(c.client, method, c.nodes[c.random.IntN(len(c.nodes))].url+path, token, string(text), into)
		return err == nil && r.status < 500
	})
	return r
}

// must is ask for what a good client is not refused.
func (c *cluster) must(method, path, token string, body, into any) {
	c.t.Helper()
	if r := c.ask(method, path, token, body, into); r.status >= 300 {
		c.t.Fatalf("%s %s answered %d: %s", method, path, r.status, r.body)
	}
}

// cut stands before a CRM. Armed, it lets the CRM keep the next note and kills the nodes before they know. While it is losing,
// the answer to every third note is lost on its way to a node that lives on.
type cut struct {
	crm           *simulator.Server
	cluster       *cluster
	armed, losing atomic.Bool
	done          atomic.Int64
	notes, lost   atomic.Int64
}

func (c *cut) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || (!c.armed.Load() && !c.losing.Load()) {
		c.crm.ServeHTTP(w, r)
		return
	}
	before := len(c.crm.Notes.All())
	answer := httptest.NewRecorder()
	c.crm.ServeHTTP(answer, r)
	if len(c.crm.Notes.All()) > before {
		if c.armed.CompareAndSwap(true, false) {
			c.cluster.killAll()
			c.done.Add(1)
			panic(http.ErrAbortHandler)
		}
		if c.losing.Load() && c.notes.Add(1)%3 == 1 {
			c.lost.Add(1)
			panic(http.ErrAbortHandler)
		}
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = io.Copy(w, bytes.NewReader(answer.Body.Bytes()))
}
