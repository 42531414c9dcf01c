-- +goose Up
-- What happened in reps' recording apps, kept for a bounded time.
CREATE TABLE mobile_events (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    recording_id    TEXT,
    opportunities   TEXT NOT NULL,
    code            TEXT NOT NULL,
    event           TEXT NOT NULL,
    occurred_at     BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX mobile_events_by_time ON mobile_events (organization_id, created_at, id);
CREATE INDEX mobile_events_by_user ON mobile_events (organization_id, user_id, created_at, id);
CREATE INDEX mobile_events_by_recording ON mobile_events (organization_id, recording_id, created_at, id) WHERE recording_id IS NOT NULL;
CREATE INDEX mobile_events_by_age ON mobile_events (created_at);

-- Recordings made elsewhere, to be fetched; a row stays once it was, so that it comes once.
CREATE TABLE multimedia_events (
    organization_id   TEXT NOT NULL REFERENCES organizations (id),
    id                TEXT NOT NULL,
    external_id       TEXT NOT NULL,
    download_url      TEXT NOT NULL,
    file_type         TEXT NOT NULL,
    started_at        BIGINT NOT NULL,
    external_user_id  TEXT NOT NULL,
    email             TEXT NOT NULL,
    user_name         TEXT NOT NULL,
    external_event_id TEXT NOT NULL,
    status            TEXT NOT NULL,
    reason            TEXT NOT NULL,
    -- Grows with each repeat that takes the place of what was not fetched: a fetch of what was before says nothing of it.
    revision          BIGINT NOT NULL,
    attempts          BIGINT NOT NULL,
    due_at            BIGINT,
    recording_id      TEXT,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX multimedia_events_by_external_id ON multimedia_events (organization_id, external_id);
CREATE INDEX multimedia_events_by_status ON multimedia_events (organization_id, status, id);

-- What technicians are to hear before an appointment.
CREATE TABLE briefs (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    job_id          TEXT NOT NULL,
    appointment_id  TEXT NOT NULL,
    tenant_id       TEXT NOT NULL,
    technician_id   TEXT NOT NULL,
    audio_url       TEXT NOT NULL,
    message         TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX briefs_by_external_id ON briefs (organization_id, external_id);
CREATE INDEX briefs_by_appointment ON briefs (organization_id, appointment_id, id);
CREATE INDEX briefs_by_job ON briefs (organization_id, job_id, id);

-- The requests that changed something, as they were made with a token; the audit log says what they changed.
CREATE TABLE api_calls (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    token_id        TEXT NOT NULL,
    user_id         TEXT,
    method          TEXT NOT NULL,
    endpoint        TEXT NOT NULL,
    body            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX api_calls_by_age ON api_calls (created_at);
