-- +goose Up
-- The browsers in which people are signed in to the console. organization_id is empty for whoever runs the server,
-- group_id for who sees one organization, or all; token_id names the token that opened the session and ends it.
CREATE TABLE console_sessions (
    id              TEXT PRIMARY KEY,
    hash            TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL,
    group_id        TEXT NOT NULL,
    token_id        TEXT NOT NULL,
    method          TEXT NOT NULL,
    role            TEXT NOT NULL,
    name            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL
);
CREATE INDEX console_sessions_by_scope ON console_sessions (organization_id, group_id, id);
CREATE INDEX console_sessions_by_age ON console_sessions (seen_at);

-- The links that open the console once each, by the command line.
CREATE TABLE console_logins (
    hash            TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    role            TEXT NOT NULL,
    name            TEXT NOT NULL,
    expires_at      BIGINT NOT NULL
);
CREATE INDEX console_logins_by_age ON console_logins (expires_at);

-- What failed on its way to a CRM, and what was sent and is not proven, for whoever has to look.
CREATE INDEX deliveries_failed ON deliveries (organization_id, id) WHERE state = 'FAILED';
CREATE INDEX deliveries_unproven ON deliveries (organization_id, id) WHERE state = 'CONFIRMING';
-- How many records a rewind reads again.
CREATE INDEX records_by_modified ON records (organization_id, connection_id, model, modified_at) WHERE modified_at IS NOT NULL;
