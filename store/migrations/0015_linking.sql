-- +goose Up
-- How sure the rule must be to link: the connection's own thresholds, as JSON.
ALTER TABLE connections ADD COLUMN link_thresholds TEXT NOT NULL DEFAULT '{}';
