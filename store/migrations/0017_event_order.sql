-- +goose Up
-- Events of one recording are numbered, and told to each endpoint in that order. Those from before have no numbers: their
-- ids are in the order of time.
ALTER TABLE recordings ADD COLUMN event_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event_deliveries ADD COLUMN recording_id TEXT NOT NULL DEFAULT '';
ALTER TABLE event_deliveries ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
UPDATE event_deliveries SET recording_id = COALESCE((SELECT e.recording_id FROM events e WHERE e.organization_id = event_deliveries.organization_id AND e.id = event_deliveries.event_id), '');
CREATE INDEX event_deliveries_of_recording ON event_deliveries (organization_id, endpoint_id, recording_id, sequence, event_id) WHERE state = 'PENDING';

-- Until when the receiver asked to be left alone.
ALTER TABLE webhook_endpoints ADD COLUMN held_until BIGINT;

-- What each endpoint was like in each minute: attempts, failures, and how many attempts took up to so many milliseconds.
CREATE TABLE webhook_minutes (
    organization_id TEXT NOT NULL,
    endpoint_id     TEXT NOT NULL,
    minute          BIGINT NOT NULL,
    attempts        BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    took            BIGINT NOT NULL,
    to_10           BIGINT NOT NULL,
    to_50           BIGINT NOT NULL,
    to_100          BIGINT NOT NULL,
    to_250          BIGINT NOT NULL,
    to_500          BIGINT NOT NULL,
    to_1000         BIGINT NOT NULL,
    to_2500         BIGINT NOT NULL,
    to_5000         BIGINT NOT NULL,
    to_15000        BIGINT NOT NULL,
    beyond          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, endpoint_id, minute)
);
CREATE INDEX webhook_minutes_by_age ON webhook_minutes (minute);
