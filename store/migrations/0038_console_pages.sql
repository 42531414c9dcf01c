-- +goose Up
-- What an endpoint is still to be told, the latest first.
CREATE INDEX event_deliveries_pending ON event_deliveries (organization_id, endpoint_id, event_id) WHERE state = 'PENDING';
