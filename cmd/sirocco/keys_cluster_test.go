package main

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sirocco/store"
	"sirocco/store/storetest"
)

// TestChangingTheKeyOfACluster changes the key of two servers that have files of their own, in the documented sequence,
// while both encrypt and decrypt all the time: no request fails, and in the end nothing needs the old key.
func TestChangingTheKeyOfACluster(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	database := storetest.EmptyPostgres(t)
	folder := t.TempDir()
	first, second := filepath.Join(folder, "first"), filepath.Join(folder, "second")
	one := startNode(t, database, "--key-file", first)
	spread := func() {
		text, err := os.ReadFile(first)
		if err := errors.Join(err, os.WriteFile(second+".new", text, 0o600), os.Rename(second+".new", second)); err != nil {
			t.Fatal(err)
		}
	}
	spread()
	two := startNode(t, database, "--key-file", second)
	_, token := tokenFor(t, database)
	if got, err := call(http.DefaultClient, http.MethodPost, one.url+"/v1/webhooks/endpoints", token, `{"url":"https://example.com/kept"}`, nil); err != nil || got.status != http.StatusCreated {
		t.Fatalf("%d %s %v", got.status, got.body, err)
	}

	end := make(chan struct{})
	var work sync.WaitGroup
	rounds := map[*process]*atomic.Int64{one: {}, two: {}}
	for n, done := range rounds {
		work.Go(func() {
			for useSecrets(t, n, token) {
				done.Add(1)
				select {
				case <-end:
					return
				default:
				}
			}
		})
	}
	meanwhile := func() { // both go on
		t.Helper()
		for n, done := range rounds {
			began := done.Load()
			storetest.Until(t, n.url+" goes on", func() bool { return t.Failed() || done.Load() > began+1 })
		}
	}
	keys := func(command string) (string, error) {
		out, err := exec.Command("sirocco", "keys", command, "--database", database, "--key-file", first).CombinedOutput()
		return string(out), err
	}
	must := func(command, says string) {
		t.Helper()
		out, err := keys(command)
		if err != nil || !strings.Contains(out, says) {
			t.Fatalf("keys %s: %v: %s", command, err, out)
		}
		meanwhile()
	}
	refused := func(command, says string) {
		t.Helper()
		if out, err := keys(command); err == nil || !strings.Contains(out, says) {
			t.Errorf("keys %s: %v: %s", command, err, out)
		}
	}
	meanwhile()
	refused("rotate", "2 servers run")
	must("add", "Nothing is encrypted with it yet")
	refused("promote", "The new key is not on node")
	refused("drop", "run sirocco keys promote first")
	spread()
	storetest.Until(t, "both nodes have the new key", func() bool {
		_, err := keys("promote")
		return err == nil
	})
	meanwhile()
	refused("drop", "run sirocco keys reencrypt first")
	must("reencrypt", "with the promoted key")
	must("drop", "Removed 1 older key")
	spread()
	meanwhile()
	close(end)
	work.Wait()

	left, err := store.ReadKeys(second)
	if err != nil || len(left.IDs()) != 1 {
		t.Fatalf("the other file: %v", err)
	}
	st := storetest.OpenWith(t, database, store.Options{Keys: left})
	if lost, err := st.LostSecrets(t.Context()); err != nil || len(lost) != 0 {
		t.Errorf("without the old key %d cannot be read: %v", len(lost), err)
	}
	for _, n := range []*process{one, two} {
		n.awaitReady()
		if log := n.log.tail(1 << 20); strings.Contains(log, "level=ERROR") {
			t.Errorf("its log has errors: %s", log)
		}
	}
}

// useSecrets makes a webhook endpoint, which encrypts a secret, rotates it, which decrypts it too, and removes it. It
// reports whether all was answered as it should.
func useSecrets(t *testing.T, n *process, token string) bool {
	const endpoints = "/v1/webhooks/endpoints"
	var made struct {
		ID string `json:"id"`
	}
	for _, step := range []struct{ method, path, body string }{
		{http.MethodPost, endpoints, `{"url":"https://example.com/hook"}`},
		{http.MethodPost, endpoints + "/ID/rotate-secret", ""},
		{http.MethodDelete, endpoints + "/ID", ""},
	} {
		got, err := call(http.DefaultClient, step.method, n.url+strings.Replace(step.path, "ID", made.ID, 1), token, step.body, &made)
		if err != nil || got.status >= 300 {
			t.Errorf("%s %s: %d %s %v", step.method, step.path, got.status, got.body, err)
			return false
		}
	}
	return true
}
