package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// machine is what a reader must know of the computer to judge the numbers.
type machine struct {
	cores            int
	processor        string
	memory           string
	goVersion        string
	postgresVersion  string
	postgresSettings string
	// sync is how long the disk takes to make 4 KiB durable.
	sync time.Duration
}

func (b *bench) describeMachine(ctx context.Context) (machine, error) {
	m := machine{
		cores: runtime.NumCPU(), processor: fieldOf("/proc/cpuinfo", "model name"), memory: fieldOf("/proc/meminfo", "MemTotal"),
		goVersion: runtime.Version(),
	}
	var kib int64
	if _, err := fmt.Sscan(m.memory, &kib); err == nil {
		m.memory = fmt.Sprintf("%.0f GiB", float64(kib)/(1<<20))
	}
	conn, err := pgx.Connect(ctx, b.postgres)
	if err != nil {
		return m, err
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, "SHOW server_version").Scan(&m.postgresVersion); err != nil {
		return m, err
	}
	var settings []string
	for _, name := range []string{"fsync", "synchronous_commit", "shared_buffers"} {
		var value string
		if err := conn.QueryRow(ctx, "SHOW "+name).Scan(&value); err != nil {
			return m, err
		}
		settings = append(settings, name+" "+value)
	}
	m.postgresSettings = strings.Join(settings, ", ")
	m.sync, err = syncTime(filepath.Join(b.dir, "sync"))
	return m, err
}

// fieldOf is the first value under the name in one of the kernel's lists.
func fieldOf(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// syncTime is the median time to overwrite 4 KiB of a file and make them durable.
func syncTime(name string) (time.Duration, error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	took := make([]time.Duration, 200)
	page := make([]byte, 4096)
	for i := range took {
		started := time.Now()
		if _, err := f.WriteAt(page, 0); err != nil {
			return 0, errors.Join(err, f.Close())
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, errors.Join(err, f.Close())
		}
		took[i] = time.Since(started)
	}
	slices.Sort(took)
	return took[len(took)/2], errors.Join(f.Close(), os.Remove(name))
}
