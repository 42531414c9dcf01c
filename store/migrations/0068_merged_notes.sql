-- +goose Up
-- The record that a note was put on, where that was merged into the one that it counts as being on: some vendors leave notes where they are,
-- and a connection that is made again may never be told of the merge.
ALTER TABLE sent_before ADD COLUMN merged_external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN merged_external_id TEXT NOT NULL DEFAULT '';
