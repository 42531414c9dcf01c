-- +goose Up
-- The servers that run now, each as it last said of itself; one that was not seen for a while is gone.
CREATE TABLE nodes (
    id         TEXT PRIMARY KEY,
    host       TEXT NOT NULL,
    version    TEXT NOT NULL,
    public_url TEXT NOT NULL,
    -- The ids of the keys that it holds, with spaces before, between and behind.
    key_ids    TEXT NOT NULL,
    seen_at    BIGINT NOT NULL
);

-- What all servers of this database must agree on, by name: 'audio' is the marker in the audio store.
CREATE TABLE agreed (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
