-- +goose Up
-- Limits of organizations; a resource without a row has none.
CREATE TABLE quotas (
    organization_id TEXT NOT NULL,
    resource        TEXT NOT NULL,
    most            BIGINT NOT NULL,
    PRIMARY KEY (organization_id, resource)
);

-- Counters of what would take long to count: records by connection, bytes of audio, requests by day.
CREATE TABLE usages (
    organization_id TEXT NOT NULL,
    resource        TEXT NOT NULL,
    part            TEXT NOT NULL,
    used            BIGINT NOT NULL,
    PRIMARY KEY (organization_id, resource, part)
);
INSERT INTO usages (organization_id, resource, part, used)
    SELECT organization_id, 'records', connection_id, COUNT(*) FROM records GROUP BY organization_id, connection_id;
INSERT INTO usages (organization_id, resource, part, used)
    SELECT a.organization_id, 'audioBytes', '', CAST(SUM(a.size) AS BIGINT) FROM (
        SELECT organization_id, size FROM uploads
        UNION ALL SELECT organization_id, size FROM recordings WHERE deleted_at IS NULL) a GROUP BY a.organization_id;

-- What is counted where it is asked for, by an index that has nothing else.
CREATE INDEX uploads_open ON uploads (organization_id, expires_at);
CREATE INDEX webhook_endpoints_there ON webhook_endpoints (organization_id) WHERE deleted_at IS NULL;
CREATE INDEX tokens_live ON tokens (organization_id) WHERE revoked_at IS NULL;
