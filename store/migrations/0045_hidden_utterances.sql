-- +goose Up
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
