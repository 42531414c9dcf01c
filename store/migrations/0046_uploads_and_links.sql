-- +goose Up
-- The recordings that are linked to more than one record, who are few: they change with each of those.
CREATE INDEX recordings_linked_beside ON recordings (organization_id, link_connection_id) WHERE link_also <> '[]';
-- What was sent to make a recording of its audio, as a hash: the same again is a repeat, and anything else another request.
ALTER TABLE recordings ADD COLUMN upload_hash TEXT NOT NULL DEFAULT '';
