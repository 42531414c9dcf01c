-- +goose Up
-- Until when an account asked to be left alone, by the last answer that did, and since when: credentials that were set later are tried.
-- 0 where it never did.
ALTER TABLE rate_buckets ADD COLUMN held_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rate_buckets ADD COLUMN held_since BIGINT NOT NULL DEFAULT 0;
