-- +goose Up
-- What of its appointment a link that the rule made rested on. Empty for links that were made before it was kept, and others.
ALTER TABLE recordings ADD COLUMN link_basis TEXT NOT NULL DEFAULT '';
