-- +goose Up
-- What conversations of a type are like, in an organization or one of its teams: as it was handed in, as JSON.
CREATE TABLE conversation_configurations (
    organization_id   TEXT NOT NULL REFERENCES organizations (id),
    id                TEXT NOT NULL,
    definition        TEXT NOT NULL,
    updated_at        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

-- Scorecards and the metrics that they are made of.
CREATE TABLE scorecards (
    organization_id   TEXT NOT NULL REFERENCES organizations (id),
    id                TEXT NOT NULL,
    conversation_type TEXT NOT NULL,
    is_active         BOOLEAN NOT NULL,
    definition        TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX scorecards_by_type ON scorecards (organization_id, conversation_type, id);
CREATE TABLE scorecard_metrics (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    definition      TEXT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

-- What recordings were given for each metric, with what of the recording it is chosen by. The index answers alone.
CREATE TABLE scores (
    organization_id   TEXT NOT NULL,
    recording_id      TEXT NOT NULL,
    metric_id         TEXT NOT NULL,
    conversation_type TEXT NOT NULL,
    started_at        BIGINT NOT NULL,
    duration_ms       BIGINT NOT NULL,
    user_id           TEXT NOT NULL,
    team_id           TEXT,
    discoverable      BOOLEAN NOT NULL,
    value             DOUBLE PRECISION NOT NULL,
    details           TEXT NOT NULL,
    PRIMARY KEY (organization_id, recording_id, metric_id)
);
CREATE INDEX scores_by_metric ON scores (organization_id, conversation_type, metric_id, started_at, value, duration_ms, user_id, team_id, discoverable, recording_id);

-- Which recordings have scores.
ALTER TABLE recordings ADD COLUMN scored BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX recordings_scored ON recordings (organization_id, conversation_type, started_at, duration_ms, user_id, team_id, discoverable, result, id) WHERE scored;
