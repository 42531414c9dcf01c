package main

import (
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sirocco/store/storetest"
)

// TestAcknowledgedWritesSurviveKill kills the process under load, again and again. Each client has an
// organization of its own and changes it one request after the other. After a kill it holds either what
// was acknowledged last, or that and the one request that was under way.
func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, database string) {
		const clients, kills = 16, 4
		key := filepath.Join(t.TempDir(), "key") // as one operator's nodes have it, each of which has a folder of its own
		random := rand.New(rand.NewPCG(seedOf(t), 0))
		writers := make([]*writer, clients)
		for i := range writers {
			_, token := tokenFor(t, database)
			writers[i] = &writer{token: token}
		}
		for range kills {
			n := startNode(t, database, "--key-file", key)
			for _, w := range writers {
				w.settle(t, n.url)
			}
			var load sync.WaitGroup
			for _, w := range writers {
				load.Go(func() { w.write(n.url) })
			}
			stopped := make(chan struct{})
			go func() {
				load.Wait()
				close(stopped)
			}()
			enough := acknowledged(writers) + int64(clients+random.IntN(20*clients)) // a kill at any moment after some is the point
			storetest.Until(t, "enough writes are acknowledged", func() bool {
				select {
				case <-stopped:
					t.Fatal("all clients were refused before the kill")
				default:
				}
				return acknowledged(writers) >= enough
			})
			n.kill()
			<-stopped
		}
		n := startNode(t, database, "--key-file", key)
		for _, w := range writers {
			w.settle(t, n.url)
		}
		t.Logf("%d acknowledged writes outlived %d kills", acknowledged(writers), kills)
	})
}

// acknowledged is how many writes were.
func acknowledged(writers []*writer) (n int64) {
	for _, w := range writers {
		n += w.acknowledged.Load()
	}
	return n
}

// writer is a client with an organization of its own.
type writer struct {
	token string
	// id is its connection, kept all the time; name is the last acknowledged, trying the one under way.
	id, name, trying string
	sent             int
	// other is a second connection, made and deleted in turns; turning says that such a request is under way.
	other   string
	turning bool

	acknowledged atomic.Int64
}

// write sends requests until the server is gone.
func (w *writer) write(url string) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for {
		w.sent++
		w.trying = strconv.Itoa(w.sent)
		if r, err := call(client, "PATCH", url+connectionsPath+"/"+w.id, w.token, `{"name":"`+w.trying+`"}`, nil); err != nil || r.status != http.StatusOK {
			return
		}
		w.name = w.trying
		w.turning = true
		if w.other == "" {
			var c connectionBody
			if r, err := call(client, "POST", url+connectionsPath, w.token, strings.Replace(newConnection, "MERGE", "SPOTIO", 1), &c); err != nil || r.status != http.StatusCreated {
				return
			}
			w.other = c.ID
		} else {
			if r, err := call(client, "DELETE", url+connectionsPath+"/"+w.other, w.token, "", nil); err != nil || r.status >= 300 {
				return
			}
			w.other = ""
		}
		w.turning = false
		w.acknowledged.Add(2)
	}
}

// settle compares what the server has with what was acknowledged, and goes on from there.
func (w *writer) settle(t *testing.T, url string) {
	t.Helper()
	var list struct {
		Data []connectionBody `json:"data"`
	}
	if w.id == "" {
		var c connectionBody
		if r, err := call(http.DefaultClient, "POST", url+connectionsPath, w.token, newConnection, &c); err != nil || r.status != http.StatusCreated {
			t.Fatalf("create: %v %d %s", err, r.status, r.body)
		}
		w.id, w.name, w.trying = c.ID, c.Name, c.Name
	}
	if r, err := call(http.DefaultClient, "GET", url+connectionsPath, w.token, "", &list); err != nil || r.status != http.StatusOK {
		t.Fatalf("list: %v %d %s", err, r.status, r.body)
	}
	other := ""
	found := false
	for _, c := range list.Data {
		if c.ID != w.id {
			other = c.ID
			continue
		}
		found = true
		if c.Name != w.name && c.Name != w.trying {
			t.Errorf("the name is %q: %q was acknowledged, %q under way", c.Name, w.name, w.trying)
		}
		w.name = c.Name
	}
	if !found {
		t.Error("a created connection is lost")
	}
	if other != w.other && !w.turning {
		t.Errorf("the second connection is %q, not %q as acknowledged", other, w.other)
	}
	w.other, w.turning = other, false
}
