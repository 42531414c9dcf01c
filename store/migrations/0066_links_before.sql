-- +goose Up
-- Links that stood, as a person made them or their notes were written, when their connection went or its account was replaced: another
-- connection to the account takes them over.
CREATE TABLE links_before (
    organization_id TEXT NOT NULL,
    recording_id    TEXT NOT NULL,
    platform        TEXT NOT NULL,
    -- The vendor's own id of the account; empty where it was not known.
    account_id      TEXT NOT NULL,
    model           TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    -- What the CRM itself calls the record, and its name: a service between that is linked to the CRM anew has another id for it, and is
    -- another account. Empty where there is no such id.
    remote_id       TEXT NOT NULL,
    name            TEXT NOT NULL,
    -- Its further records, as the CRM itself calls them.
    link_also       TEXT NOT NULL,
    link_by         TEXT NOT NULL,
    link_trigger    TEXT NOT NULL,
    link_reason     TEXT NOT NULL,
    written_at      BIGINT,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, recording_id, platform, account_id)
);
CREATE INDEX links_before_by_record ON links_before (organization_id, platform, model, external_id);
CREATE INDEX links_before_by_remote_id ON links_before (organization_id, platform, model, remote_id) WHERE remote_id <> '';
CREATE INDEX links_before_by_age ON links_before (created_at);

-- Of which platform and account what is purged is; empty where it is not known.
ALTER TABLE purges ADD COLUMN platform TEXT NOT NULL DEFAULT '';
ALTER TABLE purges ADD COLUMN account_id TEXT NOT NULL DEFAULT '';
