package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// mappingTime bounds how long a client waits for what the CRM says of a mapping.
const mappingTime = 40 * time.Second

// mappingRetry is how long a connection waits whose mapping names what is not there: somebody may make it there.
const mappingRetry = 15 * time.Minute

// loadMapping gives the session the connection's own mapping, and says when it was set where the CRM has still to be asked about
// it.
func (e *Engine) loadMapping(ctx context.Context, info hub.PlatformInfo, conn hub.Connection, s *session) error {
	if info.Mapping == nil {
		return nil
	}
	m, err := e.Store.Mapping(ctx, conn.OrganizationID, conn.ID)
	if errors.Is(err, hub.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Mapping = m.Mapping
	if m.CheckedAt.IsZero() {
		s.uncheckedMapping = m.UpdatedAt
	}
	return nil
}

// CheckMapping is a hub.CheckMapping: it asks the CRM with the connection's credentials.
func (e *Engine) CheckMapping(ctx context.Context, conn hub.Connection, given hub.GivenMapping) (hub.Mapping, error) {
	c, ok := e.Connectors[conn.Platform]
	if !ok {
		return hub.Mapping{}, hub.Conflict("A %s connection has no mapping: nothing is pulled over it.", conn.Platform)
	}
	m, err := c.Info().CompleteMapping(given)
	if err != nil {
		return m, err
	}
	mapper, ok := c.(connector.Mapper)
	if !ok {
		return m, nil
	}
	ctx, cancel := context.WithTimeout(ctx, mappingTime)
	defer cancel()
	s, err := e.openSession(ctx, c, conn)
	if err == nil {
		var checked hub.Mapping
		if checked, err = mapper.CheckMapping(ctx, &s.Session, m); err == nil {
			return checked, nil
		}
	}
	if ours := mappingUnasked(ctx, err); ours != "" {
		return m, &hub.UnavailableError{Who: "CRM", Reason: ours, Err: err}
	}
	return m, err
}

// mappingUnasked says why the CRM could not be asked, where err means that; empty for an error of another kind.
func mappingUnasked(ctx context.Context, err error) string {
	_, vendor := errors.AsType[*connector.Error](err)
	switch {
	case vendor, errors.Is(err, hub.ErrNeedsCredentials):
		return err.Error()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "the CRM did not answer in time"
	}
	return ""
}

// mappingError says that a mapping names what the CRM does not have.
type mappingError struct{ reason string }

func (e *mappingError) Error() string { return "its mapping cannot be read by: " + e.reason }

// checkMapping asks the CRM about a mapping before the first run that is by it.
func (j *syncJob) checkMapping(ctx context.Context) error {
	mapper, ok := j.connector.(connector.Mapper)
	if !ok || j.session.uncheckedMapping.IsZero() {
		return nil
	}
	checked, err := mapper.CheckMapping(j.requests.of(ctx, ""), &j.session.Session, j.session.Mapping)
	invalid, ok := errors.AsType[*hub.InvalidError](err)
	if err != nil && !ok {
		return err
	}
	failed := ""
	if invalid != nil {
		failed = keptNote(issuesSaid(invalid))
	}
	if err := j.engine.Store.MappingChecked(ctx, j.sched, j.session.uncheckedMapping, checked, failed); err != nil {
		return err
	}
	if failed != "" {
		return &mappingError{failed}
	}
	j.session.Mapping, j.session.uncheckedMapping = checked, time.Time{}
	return nil
}

// issuesMost is how many things are told that are wrong with a mapping, in the sentence of a connection.
const issuesMost = 2

// issuesSaid tells some of what is wrong, and how much more there is.
func issuesSaid(wrong *hub.InvalidError) string {
	var said []string
	for _, issue := range wrong.Issues[:min(len(wrong.Issues), issuesMost)] {
		said = append(said, (&hub.InvalidError{Issues: []hub.Issue{issue}}).Error())
	}
	if more := len(wrong.Issues) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(said, "; ")
}

// endUnmapped ends a job whose mapping names what is not there: it is asked about again now and then.
func (j *syncJob) endUnmapped(ctx context.Context, err *mappingError, end store.SyncJobResult, now time.Time) error {
	end.Next = now.Add(jitter(mappingRetry, 4))
	end.ModelsDue = end.Next
	end.Waiting = store.NeedsMapping
	return j.needsCredentials(ctx, end, err.Error())
}
