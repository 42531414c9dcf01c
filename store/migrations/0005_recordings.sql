-- +goose Up
CREATE TABLE recordings (
    organization_id    TEXT NOT NULL REFERENCES organizations (id),
    id                 TEXT NOT NULL,
    user_id            TEXT NOT NULL,
    team_id            TEXT,
    title              TEXT NOT NULL,
    file_type          TEXT NOT NULL,
    blob               TEXT NOT NULL,
    size               BIGINT NOT NULL,
    started_at         BIGINT NOT NULL,
    ended_at           BIGINT NOT NULL,
    duration_ms        BIGINT NOT NULL,
    latitude           DOUBLE PRECISION,
    longitude          DOUBLE PRECISION,
    result             TEXT NOT NULL,
    conversation_type  TEXT NOT NULL,
    trigger_kind       TEXT NOT NULL,
    discoverable       BOOLEAN NOT NULL,
    contact_name       TEXT NOT NULL,
    contact_phone      TEXT NOT NULL,
    status             TEXT NOT NULL,
    processed_at       BIGINT,
    analysis           TEXT NOT NULL,
    analysis_hash      TEXT NOT NULL,
    score              DOUBLE PRECISION,
    -- The link: the record that the recording is about, why it is that one, or why it is none.
    link_connection_id TEXT,
    link_model         TEXT,
    link_external_id   TEXT,
    link_also          TEXT NOT NULL,
    link_by            TEXT NOT NULL,
    link_trigger       TEXT NOT NULL,
    link_reason        TEXT NOT NULL,
    linked_at          BIGINT,
    -- When its result was first written back: from then on the link moves only by hand.
    written_at         BIGINT,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    deleted_at         BIGINT,
    purged_at          BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX recordings_by_update ON recordings (organization_id, updated_at, id);
CREATE INDEX recordings_by_user ON recordings (organization_id, user_id, started_at);
CREATE INDEX recordings_by_start ON recordings (organization_id, started_at, id);
CREATE INDEX recordings_by_link ON recordings (organization_id, link_connection_id, link_model, link_external_id) WHERE link_connection_id IS NOT NULL;
CREATE INDEX recordings_by_blob ON recordings (organization_id, blob);

CREATE TABLE utterances (
    organization_id TEXT NOT NULL,
    recording_id    TEXT NOT NULL,
    position        BIGINT NOT NULL,
    speaker         TEXT NOT NULL,
    text            TEXT NOT NULL,
    start_ms        BIGINT NOT NULL,
    end_ms          BIGINT NOT NULL,
    redacted        BOOLEAN NOT NULL,
    confidence      DOUBLE PRECISION,
    PRIMARY KEY (organization_id, recording_id, position)
);

CREATE TABLE followups (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    recording_id    TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    kind            TEXT NOT NULL,
    score           BIGINT NOT NULL,
    status          TEXT NOT NULL,
    starred         BOOLEAN NOT NULL,
    details         TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX followups_by_recording ON followups (organization_id, recording_id);
CREATE INDEX followups_by_score ON followups (organization_id, score);

-- Audio that was promised a place by a signed URL; the recording that takes it over removes the row.
CREATE TABLE uploads (
    organization_id TEXT NOT NULL,
    blob            TEXT NOT NULL,
    file_type       TEXT NOT NULL,
    size            BIGINT NOT NULL,
    stored_at       BIGINT,
    expires_at      BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, blob)
);
CREATE INDEX uploads_by_expiry ON uploads (expires_at);

-- Recordings to be looked at again, because they or CRM records of their time came or changed: the time that is asked
-- for, and the one that a job has taken on, with the recording that it came to.
CREATE TABLE relinks (
    organization_id TEXT NOT NULL,
    asked_from      BIGINT,
    asked_until     BIGINT,
    taken_from      BIGINT,
    taken_until     BIGINT,
    taken_after     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id)
);

-- Values that the nodes share and nobody else may know, encrypted.
CREATE TABLE secrets (
    name       TEXT PRIMARY KEY,
    sealed     TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
