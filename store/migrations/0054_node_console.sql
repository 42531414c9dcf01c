-- +goose Up
-- Which servers do not serve the console, so that nobody is given a link that leads nowhere.
ALTER TABLE nodes ADD COLUMN no_console BOOLEAN NOT NULL DEFAULT FALSE;
