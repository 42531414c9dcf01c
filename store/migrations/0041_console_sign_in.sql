-- +goose Up
-- Whom a provider of OpenID Connect knows: what it calls the person, which user of the workspace they are (empty for nobody), and when
-- the session ends however much it is used, as the provider may have forgotten them since.
ALTER TABLE console_sessions ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE console_sessions ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
ALTER TABLE console_sessions ADD COLUMN ends_at BIGINT;
