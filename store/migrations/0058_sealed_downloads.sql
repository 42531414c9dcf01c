-- +goose Up
-- Where the audio of a recording made elsewhere is, encrypted: such an address is signed, or has a password. One that an earlier
-- program took in stays in download_url until it is fetched or given up, which takes about a day.
ALTER TABLE multimedia_events ADD COLUMN sealed_url TEXT NOT NULL DEFAULT '';
CREATE INDEX multimedia_events_sealed ON multimedia_events (organization_id, external_id) WHERE sealed_url <> '';
UPDATE multimedia_events SET download_url = '' WHERE status <> 'PENDING';
