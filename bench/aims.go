package main

import (
	"fmt"
	"strings"
)

// prototype is what an earlier, bare prototype made at 128 connections, in requests per second.
var prototype = []struct {
	operation, subject string
	rate               float64
}{
	{"patch", overSQLite, 28_994}, {"get", overSQLite, 45_806}, {"list", overSQLite, 15_172}, {"patch", overPostgres, 11_727},
}

// most is the number of connections at which the aims are judged.
const most = 128

// aims compares what was measured with what was wanted.
func (r *results) aims(o options) string {
	var b strings.Builder
	b.WriteString("## Aims\n\n| aim | wanted | measured | |\n|---|---:|---:|---|\n")
	line := func(what, wanted, measured string, met bool) {
		verdict := "met"
		if !met {
			verdict = "**missed**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", what, wanted, measured, verdict)
	}
	ratio := func(what, operation, subject, of string, wanted float64) {
		at := func(n int) float64 {
			return r.cells[cell{operation, subject, n}].rate() / r.cells[cell{operation, of, n}].rate()
		}
		var others []string
		for _, n := range o.connections {
			if n != most {
				others = append(others, fmt.Sprintf("%d: %s", n, percent(at(n))))
			}
		}
		line(what, "≥ "+percent(wanted), fmt.Sprintf("%s (with %s)", percent(at(most)), strings.Join(others, ", ")), at(most) >= wanted)
	}
	ratio("PATCH at 128 connections on SQLite, of the handlers over memory", "patch", overSQLite, overMemory, 0.60)
	ratio("PATCH at 128 connections on PostgreSQL, of the bare statement", "patch", overPostgres, alonePostgres, 0.70)
	ratio("GET one at 128 connections on SQLite, of the handlers over memory", "get", overSQLite, overMemory, 0.85)
	for _, database := range []string{overSQLite, overPostgres} {
		worst, name := 1e9, ""
		for _, op := range operations {
			rate := func(size int) float64 { return r.flat[cell{op.name, flatName(database, size), flatConnections}].rate() }
			if kept := rate(flatSizes[len(flatSizes)-1]) / rate(flatSizes[0]); kept < worst {
				worst, name = kept, op.name
			}
		}
		line(fmt.Sprintf("%s: speed kept from 100 to 100,000 connections, worst operation", titles[database]), "≥ 80 %", fmt.Sprintf("%s (%s)", percent(worst), name), worst >= 0.8)
	}
	for _, database := range []string{overSQLite, overPostgres} {
		idle := float64(r.idle[database]) / (1 << 20)
		line(titles[database]+": resident memory, idle", "< 60 MiB", fmt.Sprintf("%.0f MiB (%.0f MiB after load)", idle, float64(r.busy[database])/(1<<20)), idle < 60)
	}
	for _, p := range prototype {
		rate := r.cells[cell{p.operation, p.subject, most}].rate()
		line(fmt.Sprintf("%s: %s, of a bare prototype's %s/s", titles[p.subject], p.operation, thousands(p.rate)), "≥ 80 %", fmt.Sprintf("%s (%s/s)", percent(rate/p.rate), thousands(rate)), rate >= 0.8*p.rate)
	}
	b.WriteByte('\n')
	return b.String()
}

func percent(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) }
