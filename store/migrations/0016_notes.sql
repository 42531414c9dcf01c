-- +goose Up
-- What happens when an analysis comes again after its note was written: NOTE, CHANGE or LEAVE.
ALTER TABLE connections ADD COLUMN corrections TEXT NOT NULL DEFAULT 'NOTE';

-- A delivery is one note: the first of a recording on a record, or its n-th correction. Which record it is put on, what it
-- is known again by, what it says (without the transcript), and a digest of all that was sent.
ALTER TABLE deliveries ADD COLUMN correction BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN target_model TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN target_external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN marker TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN note_print TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN note_text TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN note_hash TEXT NOT NULL DEFAULT '';

-- Of one that was sent but is not proven to be there: since when, how many successful looks did not find it, and why it is
-- no longer wanted, where that came about meanwhile.
ALTER TABLE deliveries ADD COLUMN asked_at BIGINT;
ALTER TABLE deliveries ADD COLUMN absences BIGINT NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN withdrawn TEXT NOT NULL DEFAULT '';
CREATE INDEX deliveries_confirming ON deliveries (organization_id, recording_id) WHERE state = 'CONFIRMING';

-- Until now a note was known by the id of its delivery, which is another one each time the delivery is made. These are
-- looked for, too, over whatever connection.
UPDATE deliveries SET marker = 'sirocco:' || id WHERE note_id <> '';
CREATE TABLE earlier_markers (
    organization_id TEXT NOT NULL,
    recording_id    TEXT NOT NULL,
    marker          TEXT NOT NULL,
    PRIMARY KEY (organization_id, recording_id, marker)
);
INSERT INTO earlier_markers (organization_id, recording_id, marker)
    SELECT d.organization_id, d.recording_id, 'sirocco:' || d.id FROM deliveries d
    WHERE d.note_id <> '' OR d.attempts > 0 OR EXISTS (SELECT 1 FROM delivery_attempts a
        WHERE a.organization_id = d.organization_id AND a.connection_id = d.connection_id AND a.delivery_id = d.id);

-- No link points at what is gone: those to a deleted connection go, slice by slice, as its rows do.
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT r.organization_id, r.link_connection_id, 0 FROM recordings r WHERE r.link_connection_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = r.organization_id AND c.id = r.link_connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = r.organization_id AND p.connection_id = r.link_connection_id);
