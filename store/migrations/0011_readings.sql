-- +goose Up
-- When the page was asked for that last wrote the row, or when it was pushed: what was asked for later is right.
ALTER TABLE records ADD COLUMN written_at BIGINT NOT NULL DEFAULT 0;

-- Increments. A run that an older program left under way begins anew at its cursor: when it was begun is not known.
-- Everything is read whole from here on, each connection and model at a time of its own.
UPDATE sync_states SET in_run = FALSE, next = '' WHERE in_run = TRUE;
UPDATE sync_states SET enumerated_at = NULL;
DELETE FROM enumerated;
ALTER TABLE sync_states DROP COLUMN newest;
ALTER TABLE sync_states DROP COLUMN enumerating;
ALTER TABLE sync_states ADD COLUMN started_at BIGINT;
ALTER TABLE sync_states ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sync_states ADD COLUMN failure_cause TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_states ADD COLUMN retry_at BIGINT;
ALTER TABLE sync_states ADD COLUMN barren BIGINT NOT NULL DEFAULT 0;

-- Whole readings under way: a model is read from its beginning beside its increments. enumerated has what they met.
CREATE TABLE readings (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    model           TEXT NOT NULL,
    next            TEXT NOT NULL,
    started_at      BIGINT NOT NULL,
    since           BIGINT,
    all_read        BOOLEAN NOT NULL,
    complete        BOOLEAN NOT NULL,
    barren          BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    retry_at        BIGINT,
    failed          TEXT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, model)
);

-- Records that a complete reading did not meet, and what is known of them: noted once, confirmed, held for a person,
-- approved or kept by one. Meeting a record removes its row.
CREATE TABLE absences (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    model           TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    noted_at        BIGINT NOT NULL,
    state           TEXT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, model, external_id)
);

-- models_due_at is when all models are due; before it a job tries only what failed (retrying). held_until is until when
-- the CRM asked to be left alone. deletion_limit is how many percent of a model may be found gone at once.
ALTER TABLE schedules ADD COLUMN models_due_at BIGINT;
ALTER TABLE schedules ADD COLUMN retrying BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE schedules ADD COLUMN held_until BIGINT;
ALTER TABLE schedules ADD COLUMN failure_cause TEXT NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN deletion_limit BIGINT NOT NULL DEFAULT 30;

-- One refusal is not the end: how often the CRM refused the credentials, since when, and when last.
ALTER TABLE credentials ADD COLUMN refusals BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN refused_since BIGINT;
ALTER TABLE credentials ADD COLUMN refused_at BIGINT;
UPDATE credentials SET refusals = 4, refused_since = rejected_at, refused_at = rejected_at WHERE rejected_at IS NOT NULL;
-- Those that were given up are tried again now and then.
UPDATE schedules SET due_at = 0 WHERE due_at IS NULL AND lease_until IS NULL
    AND EXISTS (SELECT 1 FROM credentials k WHERE k.organization_id = schedules.organization_id AND k.connection_id = schedules.connection_id AND k.rejected_at IS NOT NULL)
    AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = schedules.organization_id AND c.id = schedules.connection_id AND c.is_active = TRUE)
    AND NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = schedules.organization_id AND o.disabled = TRUE);

ALTER TABLE sync_runs ADD COLUMN missed BIGINT NOT NULL DEFAULT 0;
