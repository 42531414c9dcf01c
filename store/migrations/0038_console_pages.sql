-- +goose Up
-- What an endpoint is still to be told, the latest first.
CREATE INDEX event_deliveries_pending ON event_deliveries (organization_id, endpoint_id, event_id) WHERE state = 'PENDING';

-- How far the database's clock is ahead of each server's, in microseconds, as the server last said.
ALTER TABLE nodes ADD COLUMN clock_ahead BIGINT NOT NULL DEFAULT 0;

-- What operators look at: the connections and endpoints that fail, who waits for a CRM's rate limit.
CREATE INDEX schedules_failing ON schedules (failures, organization_id, connection_id) WHERE failures > 0;
CREATE INDEX schedules_held ON schedules (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX webhook_endpoints_failing ON webhook_endpoints (failing_since) WHERE failing_since IS NOT NULL;
CREATE INDEX rate_buckets_by_next ON rate_buckets (next_at) WHERE next_at > 0;
