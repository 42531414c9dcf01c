package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"sirocco/audio"
	"sirocco/hub"
	"sirocco/store"
)

const (
	// watchEvery is how often a node looks whether it is fit to work with the others.
	watchEvery = 2 * time.Second
	// noteEvery is how often it tells the others that it runs, where nothing has changed; see store.NodeAge.
	noteEvery = 10 * time.Second
	// audioCheckEvery is how often it looks at the marker in the audio store.
	audioCheckEvery = 30 * time.Second
	// firstCheck is how long the look before the start may take.
	firstCheck = 30 * time.Second
)

// What a node says of itself that must not work beside the others.
var (
	errWrongKey   = errors.New("this node's key is not the one that encrypted what the database holds, as after sirocco keys rotate on another: give it a copy of that key; until then it does no background work and encrypts nothing")
	errOtherAudio = errors.New("this node's audio store is not the one of the others: the marker in it is another, or is missing, as where a disk is not mounted; give it the same --audio, or, where the store was replaced for good, stop all servers and run sirocco database forget-audio; until then it does no background work")
)

// nodeWatch takes a node out of the work that does not share what nodes must share, and notices where they differ.
type nodeWatch struct {
	store *store.Store
	keys  *store.Keys
	audio *audio.Store
	log   *slog.Logger
	self  store.Node

	why     atomic.Pointer[error]
	differs atomic.Pointer[[]string]

	// These are of check alone.
	noted      time.Time
	audioAsked time.Time
	wrongKey   bool
	wrongAudio bool
}

func newNodeWatch(st *store.Store, log *slog.Logger, opts nodeOptions) *nodeWatch {
	host, _ := os.Hostname() // it is only a name
	return &nodeWatch{
		store: st, keys: opts.keys, audio: opts.audio, log: log,
		self: store.Node{ID: hub.NewID(), Host: host, Version: version(), PublicURL: opts.publicURL, NoConsole: !opts.console, StartedAt: st.Now()},
	}
}

// unfit is why the node must not work; nil where it may.
func (w *nodeWatch) unfit() error {
	if why := w.why.Load(); why != nil {
		return *why
	}
	return nil
}

// notices are in what the node differs from others, though it may work.
func (w *nodeWatch) notices() []string {
	if differs := w.differs.Load(); differs != nil {
		return *differs
	}
	return nil
}

// watch checks again and again until ctx ends.
func (w *nodeWatch) watch(ctx context.Context) {
	every(ctx, watchEvery, func() { w.check(ctx) })
}

// every does something after each period until ctx ends.
func every(ctx context.Context, period time.Duration, do func()) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

// start is check before the node begins to work.
func (w *nodeWatch) start(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstCheck)
	defer cancel()
	w.check(ctx)
}

// check looks once at all that nodes must share. What the database or the audio store cannot say now stays as it was.
func (w *nodeWatch) check(ctx context.Context) {
	if err := w.store.ProveKey(ctx); err == nil || errors.Is(err, store.ErrWrongKey) {
		w.wrongKey = err != nil
	}
	if w.audio != nil && time.Since(w.audioAsked) >= audioCheckEvery {
		if same, err := w.sameAudio(ctx); err == nil {
			w.wrongAudio, w.audioAsked = !same, time.Now()
		}
	}
	var why error
	switch {
	case w.wrongKey:
		why = errWrongKey
	case w.wrongAudio:
		why = errOtherAudio
	}
	w.say(why)
	w.note(ctx)
}

// say notes why the node must not work, and logs that where it changed.
func (w *nodeWatch) say(why error) {
	before := w.unfit()
	switch {
	case why != nil:
		if w.why.Store(&why); !errors.Is(why, before) {
			w.log.Error(why.Error())
		}
	case before != nil:
		w.why.Store(nil)
		w.log.Info("this node's key and its audio store are the right ones again")
	}
}

// sameAudio reports whether the audio store is that of all nodes. Of the first node, it becomes that.
func (w *nodeWatch) sameAudio(ctx context.Context) (bool, error) {
	agreed, err := w.store.AudioMarker(ctx)
	if err == nil {
		found, err := w.audio.Marker(ctx)
		if errors.Is(err, hub.ErrNotFound) {
			return false, nil
		}
		return found == agreed, err
	}
	if !errors.Is(err, hub.ErrNotFound) {
		return false, err
	}
	mark, err := w.audio.Mark(ctx)
	if err != nil {
		return false, err
	}
	agreed, err = w.store.AgreeOnAudio(ctx, mark)
	return agreed == mark, err
}

// note tells the others that this node runs and what it has, and compares it with them.
func (w *nodeWatch) note(ctx context.Context) {
	var keys []uint32
	if w.keys != nil {
		keys = w.keys.IDs()
	}
	if !slices.Equal(keys, w.self.Keys) || time.Since(w.noted) >= noteEvery {
		w.self.Keys, w.self.ClockAhead = keys, w.store.ClockAhead()
		if w.store.NoteNode(ctx, w.self) == nil {
			w.noted = time.Now()
		}
	}
	all, err := w.store.Nodes(ctx)
	if err != nil {
		return
	}
	differs := differences(w.self, all)
	if before := w.notices(); !slices.Equal(differs, before) {
		for _, sentence := range differs {
			if !slices.Contains(before, sentence) {
				w.log.Warn(sentence)
			}
		}
		w.differs.Store(&differs)
	}
}

// differences says in what others than the node differ from it that should not, each once.
func differences(self store.Node, all []store.Node) []string {
	var versions, urls []store.Node
	for _, n := range all {
		if n.Version != self.Version {
			versions = append(versions, n)
		}
		if n.PublicURL != self.PublicURL {
			urls = append(urls, n)
		}
	}
	var said []string
	if len(versions) > 0 {
		said = append(said, "this node's version is "+self.Version+", not that of "+store.NamesOf(versions)+", which is "+versions[0].Version+": run the same on all")
	}
	if len(urls) > 0 {
		said = append(said, "this node's --public-url is "+named(self.PublicURL)+", not that of "+store.NamesOf(urls)+", which is "+named(urls[0].PublicURL)+": give all the same")
	}
	return said
}

// named is a URL for a sentence.
func named(url string) string {
	if url == "" {
		return "not set"
	}
	return url
}

// end tells the others that this node does not run any more.
func (w *nodeWatch) end(ctx context.Context) {
	_ = w.store.ForgetNode(ctx, w.self.ID) // else it is forgotten by its age
}
