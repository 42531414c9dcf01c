-- +goose Up
-- Notes that were sent over a connection that is gone, or to an account that was replaced: those that are not proven to be there, and those that
-- the vendor may not list yet. Another connection to the account looks for them before it sends the same again.
CREATE TABLE sent_before (
    organization_id    TEXT NOT NULL,
    recording_id       TEXT NOT NULL,
    id                 TEXT NOT NULL,
    platform           TEXT NOT NULL,
    -- The vendor's own id of the account; empty where it was not known.
    account_id         TEXT NOT NULL,
    model              TEXT NOT NULL,
    external_id        TEXT NOT NULL,
    correction         BIGINT NOT NULL,
    target_model       TEXT NOT NULL,
    target_external_id TEXT NOT NULL,
    marker             TEXT NOT NULL,
    note_print         TEXT NOT NULL,
    note_hash          TEXT NOT NULL,
    asked_at           BIGINT NOT NULL,
    proven             BOOLEAN NOT NULL,
    PRIMARY KEY (organization_id, recording_id, id)
);
CREATE INDEX sent_before_by_age ON sent_before (asked_at);
CREATE INDEX deliveries_sent_lately ON deliveries (organization_id, connection_id, sent_at) WHERE sent_at IS NOT NULL;

-- Since when a connection has its account; 0 is always. What was sent before is another account's, though the vendor's numbers be the same.
ALTER TABLE connections ADD COLUMN account_since BIGINT NOT NULL DEFAULT 0;
