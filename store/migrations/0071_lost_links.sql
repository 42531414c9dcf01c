-- +goose Up
-- The appointment that the rule had linked a recording to until the CRM moved or deleted it; empty where there is none.
ALTER TABLE recordings ADD COLUMN link_lost TEXT NOT NULL DEFAULT '';
