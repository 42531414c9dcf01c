-- +goose Up
-- The deleted records of a connection, which are few: the living ones are counted as all less these, by keys alone.
CREATE INDEX records_deleted ON records (organization_id, connection_id, model, deleted_at) WHERE deleted_at IS NOT NULL;
