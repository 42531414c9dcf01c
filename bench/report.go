package main

import (
	"fmt"
	"strings"
	"time"
)

// titles name the subjects for a reader.
var titles = map[string]string{
	overMemory: "handlers over memory", overSQLite: "sirocco on SQLite", aloneSQLite: "SQLite alone",
	overPostgres: "sirocco on PostgreSQL", alonePostgres: "PostgreSQL alone",
}

var operationTitles = map[string]string{
	"patch": "PATCH one connection", "get": "GET one connection", "list": "List 100 of 10,000 connections",
}

// document is the whole of docs/benchmarks.md.
func (r *results) document(o options) string {
	return r.introduction(o) + r.aims(o) + r.tables(o) + r.flatTable() + footnotes
}

func (r *results) introduction(o options) string {
	m := r.machine
	return fmt.Sprintf(`# Benchmarks

Written by `+"`make bench`"+` (`+"`go run ./bench`"+`). Every number is of one machine that also ran the load and the databases:
%d cores (%s), %s of memory, %s, PostgreSQL %s (%s). Its disk makes 4 KiB durable in %s.

Each cell ran for %g s after a warm-up, in %d turns between those of the others in its table.

`, m.cores, m.processor, m.memory, m.goVersion, m.postgresVersion, m.postgresSettings, micro(m.sync), o.seconds, o.rounds)
}

const footnotes = `
## How it is measured

- **sirocco on ...** is the real program, ` + "`sirocco serve --rate-limit 0`" + `, in a process of its own, with validation, authentication,
  metrics and a log line for each request (to /dev/null). **Handlers over memory** are the same handlers, log and metrics
  over a map. **SQLite alone** is the store without HTTP, group commit included; **PostgreSQL alone** the same
  statement, each its own transaction, over a pgx pool as large as the server's.
- Both databases keep their full durability: SQLite ` + "`synchronous=FULL`" + ` in WAL mode, PostgreSQL with ` + "`fsync` and `synchronous_commit`" + `.
- The load comes over real sockets with keep-alive, one request at a time on each, from a program that writes prepared bytes, checks
  the status of every answer and, once for each socket and turn, what is in it. It takes its share of the same cores.
- Every PATCH gives the connection a name it never had; connections and pages are chosen at random.
- One organization of 10,000 connections cannot be made through the API, which allows one of each platform: the benchmark's
  databases lack that unique index, and their rows were written directly.
- **CPU** is the processor time of the measured process for each request; PostgreSQL's own processes are not in it.
`

// tables are the main tables.
func (r *results) tables(o options) string {
	var b strings.Builder
	for _, operation := range o.operations {
		fmt.Fprintf(&b, "## %s\n\n| | connections | requests/s | p50 | p99 | CPU |\n|---|---:|---:|---:|---:|---:|\n", operationTitles[operation])
		for _, name := range o.subjects {
			for _, n := range o.connections {
				s := r.cells[cell{operation, name, n}]
				fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s |\n", titles[name], n, thousands(s.rate()), micro(s.percentile(50)), micro(s.percentile(99)), micro(s.cost()))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// flatTable shows databases of growing size side by side.
func (r *results) flatTable() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## Growing databases\n\nOrganizations of %d connections each, with a token each, over %d sockets.\n\n| | connections kept | requests/s | p50 | p99 | CPU |\n|---|---:|---:|---:|---:|---:|\n", pageSize, flatConnections)
	for _, database := range []string{overSQLite, overPostgres} {
		for _, op := range operations {
			for _, size := range flatSizes {
				s := r.flat[cell{op.name, flatName(database, size), flatConnections}]
				fmt.Fprintf(&b, "| %s, %s | %s | %s | %s | %s | %s |\n", titles[database], op.name, thousands(float64(size)),
					thousands(s.rate()), micro(s.percentile(50)), micro(s.percentile(99)), micro(s.cost()))
			}
		}
	}
	return b.String()
}

// micro formats a time with as many digits as mean something.
func micro(d time.Duration) string {
	if d < time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
}

// thousands formats a number with commas.
func thousands(f float64) string {
	s := fmt.Sprintf("%.0f", f)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
