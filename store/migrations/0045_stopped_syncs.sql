-- +goose Up
-- A connection that was paused and resumed while a run tried again what had failed could be left with nothing planned.
UPDATE schedules SET due_at = 0
	WHERE due_at IS NULL AND lease_until IS NULL AND models_due_at IS NULL AND retrying = true
		AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = schedules.organization_id AND c.id = schedules.connection_id AND c.is_active = true)
		AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = schedules.organization_id AND o.disabled = false);
