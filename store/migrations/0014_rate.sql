-- +goose Up
-- How often each account of a CRM was asked lately, over all nodes: blocks are requests that were handed out to a node,
-- in JSON, each with until when it may make them or, where it has said so, when it made the last of them. Nothing is
-- handed out before next_at.
CREATE TABLE rate_buckets (
    account    TEXT NOT NULL PRIMARY KEY,
    blocks     TEXT NOT NULL,
    next_at    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
