-- +goose Up
-- What a note was left without: the print of an analysis that came after it, and that the connection's corrections were to leave. It stays
-- left when the connection is made again, whose corrections may be others.
ALTER TABLE deliveries ADD COLUMN left_print TEXT NOT NULL DEFAULT '';
ALTER TABLE earlier_markers ADD COLUMN left_print TEXT NOT NULL DEFAULT '';
