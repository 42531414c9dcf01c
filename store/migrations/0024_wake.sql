-- +goose Up
-- When the latest run that a webhook of the vendor asked for is due, and whether the next run begins because of it.
ALTER TABLE schedules ADD COLUMN woken_at BIGINT;
ALTER TABLE schedules ADD COLUMN woken BOOLEAN NOT NULL DEFAULT FALSE;
-- Whether a run began because of one.
ALTER TABLE sync_runs ADD COLUMN woken BOOLEAN NOT NULL DEFAULT FALSE;

-- A vendor that signs for all accounts names the account alone.
CREATE INDEX credentials_by_account ON credentials (account_id);
CREATE INDEX connections_by_account ON connections (platform, external_account_id);
