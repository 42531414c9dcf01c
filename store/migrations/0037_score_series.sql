-- +goose Up
-- What a metric was given in conversations of a type is a series, which a number stands for: the indexes that scorecards are summed
-- up from have the number in the place of two ids, and so a third of their size.
CREATE TABLE score_series (
    organization_id   TEXT NOT NULL,
    series            BIGINT NOT NULL,
    conversation_type TEXT NOT NULL,
    metric_id         TEXT NOT NULL,
    PRIMARY KEY (organization_id, series)
);
CREATE UNIQUE INDEX score_series_by_metric ON score_series (organization_id, conversation_type, metric_id);
INSERT INTO score_series (organization_id, series, conversation_type, metric_id)
    SELECT organization_id, ROW_NUMBER() OVER (PARTITION BY organization_id ORDER BY conversation_type, metric_id), conversation_type, metric_id
    FROM (SELECT DISTINCT organization_id, conversation_type, metric_id FROM scores) known;

ALTER TABLE scores ADD COLUMN series BIGINT NOT NULL DEFAULT 0;
UPDATE scores SET series = (SELECT s.series FROM score_series s WHERE s.organization_id = scores.organization_id
    AND s.conversation_type = scores.conversation_type AND s.metric_id = scores.metric_id);
DROP INDEX scores_by_metric;

-- Each answers alone: for one who sees everything, for a rep, for a team, and for those who see a part.
CREATE INDEX scores_by_series ON scores (organization_id, series, started_at, value, duration_ms);
CREATE INDEX scores_by_user ON scores (organization_id, series, user_id, started_at, value, duration_ms);
CREATE INDEX scores_by_team ON scores (organization_id, series, team_id, started_at, value, duration_ms);
CREATE INDEX scores_by_viewer ON scores (organization_id, series, started_at, value, duration_ms, discoverable, user_id, team_id, recording_id);
