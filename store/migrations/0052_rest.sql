-- +goose Up
-- Records that more recordings show than one transaction lets count as changed: the others follow from the recording place on.
CREATE TABLE touches (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    id              TEXT NOT NULL,
    model           TEXT NOT NULL,
    external_ids    TEXT NOT NULL,
    place           TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, connection_id, id)
);
CREATE INDEX touches_by_id ON touches (id);

-- Organizations that were disabled or enabled with more background work than one transaction takes off the clock or makes due:
-- the rest follows, from the schedule of the connection object on while kind is empty, then from the task object of the kind on.
CREATE TABLE switches (
    organization_id TEXT NOT NULL PRIMARY KEY,
    kind            TEXT NOT NULL,
    object          TEXT NOT NULL
);
