-- +goose Up
-- Whether a connection has an inbound address, and which of its secrets count: each is made from the generation's number,
-- which never comes again, and a secret that all nodes share. previous are those before, as JSON, and until when each counts.
CREATE TABLE inbound_secrets (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    generation      BIGINT NOT NULL,
    previous        TEXT NOT NULL DEFAULT '[]',
    rotated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id)
);
-- Who calls an address names the connection alone.
CREATE UNIQUE INDEX inbound_secrets_by_connection ON inbound_secrets (connection_id);
