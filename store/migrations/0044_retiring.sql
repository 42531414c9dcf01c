-- +goose Up
-- A connection whose account was replaced shows none of the records of the one before while they are being removed.
ALTER TABLE connections ADD COLUMN retiring BOOLEAN NOT NULL DEFAULT FALSE;
