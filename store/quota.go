package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Who makes something of which the organization has a limit holds that limit's row from the beginning of its transaction,
// before all else that it locks, and counts at the end: two that would pass the limit together come one after another, on
// any node. An organization without the limit has no row, and its transactions wait for nothing.
//
// Records and bytes of audio, which are many, are counted by counters that are changed with them; those of records have a
// row for each connection, whose writers come one after another anyway. The others are few and are counted by an index, up
// to the limit and no further.

// heldLimits are the limits of an organization that a transaction holds.
type heldLimits struct {
	organization string
	limits       map[hub.Resource]int64
	// before is how much was used of each when it was held.
	before map[hub.Resource]int64
}

// holdLimits holds those limits of some resources that the organization has until the transaction ends.
func holdLimits(ctx context.Context, tx Tx, organization string, now time.Time, resources ...hub.Resource) (*heldLimits, error) {
	names := make([]string, len(resources))
	for i, r := range resources {
		names[i] = string(r)
	}
	in, arg := tx.Dialect().In("$2", names)
	set, err := queryAll(ctx, tx, scanLimit, `SELECT resource, most FROM quotas WHERE organization_id = $1 AND resource `+in+` ORDER BY resource`+tx.Dialect().ForUpdate(), organization, arg)
	if err != nil {
		return nil, err
	}
	return newHeldLimits(ctx, tx, organization, now, set...)
}

// newHeldLimits counts what is used of limits that the transaction holds.
func newHeldLimits(ctx context.Context, tx Tx, organization string, now time.Time, set ...limit) (*heldLimits, error) {
	h := &heldLimits{organization: organization, limits: map[hub.Resource]int64{}, before: map[hub.Resource]int64{}}
	for _, l := range set {
		h.limits[l.resource] = l.most
		n, err := used(ctx, tx, organization, l.resource, now, l.most+1)
		if err != nil {
			return nil, err
		}
		h.before[l.resource] = n
	}
	return h, nil
}

// check returns a *hub.QuotaError where more is used than before and than may be: where a limit was set lower than what
// was used, changes that add nothing still pass.
func (h *heldLimits) check(ctx context.Context, tx Tx, now time.Time) error {
	for _, resource := range slices.Sorted(maps.Keys(h.limits)) { // of several that are passed, the same one is told each time
		most := h.limits[resource]
		n, err := used(ctx, tx, h.organization, resource, now, most+2)
		if err != nil {
			return err
		}
		if n > most && n > h.before[resource] {
			return &hub.QuotaError{Resource: resource, Limit: most}
		}
	}
	return nil
}

type limit struct {
	resource hub.Resource
	most     int64
}

func scanLimit(r database.Row) (limit, error) {
	var l limit
	err := r.Scan(&l.resource, &l.most)
	return l, err
}

// counted are the conditions by which what has no counter is counted; $2 is the time, for uploads alone.
var counted = map[hub.Resource]string{
	hub.ResourceUploads:   `uploads WHERE organization_id = $1 AND expires_at > $2`,
	hub.ResourceEndpoints: `webhook_endpoints WHERE organization_id = $1 AND deleted_at IS NULL`,
	hub.ResourceTokens:    `tokens WHERE organization_id = $1 AND revoked_at IS NULL`,
}

// used is how much of a resource the organization uses. What is counted is counted up to most; 0 is all.
func used(ctx context.Context, q database.Querier, organization string, resource hub.Resource, now time.Time, most int64) (int64, error) {
	if from, ok := counted[resource]; ok {
		end := ""
		if most > 0 {
			end = fmt.Sprintf(" LIMIT %d", most)
		}
		args := []any{organization}
		if resource == hub.ResourceUploads {
			args = append(args, micros(now))
		}
		return queryOne(ctx, q, scanCount, `SELECT COUNT(*) FROM (SELECT 1 FROM `+from+end+`) c`, args...)
	}
	part, is := "", ` AND part >= $3`
	if resource == hub.ResourceRequests {
		part, is = dayPart(now), ` AND part = $3`
	}
	return queryOne(ctx, q, scanCount, `SELECT CAST(COALESCE(SUM(used), 0) AS BIGINT) FROM usages WHERE organization_id = $1 AND resource = $2`+is, organization, string(resource), part)
}

// dayPart names the day by which requests are counted.
func dayPart(now time.Time) string {
	from, _ := hub.UsageDay(now)
	return from.Format(time.DateOnly)
}

// addUsage changes the counter of a part of what the organization uses.
func addUsage(ctx context.Context, tx Tx, organization string, resource hub.Resource, part string, n int64) error {
	if n == 0 {
		return nil
	}
	return tx.Later(ctx, `INSERT INTO usages (organization_id, resource, part, used) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organization_id, resource, part) DO UPDATE SET used = usages.used + excluded.used`, organization, string(resource), part, n)
}

// SetLimits sets limits of an organization; nil takes one away. What is used beyond a limit stays.
func (s *Store) SetLimits(ctx context.Context, organization string, limits map[hub.Resource]*int64) error {
	for resource, most := range limits {
		if err := hub.ValidateLimit(resource, deref(most)); err != nil {
			return err
		}
	}
	return s.write(ctx, func(tx Tx) error {
		if _, err := queryOne(ctx, tx, scanText, `SELECT id FROM organizations WHERE id = $1`, organization); err != nil {
			return err
		}
		changes := map[string]any{}
		for _, resource := range hub.Resources() { // in one order
			most, named := limits[resource]
			if !named {
				continue
			}
			changes[string(resource)] = most
			query, args := `DELETE FROM quotas WHERE organization_id = $1 AND resource = $2`, []any{organization, string(resource)}
			if most != nil {
				query = `INSERT INTO quotas (organization_id, resource, most) VALUES ($1, $2, $3) ON CONFLICT (organization_id, resource) DO UPDATE SET most = excluded.most`
				args = append(args, *most)
			}
			if _, err := tx.Exec(ctx, query, args...); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, organization, "limit", "organization", organization, changes)
	})
}

// Usage is how much of each resource the organization uses and may use.
func (s *Store) Usage(ctx context.Context, organization string) ([]hub.Usage, error) {
	set, err := queryAll(ctx, s.db, scanLimit, `SELECT resource, most FROM quotas WHERE organization_id = $1`, organization)
	if err != nil {
		return nil, err
	}
	limits := map[hub.Resource]*int64{}
	for _, l := range set {
		limits[l.resource] = &l.most
	}
	now := s.clock()
	all := make([]hub.Usage, 0, len(hub.Resources()))
	for _, resource := range hub.Resources() {
		u := hub.Usage{Resource: resource, Limit: limits[resource]}
		if u.Used, err = used(ctx, s.db, organization, resource, now, 0); err != nil {
			return nil, err
		}
		if resource == hub.ResourceRequests {
			_, u.ResetsAt = hub.UsageDay(now)
		}
		all = append(all, u)
	}
	return all, nil
}

// requestBlocks is how many blocks a day's requests are at least taken in, requestBlockMost how many requests one has at most.
const (
	requestBlocks    = 100
	requestBlockMost = 1000
)

// TakeRequests takes some of the organization's requests of the day, for a node to count down: none are left where it
// takes none. What a node took and did not use counts as used. It returns the limit, 0 taken and no limit where there is none.
func (s *Store) TakeRequests(ctx context.Context, organization string) (taken int64, limit *int64, until time.Time, err error) {
	_, until = hub.UsageDay(s.clock())
	find := func(q database.Querier, end string) (*int64, error) {
		most, err := queryOne(ctx, q, scanCount, `SELECT most FROM quotas WHERE organization_id = $1 AND resource = $2`+end, organization, string(hub.ResourceRequests))
		if errors.Is(err, hub.ErrNotFound) {
			return nil, nil
		}
		return &most, err
	}
	if limit, err = find(s.db, ""); err != nil || limit == nil {
		return 0, nil, until, err
	}
	err = s.write(ctx, func(tx Tx) error {
		taken = 0
		now := s.clock()
		_, until = hub.UsageDay(now)
		if limit, err = find(tx, tx.Dialect().ForUpdate()); err != nil || limit == nil {
			return err
		}
		n, err := used(ctx, tx, organization, hub.ResourceRequests, now, 0)
		if err != nil {
			return err
		}
		taken = max(0, min(*limit-n, max(1, min(*limit/requestBlocks, requestBlockMost))))
		if taken == 0 {
			return nil
		}
		if n == 0 { // the first of the day
			if _, err := tx.Exec(ctx, `DELETE FROM usages WHERE organization_id = $1 AND resource = $2 AND part < $3`, organization, string(hub.ResourceRequests), dayPart(now)); err != nil {
				return err
			}
		}
		return addUsage(ctx, tx, organization, hub.ResourceRequests, dayPart(now), taken)
	})
	return taken, limit, until, err
}
