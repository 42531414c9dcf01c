-- +goose Up
-- An event's attempts are counted, however long they take.
ALTER TABLE event_deliveries DROP COLUMN begun_at;

-- The audit log is read by an object's id with its kind or without: ids are of one object each.
CREATE INDEX audit_by_object_id ON audit (organization_id, object_id, id);
DROP INDEX audit_by_object;
