package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// process is a running server process.
type process struct {
	t       testing.TB
	url     string
	command *exec.Cmd
	log     *syncBuffer
	ended   chan struct{}
	err     error
}

// startNode starts the program on the database and waits until it is ready. It ends with the test. The port is one that the node has
// found: one that was found for it might be another's by the time that it listens.
func startNode(t testing.TB, database string, flags ...string) *process {
	t.Helper()
	n := &process{t: t, log: &syncBuffer{}, ended: make(chan struct{})}
	command := []string{"serve", "--listen", "127.0.0.1:0", "--database", database, "--rate-limit", "0", "--allow-private"}
	if !strings.HasPrefix(database, "sqlite:") && !slices.Contains(flags, "--audio") { // all nodes of a database need the same one
		command = append(command, "--audio", "file://"+filepath.ToSlash(filepath.Join(os.TempDir(), "audio-"+filepath.Base(strings.SplitN(database, "?", 2)[0]))))
	}
	n.command = exec.Command("sirocco", append(command, flags...)...)
	n.command.Stdout, n.command.Stderr = n.log, n.log
	n.command.Dir = t.TempDir()
	if err := n.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		n.err = n.command.Wait()
		close(n.ended)
	}()
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			t.Logf("log of %s, its end:\n%s", n.url, n.log.tail(4000))
		}
	})
	n.awaitReady()
	return n
}

// listening is where the log of a node says where that listens.
var listening = regexp.MustCompile(`msg=listening url=(http://[0-9.:]+)`)

// awaitReady waits until the node says that it is ready, or has ended.
func (n *process) awaitReady() {
	n.t.Helper()
	storetest.Until(n.t, "the node is ready", func() bool {
		select {
		case <-n.ended:
			n.t.Fatalf("it ended before it was ready: %v\n%s", n.err, n.log.tail(4000))
		default:
		}
		if n.url == "" {
			if told := listening.FindStringSubmatch(n.log.tail(1 << 20)); told != nil {
				n.url = told[1]
			}
		}
		return n.url != "" && isReady(n.url)
	})
}

// kill ends the process as a power cut would.
func (n *process) kill() {
	_ = n.command.Process.Kill() // it may have ended
	<-n.ended
}

// terminate asks the process to end.
func (n *process) terminate() {
	if err := n.command.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Error(err)
	}
}

// tokenFor makes an organization and a group token for it.
func tokenFor(t testing.TB, database string) (organization, token string) {
	t.Helper()
	st := storetest.Open(t, database, nil)
	o, err := st.CreateOrganization(context.Background(), "Acme")
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := st.CreateToken(context.Background(), o.ID, store.NewToken{Name: "test", Group: true})
	if err != nil {
		t.Fatal(err)
	}
	return o.ID, text
}

// reply is an answer's status, body and headers.
type reply struct {
	status int
	body   []byte
	header http.Header
}

// call sends one request; into, unless nil, takes the body of a 2xx.
func call(client *http.Client, method, url, token, body string, into any) (reply, error) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if _, ofUser := hub.UserTokenHash(token); ofUser {
		r.Header.Set("x-siro-auth-token", token)
	} else {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return reply{}, err
	}
	if into != nil && answer.StatusCode < 300 {
		if err := json.Unmarshal(text, into); err != nil {
			return reply{}, fmt.Errorf("%w in %s", err, text)
		}
	}
	return reply{answer.StatusCode, text, answer.Header}, nil
}

const connectionsPath = "/v1/core/integrations/connections"

// connectionBody is the part of a connection that these tests read.
type connectionBody struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	IsActive bool   `json:"isActive"`
}

const newConnection = `{"name":"CRM","externalAccountId":"a-1","integrationPlatform":"MERGE","isActive":false}`

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) tail(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := b.text.Bytes()
	return string(text[max(0, len(text)-n):])
}

func (b *syncBuffer) contains(s string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Contains(b.text.Bytes(), []byte(s))
}

// seedOf prints the seed of a random test and takes the one of an earlier run from SIROCCO_TEST_SEED.
func seedOf(t testing.TB) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SIROCCO_TEST_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("SIROCCO_TEST_SEED=%d replays it", seed)
	return seed
}
