-- +goose Up
-- How a run ended, and what it did of each model, as JSON.
ALTER TABLE sync_runs ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_runs ADD COLUMN models TEXT NOT NULL DEFAULT '{}';

-- Whether a job has begun that has not given the connection back: where its lease runs out, its run was cut off.
ALTER TABLE schedules ADD COLUMN working BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE schedules SET working = TRUE WHERE lease_until IS NOT NULL AND run_id IS NOT NULL;

-- What is paused or disabled has no run in progress. Runs that nobody works on were left behind by older programs, which
-- did not keep how they ended: at the latest when the next one began.
UPDATE schedules SET run_id = NULL WHERE lease_until IS NULL AND run_id IS NOT NULL AND (
    EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = schedules.organization_id AND c.id = schedules.connection_id AND c.is_active = FALSE)
    OR EXISTS (SELECT 1 FROM organizations o WHERE o.id = schedules.organization_id AND o.disabled = TRUE));
UPDATE sync_runs SET outcome = 'CUT_OFF', error = 'It was cut off; how is not known. The next run went on from there.',
    ended_at = COALESCE((SELECT MIN(r.started_at) FROM sync_runs r WHERE r.organization_id = sync_runs.organization_id
        AND r.connection_id = sync_runs.connection_id AND r.id > sync_runs.id), sync_runs.started_at)
    WHERE ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM schedules s WHERE s.organization_id = sync_runs.organization_id
        AND s.connection_id = sync_runs.connection_id AND s.run_id = sync_runs.id);
UPDATE sync_runs SET outcome = CASE WHEN error = '' THEN 'DONE' ELSE 'FAILED' END WHERE ended_at IS NOT NULL AND outcome = '';
CREATE INDEX sync_runs_going_on ON sync_runs (organization_id, connection_id, id) WHERE ended_at IS NULL;

-- In which run the pages under way were begun, and what the CRM says keeps the model from being up to date.
ALTER TABLE sync_states ADD COLUMN begun_run TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_states ADD COLUMN note TEXT NOT NULL DEFAULT '';
-- When the CRM was last asked whose the credentials are, and what it said is not in order with the account.
ALTER TABLE credentials ADD COLUMN account_asked_at BIGINT;
ALTER TABLE credentials ADD COLUMN account_note TEXT NOT NULL DEFAULT '';

-- Requests that were sent to CRMs, without headers, bodies and values of queries. run_id is empty for those of write-back.
CREATE TABLE crm_requests (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    id              TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    model           TEXT NOT NULL,
    sent_at         BIGINT NOT NULL,
    method          TEXT NOT NULL,
    path            TEXT NOT NULL,
    status          BIGINT NOT NULL,
    failure         TEXT NOT NULL,
    took            BIGINT NOT NULL,
    bytes           BIGINT NOT NULL,
    rate_wait       BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, id)
);
CREATE INDEX crm_requests_by_run ON crm_requests (organization_id, connection_id, run_id, id);
CREATE INDEX crm_requests_by_age ON crm_requests (sent_at);
