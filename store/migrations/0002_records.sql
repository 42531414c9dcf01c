-- +goose Up
-- CRM records of all models in one table: what they have in common in columns, the rest in details (JSON).
-- References (_ref) are external ids of the same connection, so records may arrive in any order.

CREATE TABLE records (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    model           TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    account_ref     TEXT,
    contact_ref     TEXT,
    lead_ref        TEXT,
    opportunity_ref TEXT,
    engagement_ref  TEXT,
    type_ref        TEXT,
    user_ref        TEXT,
    owner_ref       TEXT,
    start_time      BIGINT,
    end_time        BIGINT,
    details         TEXT NOT NULL,
    hash            TEXT NOT NULL,
    modified_at     BIGINT,
    deleted_at      BIGINT,
    merged_into     TEXT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, model, external_id)
);
CREATE UNIQUE INDEX records_by_id ON records (organization_id, model, id);
CREATE INDEX records_by_external_id ON records (organization_id, model, external_id);
CREATE INDEX records_by_account ON records (organization_id, connection_id, account_ref) WHERE account_ref IS NOT NULL;
CREATE INDEX records_by_contact ON records (organization_id, connection_id, contact_ref) WHERE contact_ref IS NOT NULL;
CREATE INDEX records_by_lead ON records (organization_id, connection_id, lead_ref) WHERE lead_ref IS NOT NULL;
CREATE INDEX records_by_opportunity ON records (organization_id, connection_id, opportunity_ref) WHERE opportunity_ref IS NOT NULL;
CREATE INDEX records_by_engagement ON records (organization_id, connection_id, engagement_ref) WHERE engagement_ref IS NOT NULL;
CREATE INDEX records_by_type ON records (organization_id, connection_id, type_ref) WHERE type_ref IS NOT NULL;
CREATE INDEX records_by_user ON records (organization_id, connection_id, user_ref) WHERE user_ref IS NOT NULL;
CREATE INDEX records_by_owner ON records (organization_id, connection_id, owner_ref) WHERE owner_ref IS NOT NULL;
CREATE INDEX records_by_start ON records (organization_id, connection_id, model, start_time) WHERE start_time IS NOT NULL;

-- Which records a complete enumeration has met so far; emptied at its end.
CREATE TABLE enumerated (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    model           TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, model, external_id)
);

-- Deleted connections whose rows are still to be removed, a slice at a time.
CREATE TABLE purges (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id)
);

-- How the CRM is reached. sealed is encrypted; settings are not secret.
CREATE TABLE credentials (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    sealed          TEXT NOT NULL,
    sealed_token    TEXT,
    token_expires   BIGINT,
    token_lease     BIGINT,
    rejected_at     BIGINT,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id)
);

-- When each connection syncs, and which job may do it. A row is due at due_at unless a job holds its
-- lease; turn names that job, so that one which comes back from the dead finds itself replaced.
CREATE TABLE schedules (
    organization_id  TEXT NOT NULL,
    connection_id    TEXT NOT NULL,
    interval_seconds BIGINT NOT NULL,
    due_at           BIGINT,
    lease_until      BIGINT,
    turn             BIGINT NOT NULL,
    run_id           TEXT,
    failures         BIGINT NOT NULL,
    waiting          TEXT NOT NULL,
    waiting_until    BIGINT,
    PRIMARY KEY (organization_id, connection_id)
);
CREATE INDEX schedules_by_due ON schedules (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX schedules_by_lease ON schedules (lease_until) WHERE lease_until IS NOT NULL;

-- Where the sync of each model stands; the contract's syncStatus on the connection is told from it in the same transaction.
CREATE TABLE sync_states (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    model           TEXT NOT NULL,
    since           BIGINT,
    next            TEXT NOT NULL,
    newest          BIGINT,
    as_of           BIGINT,
    in_run          BOOLEAN NOT NULL,
    enumerating     BOOLEAN NOT NULL,
    enumerated_at   BIGINT,
    rewind_to       BIGINT,
    passed_run      TEXT NOT NULL,
    failed          TEXT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, model)
);

CREATE TABLE sync_runs (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    id              TEXT NOT NULL,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    pages           BIGINT NOT NULL,
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL,
    unchanged       BIGINT NOT NULL,
    deleted         BIGINT NOT NULL,
    quarantined     BIGINT NOT NULL,
    bytes           BIGINT NOT NULL,
    rate_wait       BIGINT NOT NULL,
    error           TEXT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, id)
);

CREATE TABLE quarantine (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    id              TEXT NOT NULL,
    model           TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    reason          TEXT NOT NULL,
    raw             TEXT NOT NULL,
    found_since     BIGINT,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, id)
);
CREATE UNIQUE INDEX quarantine_once ON quarantine (organization_id, connection_id, model, fingerprint);
