-- +goose Up
-- With the start, so that the first and the last of any number of recordings of a record are found at once.
DROP INDEX recordings_by_link;
CREATE INDEX recordings_by_link ON recordings (organization_id, link_connection_id, link_model, link_external_id, started_at) WHERE link_connection_id IS NOT NULL;
