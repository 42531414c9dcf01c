-- +goose Up
-- That a person asked for a delivery to be sent again: only then a note is written anew that somebody has deleted at the CRM.
ALTER TABLE deliveries ADD COLUMN replayed BOOLEAN NOT NULL DEFAULT FALSE;
