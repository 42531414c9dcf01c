-- +goose Up
-- An external id is of one user of an organization. Of several that have the same from before, the first one has it as
-- key; the others keep it as it is shown.
ALTER TABLE users ADD COLUMN external_key TEXT;
UPDATE users SET external_key = external_id WHERE external_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM users o WHERE o.organization_id = users.organization_id AND o.external_id = users.external_id AND o.id < users.id);
CREATE UNIQUE INDEX users_by_external_key ON users (organization_id, external_key) WHERE external_key IS NOT NULL;

-- Whether the summary is there, and whether there are extractions and none is under way. A text within the JSON has its
-- quotation marks escaped, so that these are names of fields alone.
ALTER TABLE recordings ADD COLUMN summary_done BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE recordings ADD COLUMN extraction_done BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE recordings SET summary_done = TRUE WHERE analysis LIKE '%"summary":[%';
UPDATE recordings SET extraction_done = TRUE WHERE analysis LIKE '%"extractions":[%' AND analysis NOT LIKE '%"status":"IN_PROGRESS"%';
