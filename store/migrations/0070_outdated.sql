-- +goose Up
-- When the CRM, asked about a link before its note was sent, last said something else than what is kept: the rest of it may have changed, too.
ALTER TABLE schedules ADD COLUMN outdated_at BIGINT;
