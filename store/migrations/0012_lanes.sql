-- +goose Up
-- Whom the last job of a connection, an endpoint or another task asked, and how often in a row it was not answered in
-- time: what hangs waits in a lane of its own, one job for each host.
ALTER TABLE schedules ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN timeouts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN timeouts BIGINT NOT NULL DEFAULT 0;

DROP INDEX schedules_by_due;
DROP INDEX tasks_by_due;
DROP INDEX tasks_by_lease;
CREATE INDEX schedules_by_due ON schedules (due_at) WHERE due_at IS NOT NULL AND lease_until IS NULL AND timeouts = 0;
CREATE INDEX schedules_in_lane ON schedules (host, timeouts, due_at) WHERE due_at IS NOT NULL AND lease_until IS NULL AND timeouts > 0;
CREATE INDEX tasks_by_due ON tasks (kind, due_at) WHERE due_at IS NOT NULL AND lease_until IS NULL AND timeouts = 0;
CREATE INDEX tasks_in_lane ON tasks (kind, host, timeouts, due_at) WHERE due_at IS NOT NULL AND lease_until IS NULL AND timeouts > 0;
CREATE INDEX tasks_by_lease ON tasks (kind, lease_until) WHERE lease_until IS NOT NULL;
