-- +goose Up
-- A connection whose account was replaced shows none of the records of the one before while they are being removed.
ALTER TABLE connections ADD COLUMN retiring BOOLEAN NOT NULL DEFAULT FALSE;

-- A recording's utterances are those from words_from on: an analysis that is too long for one transaction is written beside the
-- one before, and then takes its place at once.
ALTER TABLE recordings ADD COLUMN words_from BIGINT NOT NULL DEFAULT 0;

-- Utterances that nobody is shown: of an analysis that is not all there yet, or that another one replaced. They are removed
-- after leaves_at, a slice at a time.
CREATE TABLE hidden_utterances (
    organization_id TEXT NOT NULL,
    recording_id    TEXT NOT NULL,
    words_from      BIGINT NOT NULL,
    leaves_at       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, recording_id, words_from)
);
CREATE INDEX hidden_utterances_by_end ON hidden_utterances (leaves_at);

-- Who has events whose deliveries are not planned, and which: each organization's are planned by themselves.
CREATE INDEX events_new ON events (organization_id, id) WHERE fanned_out_at IS NULL;

-- Models that are read from nothing, as the connection's mapping reads them otherwise: what is known of the whole reading before is
-- forgotten first, a slice at a time, and where they moved to another object their records, from place on, count as deleted.
CREATE TABLE rereads (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    model           TEXT NOT NULL,
    moved           BOOLEAN NOT NULL,
    place           TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, connection_id, model)
);
