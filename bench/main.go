// Command bench measures the server over real sockets, beside what bounds it: the same handlers over memory,
// and the same statements on the bare database. It prints Markdown and keeps it in docs/benchmarks.md.
//
//	go run ./bench                                                        everything, about five minutes
//	go run ./bench -operation patch -subject sqlite -connections 128      one cell; nothing is kept
//	go run ./bench -operation get -subject sqlite -profile cpu.pprof      the same, with a profile of the server
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

// document is where a whole run is kept.
const document = "docs/benchmarks.md"

// options are the flags.
type options struct {
	seconds     float64
	rounds      int
	connections []int
	operations  []string
	subjects    []string
	postgres    string
	profile     string
	// partial says that flags left something out, so that the result is only printed.
	partial bool
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if child := os.Getenv(childVariable); child != "" {
		return serveChild(ctx, child)
	}
	o, err := parse()
	if err != nil {
		return err
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	report, err := b.measureAll(ctx)
	if err = errors.Join(err, b.close()); err != nil {
		return err
	}
	fmt.Print(report)
	if o.partial {
		return nil
	}
	return os.WriteFile(document, []byte(report), 0o644)
}

func parse() (options, error) {
	var o options
	flag.Float64Var(&o.seconds, "seconds", 2, "how long each cell is measured")
	flag.IntVar(&o.rounds, "rounds", 3, "into how many turns that time is split; the subjects of a row take turns")
	flag.StringVar(&o.postgres, "postgres", "", "URL of a PostgreSQL server whose user may create databases; one is started by default")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile of the server to this file; the one subject is then served by the benchmark's own program")
	connections := flag.String("connections", "", "only these numbers of connections, as in 1,128")
	operations := flag.String("operation", "", "only these operations: "+strings.Join(operationNames(), ", "))
	subjects := flag.String("subject", "", "only these subjects: "+strings.Join(subjectNames, ", "))
	flag.Parse()
	if flag.NArg() > 0 || o.rounds < 1 || o.seconds <= 0 {
		return o, errors.New("no arguments, please, and positive numbers; see -help")
	}
	o.partial = *connections != "" || *operations != "" || *subjects != ""
	o.connections = []int{1, 8, 32, 128}
	if *connections != "" {
		o.connections = nil
		for n := range strings.SplitSeq(*connections, ",") {
			c, err := strconv.Atoi(n)
			if err != nil || c < 1 {
				return o, fmt.Errorf("-connections: %q is not a number of connections", n)
			}
			o.connections = append(o.connections, c)
		}
	}
	var err, err2 error
	o.operations, err = chosen("-operation", *operations, operationNames())
	o.subjects, err2 = chosen("-subject", *subjects, subjectNames)
	if o.profile != "" && (len(o.subjects) != 1 || len(o.operations) != 1) {
		return o, errors.New("-profile needs one -subject and one -operation")
	}
	return o, errors.Join(err, err2)
}

// chosen reads a list of names out of all.
func chosen(name, list string, all []string) ([]string, error) {
	if list == "" {
		return all, nil
	}
	known := map[string]bool{}
	for _, n := range all {
		known[n] = true
	}
	names := strings.Split(list, ",")
	for _, n := range names {
		if !known[n] {
			return nil, fmt.Errorf("%s: there is no %q; there are %s", name, n, strings.Join(all, ", "))
		}
	}
	return names, nil
}

// turn is how long one turn of a cell is.
func (o options) turn() time.Duration {
	return time.Duration(o.seconds / float64(o.rounds) * float64(time.Second))
}
