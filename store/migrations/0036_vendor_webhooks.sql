-- +goose Up
-- Where the hub let a vendor post its webhooks of a connection, from before it asked for it on. generation is that of the address's
-- secret that the vendor has, 0 before it has one. leaving_since is when the connection was deleted: its credentials stay until
-- the vendor has taken the webhook back, or does not for too long.
CREATE TABLE vendor_webhooks (
    organization_id     TEXT NOT NULL,
    connection_id       TEXT NOT NULL,
    platform            TEXT NOT NULL,
    external_account_id TEXT NOT NULL,
    url                 TEXT NOT NULL,
    generation          BIGINT NOT NULL,
    failed              TEXT NOT NULL DEFAULT '',
    retry_at            BIGINT,
    leaving_since       BIGINT,
    PRIMARY KEY (organization_id, connection_id)
);
CREATE INDEX vendor_webhooks_leaving ON vendor_webhooks (retry_at) WHERE leaving_since IS NOT NULL;
