package engine_test

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/connector/servicetitan"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedcompanycam "sirocco/simulator/companycam"
	simulatedservicetitan "sirocco/simulator/servicetitan"
	"sirocco/store/storetest"
)

// TestAddressesOfCRMs: who may set credentials chooses where requests of the hub go, and must not reach what only
// the hub's own network reaches.
func TestAddressesOfCRMs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, time.Now)
		titan, cam := simulatedservicetitan.New(simulator.Options{}), simulatedcompanycam.New(simulator.Options{})
		titanServer, camServer := httptest.NewServer(titan), httptest.NewServer(cam)
		t.Cleanup(titanServer.Close)
		t.Cleanup(camServer.Close)
		check := func(platform hub.Platform, private bool, values map[string]string) error {
			t.Helper()
			e, err := engine.New(engine.Config{
				Store: st, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Clock: time.Now, Targets: hub.Targets{Any: private},
				Connectors: map[hub.Platform]connector.Connector{hub.PlatformServiceTitan: servicetitan.Connector{}, hub.PlatformCompanyCam: companycam.Connector{}},
				Resolver: resolver(map[string]string{
					"localhost.": "127.0.0.1", "loopback.example.": "127.0.0.1", "metadata.example.": "169.254.169.254", "private.example.": "10.0.0.1",
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = e.Check(t.Context(), hub.Connection{Platform: platform, ExternalAccountID: "tenant"}, values)
			return err
		}
		port := camServer.URL[strings.LastIndex(camServer.URL, ":"):]
		for _, c := range []struct {
			base    string
			private bool
			want    string
		}{
			{camServer.URL, true, ""},
			{"http://localhost" + port, true, ""},
			{camServer.URL, false, "credentials go to https:// alone"},
			{"http://localhost" + port, false, "credentials go to https:// alone"},
			{"https://localhost" + port, false, "the host localhost is not at a public address"},
			{"https://LOCALHOST." + port, false, "the host LOCALHOST. is not at a public address"},
			{"https://127.0.0.2" + port, false, "the host 127.0.0.2 is not at a public address"},
			{"http://loopback.example" + port, true, ""},
			{"http://loopback.example" + port, false, "credentials go to https:// alone"},
			{"http://169.254.169.254", false, "credentials go to https:// alone"},
			{"https://loopback.example" + port, false, "the host loopback.example is not at a public address"},
			{"https://metadata.example", false, "the host metadata.example is not at a public address"},
			{"https://private.example", false, "the host private.example is not at a public address"},
			{"https://10.0.0.1", false, "the host 10.0.0.1 is not at a public address"},
			{"https://[::ffff:10.0.0.1]", false, "the host ::ffff:10.0.0.1 is not at a public address"},
		} {
			values := cam.Values(camServer.URL)
			values["baseURL"] = strings.Replace(values["baseURL"], camServer.URL, c.base, 1)
			refusedAs(t, c.base, check(hub.PlatformCompanyCam, c.private, values), c.want)
		}
		values := titan.Values(titanServer.URL)
		values["authURL"] = "https://private.example"
		refusedAs(t, "authURL", check(hub.PlatformServiceTitan, false, values), "the host private.example is not at a public address")
	})
}

// refusedAs expects err to say what was wrong with the credentials, or nothing where want is empty.
func refusedAs(t *testing.T, what string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	if invalid, ok := errors.AsType[*hub.InvalidError](err); !ok || !strings.Contains(invalid.Error(), want) {
		t.Errorf("%s: %v, want an InvalidError with %q", what, err, want)
	}
}
