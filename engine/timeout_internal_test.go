package engine

import (
	"cmp"
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// TestTimeLimitsArePlatforms asks each platform for what takes nearly as long as it may, and a little longer, in virtual time.
// ServiceTitan itself cuts its answers off after 100 seconds: until then they are waited for.
func TestTimeLimitsArePlatforms(t *testing.T) {
	for _, of := range standIns {
		info := of.connector.Info()
		limit := cmp.Or(info.RequestTimeout, 30*time.Second)
		if info.Platform == hub.PlatformServiceTitan && limit != 100*time.Second {
			t.Errorf("%s is waited for for %s", info.Platform, limit)
		}
		for took, want := range map[time.Duration]connector.Kind{limit - time.Second: "", limit + time.Second: connector.Temporary} {
			synctest.Test(t, func(t *testing.T) {
				slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if sleep(r.Context(), took) == nil {
						w.Header().Set("Content-Type", "application/json")
						_, _ = w.Write([]byte(`{}`))
					}
				})
				e := &Engine{Clock: time.Now, vendors: inProcess{"slow.invalid": slow}, failures: newFailureBudgets()}
				s := e.newSession(info, "acme", map[string]string{"baseURL": "http://slow.invalid"})
				var answer map[string]any
				_, err := connector.GetJSON(context.Background(), &s.Session, connector.Request{Service: info.Name, Path: "/"}, &answer)
				if (err == nil) != (want == "") || err != nil && !connector.IsKind(err, want) {
					t.Errorf("%s, an answer after %s: %v", info.Platform, took, err)
				}
			})
		}
	}
}
