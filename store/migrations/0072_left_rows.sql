-- +goose Up
-- Of connections that were deleted while several nodes ran, up to a thousand rows of each table could be left for good: what is there of
-- connections that are not is purged again.
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM records t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM enumerated t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM absences t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM sync_runs t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM crm_requests t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM quarantine t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM deliveries t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM delivery_attempts t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM moves t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM touches t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM record_contacts t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM crm_user_keys t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
INSERT INTO purges (organization_id, connection_id, created_at)
    SELECT DISTINCT t.organization_id, t.connection_id, 0 FROM user_matches t
    WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = t.organization_id AND c.id = t.connection_id)
        AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.organization_id = t.organization_id AND p.connection_id = t.connection_id);
