-- +goose Up
-- From which object of its CRM each model of a connection is read, as JSON; a connection without one is read by the first preset
-- of its platform. checked_at is when the CRM last said that all is there that it names, NULL until it has; failed is what it
-- said is not.
CREATE TABLE mappings (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    mapping         TEXT NOT NULL,
    updated_at      BIGINT NOT NULL,
    checked_at      BIGINT,
    failed          TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, connection_id)
);
