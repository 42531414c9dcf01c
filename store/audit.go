package store

import (
	"context"
	"encoding/json"

	"sirocco/hub"
)

type actorKey struct{}

// WithActor says who makes the changes that are made with the context.
func WithActor(ctx context.Context, a hub.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// actorOf is who makes a change: Sirocco itself, unless somebody is named.
func actorOf(ctx context.Context) hub.Actor {
	if a, ok := ctx.Value(actorKey{}).(hub.Actor); ok {
		return a
	}
	return hub.Actor{Kind: hub.ActorSirocco, Name: "Sirocco"}
}

// audit remembers a change within the transaction that makes it. changes has the new values of what changed, and
// never a secret.
func (s *Store) audit(ctx context.Context, tx Tx, organization, action, kind, id string, changes map[string]any) error {
	text, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	a := actorOf(ctx)
	_, err = tx.exec(ctx, `INSERT INTO audit (organization_id, id, at, actor_kind, actor_id, actor_name, action, object_kind, object_id, changes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		organization, hub.NewID(), micros(s.clock()), string(a.Kind), a.ID, a.Name, action, kind, id, string(text))
	return err
}
