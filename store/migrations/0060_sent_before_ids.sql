-- +goose Up
-- What the CRM itself calls the records that a note was sent to by way of and on: a service between that is linked to the CRM anew has
-- other ids of its own for them. Empty where there is no such id.
ALTER TABLE sent_before ADD COLUMN remote_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sent_before ADD COLUMN target_remote_id TEXT NOT NULL DEFAULT '';
