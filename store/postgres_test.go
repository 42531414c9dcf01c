package store_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestPostgresSaysWhyItCannotBeOpened: the cause comes first, without the ways that were tried before it.
func TestPostgresSaysWhyItCannotBeOpened(t *testing.T) {
	right, err := url.Parse(storetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	stranger, nowhere := *right, *right
	stranger.User, nowhere.Path = url.UserPassword("stranger", "hushhush"), "/nowhere"
	for want, wrong := range map[string]url.URL{"does not let this user in": stranger, "has no such database": nowhere} {
		_, err := store.OpenOrMake(t.Context(), wrong.String(), store.Options{})
		unavailable, ok := errors.AsType[*hub.UnavailableError](err)
		if !ok || !strings.Contains(unavailable.Reason, want) {
			t.Errorf("%v, want one that %s", err, want)
			continue
		}
		if cause := unavailable.Err.Error(); strings.Contains(cause, "TLS") || strings.Contains(cause, "hushhush") {
			t.Errorf("the cause is told as %s", cause)
		}
	}
}
