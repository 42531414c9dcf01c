-- +goose Up
-- The recordings that wait for a person, who are few.
CREATE INDEX recordings_offered ON recordings (organization_id, id) WHERE link_by = 'OFFERED';
