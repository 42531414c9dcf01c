package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// TaskKind is a kind of background work besides syncing.
type TaskKind string

// The kinds of tasks, with what the object of each is.
const (
	TaskLink      TaskKind = "LINK"       // link an organization's recordings; the object is the organization
	TaskWriteBack TaskKind = "WRITE_BACK" // send a connection's deliveries
	TaskWebhook   TaskKind = "WEBHOOK"    // send a webhook endpoint's events
	// TaskMultimedia fetches a recording that was made elsewhere; the object is the event.
	TaskMultimedia TaskKind = "MULTIMEDIA"
)

// Task is work that is done by one job at a time, on whatever node, as it was claimed.
type Task struct {
	OrganizationID string
	Kind           TaskKind
	ObjectID       string
	// Fence is the fencing token of the lease: it grows with each claim, and only the job with the latest may write.
	Fence int64
}

func scanTask(r database.Row) (Task, error) {
	var t Task
	err := r.Scan(&t.OrganizationID, &t.Kind, &t.ObjectID, &t.Fence)
	return t, err
}

// scheduleTask plans the task's next job for at, unless one is planned for earlier. That of a disabled organization waits
// until it is enabled.
func scheduleTask(ctx context.Context, tx Tx, organization string, kind TaskKind, object string, at time.Time) error {
	return scheduleTasks(ctx, tx, organization, kind, []taskDue{{object, at}})
}

// taskDue is when the task of an object is due.
type taskDue struct {
	object string
	at     time.Time
}

// scheduleTasks does what scheduleTask does for several objects, in their order, by one statement.
func scheduleTasks(ctx context.Context, tx Tx, organization string, kind TaskKind, due []taskDue) error {
	if len(due) == 0 {
		return nil
	}
	args := []any{organization, string(kind)}
	rows := make([]string, len(due))
	for i, d := range due {
		// Two of them, so that the row is held where it says so alone.
		rows[i] = fmt.Sprintf(`($1, $2, $%d, CASE WHEN (SELECT disabled FROM organizations WHERE id = $1) THEN
			CASE WHEN (%s) = 1 THEN NULL ELSE CAST($%d AS BIGINT) END ELSE CAST($%d AS BIGINT) END, 0)`, len(args)+1, staysDisabledQuery(tx.Dialect(), "$1"), len(args)+2, len(args)+2)
		args = append(args, d.object, micros(d.at))
	}
	_, err := tx.Exec(ctx, `INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (organization_id, kind, object_id) DO UPDATE SET due_at = excluded.due_at WHERE tasks.due_at IS NULL OR tasks.due_at > excluded.due_at`, args...)
	return err
}

// tasksOf are the tasks of a kind as work that is claimed. The kind stands in the text, so that the indexes are seen to fit.
func tasksOf(kind TaskKind) work {
	return work{table: "tasks", object: "object_id", where: "kind = '" + string(kind) + "' AND "}
}

// ClaimTasks takes what the room chooses of the tasks of a kind that are due, or whose job has died, as ClaimSchedules does
// connections.
func (s *Store) ClaimTasks(ctx context.Context, kind TaskKind, room Room, lease time.Duration, enqueue func(Tx, []Task) error) (claimed int, left bool, err error) {
	return claim(ctx, s, tasksOf(kind), room, "organization_id, kind, object_id, turn", scanTask, lease, enqueue)
}

// BeginTask is RenewTaskLease for a job that begins. It fails with hub.ErrDisabled where nothing may be done, as the organization was
// disabled since the task was due.
func (s *Store) BeginTask(ctx context.Context, t Task, lease time.Duration) error {
	if err := s.RenewTaskLease(ctx, t, lease); err != nil {
		return err
	}
	disabled, err := organizationDisabled(ctx, s.db, t.OrganizationID)
	if err == nil && disabled {
		err = hub.ErrDisabled
	}
	return err
}

// RenewTaskLease keeps a job alive for another lease, or returns ErrLeaseLost.
func (s *Store) RenewTaskLease(ctx context.Context, t Task, lease time.Duration) error {
	return s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE tasks SET lease_until = $5 WHERE organization_id = $1 AND kind = $2 AND object_id = $3 AND turn = $4 AND lease_until IS NOT NULL`,
			t.OrganizationID, string(t.Kind), t.ObjectID, t.Fence, micros(s.clock().Add(lease)))
		return requireAffected(n, err, ErrLeaseLost)
	})
}

// holdTaskLease makes sure, for the rest of the transaction, that the job may still write.
func holdTaskLease(ctx context.Context, tx Tx, t Task) error {
	held, err := queryAny(ctx, tx, `SELECT 1 FROM tasks WHERE organization_id = $1 AND kind = $2 AND object_id = $3 AND turn = $4`+tx.Dialect().ForUpdate(),
		t.OrganizationID, string(t.Kind), t.ObjectID, t.Fence)
	if err == nil && !held {
		return ErrLeaseLost
	}
	return err
}

// EndTask gives the task back, with what its job learned of the host that it asked. Its next job is at next, or never for
// the zero time; what became due during this job begins when it said.
func (s *Store) EndTask(ctx context.Context, t Task, next time.Time, reach Reach) error {
	err := s.write(ctx, func(tx Tx) error {
		disabled, err := organizationDisabled(ctx, tx, t.OrganizationID)
		if err != nil {
			return err
		}
		if disabled {
			next = time.Time{}
			if stays, err := staysDisabled(ctx, tx, t.OrganizationID); err != nil {
				return err
			} else if !stays {
				next = s.clock().Add(switchedAgain)
			}
		}
		n, err := tx.Exec(ctx, `UPDATE tasks SET lease_until = NULL, due_at = CASE
				WHEN CAST($5 AS BIGINT) IS NULL OR due_at < CAST($5 AS BIGINT) THEN due_at ELSE CAST($5 AS BIGINT) END, `+saveReach("$6", "$7")+`
			WHERE organization_id = $1 AND kind = $2 AND object_id = $3 AND turn = $4`,
			t.OrganizationID, string(t.Kind), t.ObjectID, t.Fence, optionalMicros(next), reach.Host, reach.TimedOut)
		return requireAffected(n, err, ErrLeaseLost)
	})
	if err == nil {
		s.notify() // it may be due again already
	}
	return err
}

// leaveLane takes the task out of the lane of its host: whom it asks was changed.
func leaveLane(ctx context.Context, tx Tx, organization string, kind TaskKind, object string) error {
	_, err := tx.Exec(ctx, `UPDATE tasks SET timeouts = 0 WHERE organization_id = $1 AND kind = $2 AND object_id = $3 AND timeouts > 0`, organization, string(kind), object)
	return err
}

// deleteTask removes a task whose object is gone; a job under way finds its lease lost.
func deleteTask(ctx context.Context, tx Tx, organization string, kind TaskKind, object string) error {
	_, err := tx.Exec(ctx, `DELETE FROM tasks WHERE organization_id = $1 AND kind = $2 AND object_id = $3`, organization, string(kind), object)
	return err
}
