package database

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func (d *postgresDB) classify(err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*UnavailableError](err); ok {
		return known
	}
	if lost, ok := errors.AsType[*outcomeError](err); ok {
		return &UnavailableError{Reason: "the PostgreSQL server did not answer when it was told to commit", RetryAfter: time.Second, OutcomeUnknown: true, Err: lost.error}
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	unavailable := func(reason string, after time.Duration) error {
		return &UnavailableError{Reason: reason, RetryAfter: after, Err: err}
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyPgError(pe, err, unavailable)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return unavailable("the PostgreSQL server does not answer in time", 5*time.Second)
	}
	var ce *pgconn.ConnectError
	var ne net.Error
	if errors.As(err, &ce) || errors.As(err, &ne) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed") {
		return unavailable("the PostgreSQL server cannot be reached", time.Second)
	}
	return err
}

// classifyPgError does it for what the server said: err, with pe in it.
func classifyPgError(pe *pgconn.PgError, err error, unavailable func(string, time.Duration) error) error {
	switch {
	case pe.Code == "28P01", pe.Code == "28000": // without what else was tried before, as without TLS
		return &UnavailableError{Reason: "the PostgreSQL server does not let this user in", RetryAfter: 10 * time.Second, Err: pe}
	case pe.Code == "3D000":
		return &UnavailableError{Reason: "the PostgreSQL server has no such database", RetryAfter: 10 * time.Second, Err: pe}
	case pe.Code == "53100":
		return unavailable("the disk of the PostgreSQL server is full", 10*time.Second)
	case pe.Code == "53300":
		return unavailable("the PostgreSQL server has no connection left", time.Second)
	case pe.Code == "25006":
		return unavailable("the PostgreSQL server is read-only", 2*time.Second)
	case pe.Code == "57014":
		return unavailable("the PostgreSQL server took too long over a statement", 5*time.Second)
	case pe.Code == "55P03":
		return unavailable("another transaction has locked what is asked for in PostgreSQL", 5*time.Second)
	case pe.Code == "25P03", pe.Code == "25P04":
		return unavailable("the PostgreSQL server ended a transaction that took too long", time.Second)
	case strings.HasPrefix(pe.Code, "53"), strings.HasPrefix(pe.Code, "57P"), strings.HasPrefix(pe.Code, "08"),
		strings.HasPrefix(pe.Code, "58"), pe.Code == "40001", pe.Code == "40P01":
		return unavailable("the PostgreSQL server cannot serve now ("+pe.Message+")", time.Second)
	}
	return err
}
