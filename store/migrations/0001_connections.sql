-- +goose Up
-- Both databases read this one text. Times are microseconds since 1970 in UTC, ids are UUIDv7 texts.

CREATE TABLE organizations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE organization_groups (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE organization_group_members (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    group_id        TEXT NOT NULL REFERENCES organization_groups (id),
    PRIMARY KEY (organization_id, group_id)
);

CREATE TABLE tokens (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    hash            TEXT NOT NULL,
    group_id        TEXT REFERENCES organization_groups (id),
    parent_id       TEXT,
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT,
    revoked_at      BIGINT,
    PRIMARY KEY (organization_id, id)
);
-- The one look-up that does not know its organization yet. At most once a second for each token and node.
CREATE INDEX tokens_by_hash ON tokens (hash);

CREATE TABLE connections (
    organization_id     TEXT NOT NULL REFERENCES organizations (id),
    id                  TEXT NOT NULL,
    platform            TEXT NOT NULL,
    name                TEXT NOT NULL,
    external_account_id TEXT NOT NULL,
    is_active           BOOLEAN NOT NULL,
    sync_transcript     BOOLEAN NOT NULL,
    sync_status         TEXT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX connections_one_per_platform ON connections (organization_id, platform);

CREATE TABLE idempotency_keys (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    operation       TEXT NOT NULL,
    key             TEXT NOT NULL,
    request_hash    TEXT NOT NULL,
    answer          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, operation, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (organization_id, created_at);

-- One row that /readyz writes, to know that writing works. It fills room for a moment, to know that there is some.
CREATE TABLE readiness (
    id         BIGINT PRIMARY KEY,
    checked_at BIGINT NOT NULL,
    room       TEXT NOT NULL
);
INSERT INTO readiness (id, checked_at, room) VALUES (1, 0, '');
