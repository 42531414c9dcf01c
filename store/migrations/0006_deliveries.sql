-- +goose Up
-- What the background has to do besides syncing, one row for each thing that is done in order by one job at
-- a time: an organization's linking, a connection's write-back, a webhook endpoint's events.
CREATE TABLE tasks (
    organization_id TEXT NOT NULL,
    kind            TEXT NOT NULL,
    object_id       TEXT NOT NULL,
    due_at          BIGINT,
    lease_until     BIGINT,
    turn            BIGINT NOT NULL,
    PRIMARY KEY (organization_id, kind, object_id)
);
CREATE INDEX tasks_by_due ON tasks (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX tasks_by_lease ON tasks (lease_until) WHERE lease_until IS NOT NULL;

-- Results of recordings on their way to a CRM.
CREATE TABLE deliveries (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    id              TEXT NOT NULL,
    recording_id    TEXT NOT NULL,
    model           TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    state           TEXT NOT NULL,
    attempts        BIGINT NOT NULL,
    due_at          BIGINT,
    transcript      BOOLEAN,
    note_id         TEXT NOT NULL,
    error           TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    sent_at         BIGINT,
    PRIMARY KEY (organization_id, connection_id, id)
);
CREATE INDEX deliveries_by_due ON deliveries (organization_id, connection_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_by_target ON deliveries (organization_id, connection_id, model, external_id, id);
CREATE INDEX deliveries_by_recording ON deliveries (organization_id, recording_id);
CREATE INDEX deliveries_by_id ON deliveries (organization_id, id);

CREATE TABLE delivery_attempts (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    delivery_id     TEXT NOT NULL,
    number          BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    took            BIGINT NOT NULL,
    error           TEXT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, delivery_id, number)
);

CREATE TABLE webhook_endpoints (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    url             TEXT NOT NULL,
    description     TEXT NOT NULL,
    event_types     TEXT NOT NULL,
    sealed_secret   TEXT NOT NULL,
    sealed_previous TEXT,
    previous_until  BIGINT,
    disabled_at     BIGINT,
    disabled_reason TEXT NOT NULL,
    failing_since   BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    -- A deleted endpoint is kept until its deliveries are gone, slice by slice.
    deleted_at      BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX webhook_endpoints_told ON webhook_endpoints (organization_id) WHERE disabled_at IS NULL AND deleted_at IS NULL;
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints (deleted_at) WHERE deleted_at IS NOT NULL;

-- What happened, as it is told to every endpoint. One that was not fanned out yet has no deliveries so far.
CREATE TABLE events (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    type            TEXT NOT NULL,
    recording_id    TEXT NOT NULL,
    payload         TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    fanned_out_at   BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX events_by_age ON events (created_at);
CREATE INDEX events_to_fan_out ON events (created_at) WHERE fanned_out_at IS NULL;

CREATE TABLE event_deliveries (
    organization_id TEXT NOT NULL,
    endpoint_id     TEXT NOT NULL,
    event_id        TEXT NOT NULL,
    state           TEXT NOT NULL,
    attempts        BIGINT NOT NULL,
    -- When the attempts began that are made now, and how many there were before: a replay begins anew.
    begun_at        BIGINT NOT NULL,
    attempts_before BIGINT NOT NULL,
    due_at          BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, endpoint_id, event_id)
);
CREATE INDEX event_deliveries_by_due ON event_deliveries (organization_id, endpoint_id, due_at, event_id) WHERE due_at IS NOT NULL;
CREATE INDEX event_deliveries_failed ON event_deliveries (organization_id, endpoint_id, event_id) WHERE state = 'FAILED';

CREATE TABLE event_attempts (
    organization_id TEXT NOT NULL,
    endpoint_id     TEXT NOT NULL,
    event_id        TEXT NOT NULL,
    number          BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    took            BIGINT NOT NULL,
    status          BIGINT NOT NULL,
    response        TEXT NOT NULL,
    error           TEXT NOT NULL,
    PRIMARY KEY (organization_id, endpoint_id, event_id, number)
);
