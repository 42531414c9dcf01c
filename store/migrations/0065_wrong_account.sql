-- +goose Up
-- Which account the CRM says that the credentials have come to open, where its records are not those that are kept, in words for people;
-- empty where it is the same.
ALTER TABLE credentials ADD COLUMN wrong_account TEXT NOT NULL DEFAULT '';
