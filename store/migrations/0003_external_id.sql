-- +goose Up
-- An external id is looked up through the primary key, connection by connection: one index less to keep
-- for each record that comes in.
DROP INDEX records_by_external_id;
