package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// cell names one measurement.
type cell struct {
	operation, subject string
	connections        int
}

// results is all that a run measured.
type results struct {
	machine machine
	cells   map[cell]*sample
	// flat has the cells of growing databases; the subject is flatName.
	flat map[cell]*sample
	// idle and busy are the resident memory of the real program before and after its load.
	idle, busy map[string]int64
}

// flatSizes are the numbers of connections between which the cost of a request should not change.
var flatSizes = []int{100, 10_000, 100_000}

// flatConnections is how many sockets the cells of growing databases have.
const flatConnections = 32

func flatName(database string, size int) string { return fmt.Sprintf("%s %d", database, size) }

// measureAll does the whole run and returns it as Markdown.
func (b *bench) measureAll(ctx context.Context) (string, error) {
	r := &results{idle: map[string]int64{}, busy: map[string]int64{}}
	var err error
	if r.machine, err = b.describeMachine(ctx); err != nil {
		return "", err
	}
	if r.cells, err = b.measureMain(ctx); err != nil {
		return "", err
	}
	if b.partial {
		return r.tables(b.options), nil
	}
	if r.flat, err = b.measureFlat(ctx); err != nil {
		return "", err
	}
	for _, database := range []string{overSQLite, overPostgres} {
		if r.idle[database], r.busy[database], err = b.measureMemory(ctx, database); err != nil {
			return "", err
		}
	}
	return r.document(b.options), nil
}

// measureMain measures every operation of every subject.
func (b *bench) measureMain(ctx context.Context) (map[cell]*sample, error) {
	var subjects []subject
	for _, name := range b.subjects {
		s, err := b.newSubject(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		subjects = append(subjects, s)
	}
	return b.measureCells(ctx, subjects, b.connections)
}

// measureCells lets the subjects take turns, so that a machine that is slower for a while is so for all of them.
func (b *bench) measureCells(ctx context.Context, subjects []subject, connections []int) (map[cell]*sample, error) {
	cells := map[cell]*sample{}
	for _, op := range operations {
		if !slices.Contains(b.operations, op.name) {
			continue
		}
		for _, n := range connections {
			fmt.Fprintf(os.Stderr, "%s, %d connections\n", op.name, n)
			for range b.rounds {
				for _, s := range subjects {
					if err := ctx.Err(); err != nil {
						return nil, err
					}
					got, err := s.measure(op, n, b.turn())
					if err != nil {
						return nil, err
					}
					at := cell{op.name, s.name, n}
					if cells[at] == nil {
						cells[at] = &sample{}
					}
					cells[at].add(got)
				}
			}
		}
	}
	return cells, nil
}

// measureFlat measures databases of growing size, with a hundred connections for each organization.
func (b *bench) measureFlat(ctx context.Context) (map[cell]*sample, error) {
	var subjects []subject
	for _, database := range []string{overSQLite, overPostgres} {
		for _, size := range flatSizes {
			url := b.newSQLite()
			if database == overPostgres {
				var err error
				if url, err = b.newPostgres(ctx); err != nil {
					return nil, err
				}
			}
			targets, err := seed(ctx, url, size/pageSize, pageSize)
			if err != nil {
				return nil, err
			}
			s, _, err := b.served(ctx, flatName(database, size), url, targets)
			if err != nil {
				return nil, err
			}
			subjects = append(subjects, s)
		}
	}
	return b.measureCells(ctx, subjects, []int{flatConnections})
}

// measureMemory tells how much memory the program takes before any request, and after a second of each operation.
func (b *bench) measureMemory(ctx context.Context, database string) (idle, busy int64, err error) {
	url := b.newSQLite()
	if database == overPostgres {
		if url, err = b.newPostgres(ctx); err != nil {
			return 0, 0, err
		}
	}
	targets, err := seed(ctx, url, 1, rowsInMain)
	if err != nil {
		return 0, 0, err
	}
	s, p, err := b.served(ctx, database, url, targets)
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(time.Second) // idle is what a while without requests leaves, which nothing tells of
	if idle, err = p.resident(); err != nil {
		return 0, 0, err
	}
	for _, op := range operations {
		if _, err := s.measure(op, b.connections[len(b.connections)-1], time.Second); err != nil {
			return 0, 0, err
		}
	}
	busy, err = p.resident()
	return idle, busy, err
}
