-- +goose Up
-- Records whose merge left references behind that are still to move to the survivor.
CREATE TABLE moves (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    model           TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, model, external_id)
);
