-- +goose Up
ALTER TABLE organizations ADD COLUMN disabled BOOLEAN NOT NULL DEFAULT FALSE;
-- Who administers and owns it, and its industries (JSON).
ALTER TABLE organizations ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
CREATE INDEX organization_group_members_by_group ON organization_group_members (group_id, organization_id);

CREATE TABLE teams (
    organization_id    TEXT NOT NULL REFERENCES organizations (id),
    id                 TEXT NOT NULL,
    name               TEXT NOT NULL,
    conversation_types TEXT NOT NULL,
    beta_features      TEXT NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

-- Workspace users. The _key columns are what two spellings of the same have in common; null where there is none.
CREATE TABLE users (
    organization_id       TEXT NOT NULL REFERENCES organizations (id),
    id                    TEXT NOT NULL,
    email                 TEXT NOT NULL,
    email_key             TEXT NOT NULL,
    first_name            TEXT,
    last_name             TEXT,
    name_key              TEXT,
    phone                 TEXT,
    phone_key             TEXT,
    team_id               TEXT,
    external_id           TEXT,
    is_admin              BOOLEAN NOT NULL,
    disabled              BOOLEAN NOT NULL,
    billable              BOOLEAN NOT NULL,
    suppress_emails       BOOLEAN,
    suppress_email_errors BOOLEAN,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX users_by_email ON users (organization_id, email_key);
CREATE INDEX users_by_name ON users (organization_id, name_key) WHERE name_key IS NOT NULL;
CREATE INDEX users_by_phone ON users (organization_id, phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX users_by_external_id ON users (organization_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX users_by_team ON users (organization_id, team_id) WHERE team_id IS NOT NULL;

CREATE TABLE team_coaches (
    organization_id TEXT NOT NULL,
    team_id         TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    PRIMARY KEY (organization_id, team_id, user_id)
);
CREATE INDEX team_coaches_by_user ON team_coaches (organization_id, user_id);

-- What CRM users are found by: their record's e-mail and name, in the spelling of the users' keys.
CREATE TABLE crm_user_keys (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    email_key       TEXT,
    name_key        TEXT,
    PRIMARY KEY (organization_id, connection_id, external_id)
);
CREATE INDEX crm_user_keys_by_email ON crm_user_keys (organization_id, email_key) WHERE email_key IS NOT NULL;
CREATE INDEX crm_user_keys_by_name ON crm_user_keys (organization_id, name_key) WHERE name_key IS NOT NULL;

-- Matches of CRM users that a person set by hand. An empty user_id says that it is nobody.
CREATE TABLE user_matches (
    organization_id TEXT NOT NULL,
    connection_id   TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, connection_id, external_id)
);
CREATE INDEX user_matches_by_user ON user_matches (organization_id, user_id);

CREATE TABLE oauth_apps (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    client_id       TEXT NOT NULL,
    name            TEXT NOT NULL,
    owner           TEXT NOT NULL,
    secret_hash     TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    deleted_at      BIGINT,
    PRIMARY KEY (organization_id, client_id)
);
CREATE INDEX oauth_apps_by_owner ON oauth_apps (organization_id, owner, created_at);

CREATE TABLE access_tokens (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    id              TEXT NOT NULL,
    client_id       TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    scope           TEXT NOT NULL,
    hash            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    revoked_at      BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX access_tokens_by_hash ON access_tokens (hash);
CREATE INDEX access_tokens_by_app ON access_tokens (organization_id, client_id, created_at);

-- Every change made through the API or the command line. Nothing changes or removes a row.
CREATE TABLE audit (
    organization_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    at              BIGINT NOT NULL,
    actor_kind      TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    action          TEXT NOT NULL,
    object_kind     TEXT NOT NULL,
    object_id       TEXT NOT NULL,
    changes         TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX audit_by_object ON audit (organization_id, object_kind, object_id, id);
