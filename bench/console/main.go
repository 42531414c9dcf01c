// Command console measures how long the console's pages take until their first byte, of one organization with a million
// records, 100,000 runs and a million webhook deliveries, and what people cost who look at a live page, on both databases, over
// real HTTP.
//
//	go run ./bench/console                     half an hour, most of it filling the databases
//	go run ./bench/console -records 50000 -runs 5000 -deliveries 50000 -database SQLite
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sirocco/bench/rig"
	"sirocco/console"
	"sirocco/hub"
	"sirocco/store"
)

// aim is what the 95th percentile of a page is to stay under.
const aim = 50 * time.Millisecond

type sizes struct{ records, runs, deliveries, rounds, viewers int }

func main() {
	var n sizes
	flag.IntVar(&n.records, "records", 1_000_000, "how many records there are")
	flag.IntVar(&n.runs, "runs", 100_000, "how many runs there were")
	flag.IntVar(&n.deliveries, "deliveries", 1_000_000, "how many webhook deliveries there are")
	flag.IntVar(&n.rounds, "rounds", 40, "how many times each page is asked for")
	flag.IntVar(&n.viewers, "viewers", 200, "how many look at a live page")
	only := flag.String("database", "", "SQLite or PostgreSQL alone; both where it is empty")
	profile := flag.String("profile", "", "write a CPU profile to this file")
	flag.Parse()
	if flag.NArg() > 0 || min(n.records, n.runs, n.deliveries, n.rounds) < 1 {
		flag.Usage()
		os.Exit(2)
	}
	err := rig.OnBoth(*profile, func(databases []rig.Database) error {
		fmt.Printf("# %s records, %s runs and %s webhook deliveries of one organization\n\n", rig.Thousands(n.records), rig.Thousands(n.runs), rig.Thousands(n.deliveries))
		for _, d := range databases {
			if *only != "" && d.Name != *only {
				continue
			}
			if err := measure(context.Background(), d, n); err != nil {
				return fmt.Errorf("%s: %w", d.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "console:", err)
		os.Exit(1)
	}
}

// bench is a console that is measured.
type bench struct {
	ctx    context.Context
	store  *store.Store
	url    string
	cookie *http.Cookie
	// open is how many requests are being answered.
	open atomic.Int64
	*seeded
}

func measure(ctx context.Context, d rig.Database, n sizes) error {
	st, err := rig.Open(ctx, d.URL)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	began := time.Now()
	made, err := seed(ctx, st, n)
	if err != nil {
		return err
	}
	fmt.Printf("## %s\n\nIt was filled in %s.\n\n", d.Name, time.Since(began).Round(time.Second))
	_, secret, err := st.OpenConsole(ctx, hub.ConsolePerson{Name: "bench", Role: hub.ConsoleOperator, Method: hub.ConsoleByLink})
	if err != nil {
		return err
	}
	b := &bench{ctx: ctx, store: st, cookie: &http.Cookie{Name: "sirocco_console", Value: secret}, seeded: made}
	server := httptest.NewUnstartedServer(console.New(console.Options{
		Store: st, Clock: st.Now, Logger: slog.New(slog.DiscardHandler), Origin: func(r *http.Request) string { return "http://" + r.Host },
		Admit: func(*http.Request) (time.Duration, bool) { return 0, true },
	}))
	var busy sync.Map // the connections that a request is answered on
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateActive {
			busy.Store(conn, true)
			b.open.Add(1)
		} else if _, was := busy.LoadAndDelete(conn); was {
			b.open.Add(-1)
		}
	}
	server.Start()
	defer server.Close()
	b.url = server.URL + "/console"
	if err := b.measurePages(n.rounds); err != nil {
		return err
	}
	return b.viewers(n.viewers)
}

// measurePages asks for each page once a round, so that what else the machine does meets all of them alike; what it does to a page
// that looks nothing up, the first, is not the others' cost.
func (b *bench) measurePages(rounds int) error {
	pages := b.pages()
	took, used := make([][]time.Duration, len(pages)), make([]time.Duration, len(pages))
	for range rounds {
		for i, p := range pages {
			before := cpu()
			one, err := b.firstByte(p.path)
			if err != nil {
				return err
			}
			took[i] = append(took[i], one)
			used[i] += cpu() - before
		}
	}
	fmt.Println("| page | p50 | p95 | most | p95 under", aim, "| this program's processor time |\n|---|---|---|---|---|---|")
	for i, p := range pages {
		slices.Sort(took[i])
		p95 := took[i][min(rounds-1, rounds*95/100)]
		fmt.Printf("| %s | %s | %s | %s | %v | %s |\n", p.name, shown(took[i][rounds/2]), shown(p95), shown(took[i][rounds-1]), p95 < aim, shown(used[i]/time.Duration(rounds)))
	}
	fmt.Println()
	return nil
}

func shown(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

type page struct{ name, path string }

// signIn is a page for whoever is not signed in, which looks nothing up.
const signIn = "/sign-in"

// pages are those that are measured.
func (b *bench) pages() []page {
	organization := "organization=" + b.organization
	connection, endpoint := "/connections/"+b.connection, "/webhooks/"+b.endpoint
	return []page{
		{"sign-in", signIn},
		{"overview", "/?" + organization},
		{"runs of an hour", "/runs?" + organization + "&from=" + b.now.Add(-2*time.Hour).Truncate(time.Hour).Format(time.RFC3339)},
		{"connections", "/connections?" + organization},
		{"a connection", connection + "?" + organization},
		{"a run", connection + "/runs/" + b.run + "?" + organization},
		{"a rewind, with its count", connection + "/rewind?" + organization + "&model=CONTACT&from=2020-01-01T00:00"},
		{"records", "/records?" + organization},
		{"contacts", "/records?" + organization + "&model=CONTACT"},
		{"records by the beginning of a name", "/records?" + organization + "&model=CONTACT&q=Name+77"},
		{"a record", "/records/CONTACT/" + b.record + "?" + organization},
		{"quarantine", "/quarantine?" + organization},
		{"recordings", "/recordings?" + organization},
		{"webhooks", "/webhooks?" + organization},
		{"an endpoint", endpoint + "?" + organization},
		{"deliveries", endpoint + "/deliveries?" + organization},
		{"failed deliveries", endpoint + "/deliveries?" + organization + "&state=FAILED"},
		{"sent deliveries", endpoint + "/deliveries?" + organization + "&state=SENT"},
		{"a delivery", endpoint + "/deliveries/" + b.event + "?" + organization},
		{"a replay, with its count", endpoint + "/replay?" + organization + "&state=FAILED"},
		{"people", "/people?" + organization},
		{"audit log", "/audit?" + organization},
		{"system", "/system"},
		{"all organizations", "/"},
	}
}

// firstByte asks for a page and returns how long its first byte took.
func (b *bench) firstByte(path string) (took time.Duration, err error) {
	request, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.url+path, http.NoBody)
	if err != nil {
		return 0, err
	}
	if path != signIn {
		request.AddCookie(b.cookie)
	}
	var began time.Time
	request = request.WithContext(httptrace.WithClientTrace(b.ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { took = time.Since(began) }}))
	began = time.Now()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	text, err := readAll(answer)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %d %.300s", path, answer.StatusCode, text)
	}
	return took, err
}
