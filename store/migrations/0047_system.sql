-- +goose Up
-- Since when a server runs, and how far the database's clock is ahead of its machine's, in microseconds.
ALTER TABLE nodes ADD COLUMN started_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE nodes ADD COLUMN clock_ahead BIGINT NOT NULL DEFAULT 0;

-- What failed lately and what waits, over all organizations, for whoever runs the server.
CREATE INDEX sync_runs_failed ON sync_runs (id) WHERE outcome = 'FAILED';
CREATE INDEX deliveries_failed_lately ON deliveries (updated_at) WHERE state = 'FAILED';
CREATE INDEX event_deliveries_failed_lately ON event_deliveries (updated_at) WHERE state = 'FAILED';
CREATE INDEX schedules_waiting ON schedules (waiting_until) WHERE waiting_until IS NOT NULL;
CREATE INDEX webhook_endpoints_held ON webhook_endpoints (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX rate_buckets_ahead ON rate_buckets (next_at);
