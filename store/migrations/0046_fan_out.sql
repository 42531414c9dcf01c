-- +goose Up
-- Who has events whose deliveries are not planned, and which: each organization's are planned by themselves.
CREATE INDEX events_new ON events (organization_id, id) WHERE fanned_out_at IS NULL;
