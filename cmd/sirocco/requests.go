package main

import (
	"context"
	"fmt"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

type requestsCommand struct {
	connectionFlag
	Sync  string `placeholder:"RUN" env:"-" help:"Only those of the sync run with the id."`
	Limit int    `default:"50" env:"-" placeholder:"N" help:"How many, the latest first (${default})."`
	JSON  bool   `help:"Print one line of JSON for each." env:"-"`
}

// requestLine is how a request to a CRM is printed as JSON.
type requestLine struct {
	ID              string    `json:"id"`
	SentAt          string    `json:"sentAt"`
	RunID           string    `json:"runId,omitempty"`
	Model           hub.Model `json:"modelName,omitempty"`
	Method          string    `json:"method"`
	Path            string    `json:"path"`
	Status          int       `json:"status,omitempty"`
	Failure         string    `json:"failure,omitempty"`
	TookMs          int64     `json:"tookMs"`
	Bytes           int64     `json:"bytes"`
	RateLimitWaitMs int64     `json:"rateLimitWaitMs"`
}

func (c *requestsCommand) Run(ctx context.Context) error {
	return c.reading(ctx, func(st *store.Store, conn hub.Connection) error {
		found, err := st.CRMRequests(ctx, conn.OrganizationID, conn.ID, store.CRMRequestFilter{RunID: c.Sync, Limit: min(max(c.Limit, 1), store.CRMRequestsKept)})
		if err != nil {
			return err
		}
		for i := range found {
			if err := printRequest(&found[i], c.JSON); err != nil {
				return err
			}
		}
		return nil
	})
}

func printRequest(q *store.CRMRequest, asJSON bool) error {
	if asJSON {
		return printJSON(requestLine{
			q.ID, hub.WireTime(q.SentAt), q.RunID, q.Model, q.Method, q.Path, q.Status, q.Failure, q.Took.Milliseconds(), q.Bytes, q.RateWait.Milliseconds(),
		})
	}
	came := strings.TrimSpace(fmt.Sprintf("%d %s", q.Status, q.Failure))
	if q.Status == 0 {
		came = q.Failure
	}
	purpose := "write-back"
	if q.RunID != "" {
		purpose = "sync"
	}
	waited := ""
	if ms := q.RateWait.Milliseconds(); ms > 0 {
		waited = fmt.Sprintf(", after %d ms of waiting for the rate limit", ms)
	}
	_, err := fmt.Printf("%s  %-10s  %-16s  %-6s %s: %s, %d ms, %d bytes%s\n", hub.WireTime(q.SentAt), purpose, q.Model, q.Method, q.Path, came, q.Took.Milliseconds(), q.Bytes, waited)
	return err
}
