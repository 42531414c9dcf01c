package store_test

import (
	"errors"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestNodesAgreeOnAudio lets nodes say which audio store is the right one: the first of them decides, until that is forgotten.
func TestNodesAgreeOnAudio(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		for _, first := range []string{"one", "another"} {
			if marker, err := st.AudioMarker(ctx); !errors.Is(err, hub.ErrNotFound) {
				t.Errorf("before anybody said so it is %q, %v", marker, err)
			}
			for _, said := range []string{first, "a third"} {
				if agreed, err := st.AgreeOnAudio(ctx, said); err != nil || agreed != first {
					t.Errorf("who says %q is told %q, not %q: %v", said, agreed, first, err)
				}
			}
			if marker, err := st.AudioMarker(ctx); err != nil || marker != first {
				t.Errorf("it is %q, not %q: %v", marker, first, err)
			}
			if err := st.ForgetAudio(ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
}
