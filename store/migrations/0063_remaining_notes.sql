-- +goose Up
-- Which notes of a delivery remain on records that they do not belong on any more, for people; empty where none does.
ALTER TABLE deliveries ADD COLUMN remains TEXT NOT NULL DEFAULT '';
