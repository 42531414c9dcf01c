package store

import (
	"context"
	"errors"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// ConsoleSeenGrain is how coarsely the last use of a session of the console is recorded.
const ConsoleSeenGrain = 5 * time.Minute

const consoleSessionColumns = `id, organization_id, group_id, token_id, method, role, name, created_at, seen_at, subject, user_id, ends_at`

func scanConsoleSession(r database.Row) (hub.ConsoleSession, error) {
	var c hub.ConsoleSession
	var created, seen int64
	var ends *int64
	err := r.Scan(&c.ID, &c.OrganizationID, &c.GroupID, &c.TokenID, &c.Method, &c.Role, &c.Name, &created, &seen, &c.Subject, &c.UserID, &ends)
	c.CreatedAt, c.SeenAt, c.EndsAt = fromMicros(created), fromMicros(seen), fromOptionalMicros(ends)
	return c, err
}

// CreateConsoleLogin makes the secret of a link that signs the person in once, within hub.ConsoleLoginLife. It is not
// kept anywhere.
func (s *Store) CreateConsoleLogin(ctx context.Context, p hub.ConsolePerson) (string, error) {
	if err := hub.ValidateName("name", p.Name); err != nil {
		return "", err
	}
	text := hub.NewConsoleLoginText()
	hash, _ := hub.ConsoleLoginHash(text)
	now := s.clock()
	return text, s.write(ctx, func(tx Tx) error {
		if p.OrganizationID != "" {
			if _, err := queryOne(ctx, tx, scanText, `SELECT id FROM organizations WHERE id = $1`, p.OrganizationID); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM console_logins WHERE expires_at <= $1`, micros(now)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO console_logins (hash, organization_id, role, name, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			hash, p.OrganizationID, string(p.Role), p.Name, micros(now.Add(hub.ConsoleLoginLife)))
		return err
	})
}

func scanConsoleLogin(r database.Row) (hub.ConsolePerson, error) {
	p := hub.ConsolePerson{Method: hub.ConsoleByLink}
	err := r.Scan(&p.OrganizationID, &p.Role, &p.Name)
	return p, err
}

// ConsoleLogin returns whom the link with the secret would sign in, without spending it; hub.ErrNotFound where it is
// spent, too old or none.
func (s *Store) ConsoleLogin(ctx context.Context, text string) (hub.ConsolePerson, error) {
	hash, ok := hub.ConsoleLoginHash(text)
	if !ok {
		return hub.ConsolePerson{}, hub.ErrNotFound
	}
	return queryOne(ctx, s.db, scanConsoleLogin, `SELECT organization_id, role, name FROM console_logins WHERE hash = $1 AND expires_at > $2`, hash, micros(s.clock()))
}

// SpendConsoleLogin opens a session for whom the link is with the secret, and returns it with the session's own secret.
// It is hub.ErrNotFound where the link is spent, too old or none.
func (s *Store) SpendConsoleLogin(ctx context.Context, text string) (hub.ConsoleSession, string, error) {
	hash, ok := hub.ConsoleLoginHash(text)
	if !ok {
		return hub.ConsoleSession{}, "", hub.ErrNotFound
	}
	var session hub.ConsoleSession
	var secret string
	err := s.write(ctx, func(tx Tx) error {
		p, err := queryOne(ctx, tx, scanConsoleLogin, `DELETE FROM console_logins WHERE hash = $1 AND expires_at > $2 RETURNING organization_id, role, name`, hash, micros(s.clock()))
		if err != nil {
			return err
		}
		session, secret, err = s.openConsole(ctx, tx, p)
		return err
	})
	return session, secret, err
}

// OpenConsole opens a session for a person of whom the caller knows who they are, and returns it with its secret, which
// is not kept anywhere.
func (s *Store) OpenConsole(ctx context.Context, p hub.ConsolePerson) (session hub.ConsoleSession, secret string, err error) {
	if err := hub.ValidateName("name", p.Name); err != nil {
		return session, "", err
	}
	err = s.write(ctx, func(tx Tx) error {
		session, secret, err = s.openConsole(ctx, tx, p)
		return err
	})
	return session, secret, err
}

func (s *Store) openConsole(ctx context.Context, tx Tx, p hub.ConsolePerson) (hub.ConsoleSession, string, error) {
	now := s.clock().UTC()
	c := hub.ConsoleSession{ID: s.newID(), ConsolePerson: p, CreatedAt: now, SeenAt: now}
	if p.Method == hub.ConsoleByOIDC {
		c.EndsAt = now.Add(hub.ConsoleProviderLife)
	}
	secret := hub.NewConsoleSessionText()
	hash, _ := hub.ConsoleSessionHash(secret)
	if _, err := tx.Exec(ctx, `DELETE FROM console_sessions WHERE seen_at <= $1`, micros(now.Add(-hub.ConsoleIdle))); err != nil {
		return c, "", err
	}
	_, err := tx.Exec(ctx, `INSERT INTO console_sessions (hash, `+consoleSessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		hash, c.ID, c.OrganizationID, c.GroupID, c.TokenID, string(c.Method), string(c.Role), c.Name, micros(now), micros(now), c.Subject, c.UserID, optionalMicros(c.EndsAt))
	if err != nil || p.OrganizationID == "" {
		return c, secret, err
	}
	ctx = WithActor(ctx, c.Actor())
	details := map[string]any{"method": string(c.Method), "role": string(c.Role)}
	if c.Subject != "" {
		details["subject"] = c.Subject
	}
	if c.UserID != "" {
		details["userId"] = c.UserID
	}
	return c, secret, s.audit(ctx, tx, p.OrganizationID, "signIn", "consoleSession", c.ID, details)
}

// consoleSessionLives is the condition of a session that is good still: it was used lately, its time is not over, the token
// that opened it was not revoked, and the user whom it is of was not disabled. Its parameters are those of stillLives.
const consoleSessionLives = ` seen_at > $1 AND (ends_at IS NULL OR ends_at > $2) AND (token_id = '' OR EXISTS (SELECT 1 FROM tokens t
	WHERE t.organization_id = console_sessions.organization_id AND t.id = console_sessions.token_id AND t.revoked_at IS NULL))
	AND (user_id = '' OR EXISTS (SELECT 1 FROM users u
	WHERE u.organization_id = console_sessions.organization_id AND u.id = console_sessions.user_id AND u.disabled = $3))`

// stillLives are the parameters of consoleSessionLives: when one must have been used last, what time it is, and false.
func (s *Store) stillLives(more ...any) []any {
	now := s.clock()
	return append([]any{micros(now.Add(-hub.ConsoleIdle)), micros(now), false}, more...)
}

const (
	consoleSessionQuery  = `SELECT ` + consoleSessionColumns + ` FROM console_sessions WHERE` + consoleSessionLives + ` AND hash = $4`
	livingSessionsQuery  = `SELECT hash FROM console_sessions WHERE` + consoleSessionLives + ` AND hash `
	consoleSessionsQuery = `SELECT ` + consoleSessionColumns + ` FROM console_sessions
		WHERE` + consoleSessionLives + ` AND organization_id = $4 AND id > $5 ORDER BY id LIMIT $6`
)

// ConsoleSession returns the living session with the secret, and records that it is used where it is, coarsely. As
// TokenByHash it is how an organization is learnt.
func (s *Store) ConsoleSession(ctx context.Context, secret string, use bool) (hub.ConsoleSession, error) {
	hash, ok := hub.ConsoleSessionHash(secret)
	if !ok {
		return hub.ConsoleSession{}, hub.ErrNotFound
	}
	now := s.clock()
	c, err := queryOne(ctx, s.db, scanConsoleSession, consoleSessionQuery, s.stillLives(hash)...)
	if err != nil || !use || now.Sub(c.SeenAt) < ConsoleSeenGrain {
		return c, err
	}
	// Not within the request: who leaves has been there all the same. That it cannot be written now ends no session.
	err = s.write(context.WithoutCancel(ctx), func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE console_sessions SET seen_at = $2 WHERE id = $1`, c.ID, micros(now))
		return err
	})
	if _, unavailable := errors.AsType[*hub.UnavailableError](err); unavailable {
		err = nil
	}
	return c, err
}

// LivingConsoleSessions returns which of the sessions with the hashes of secrets (see hub.ConsoleSessionHash) live. It is no use
// of them.
func (s *Store) LivingConsoleSessions(ctx context.Context, hashes []string) (map[string]bool, error) {
	in, arg := s.db.Dialect().In("$4", hashes)
	found, err := queryAll(ctx, s.db, scanText, livingSessionsQuery+in, s.stillLives(arg)...)
	alive := make(map[string]bool, len(found))
	for _, hash := range found {
		alive[hash] = true
	}
	return alive, err
}

// ConsoleSessions lists the living sessions of an organization alone, or, where it is empty, those of whoever runs the
// server, oldest first, after the one with the id after.
func (s *Store) ConsoleSessions(ctx context.Context, organization, after string, limit int) ([]hub.ConsoleSession, error) {
	return queryAll(ctx, s.db, scanConsoleSession, consoleSessionsQuery, s.stillLives(organization, after, limit)...)
}

// ConsoleSessionOwner is the organization that the session with the id is of, empty where it is of whoever runs the server; it is
// for the command line, which knows the id alone.
func (s *Store) ConsoleSessionOwner(ctx context.Context, id string) (string, error) {
	return queryOne(ctx, s.db, scanText, `SELECT organization_id FROM console_sessions WHERE id = $1`, id)
}

// EndConsoleSession ends one session of an organization, or, where it is empty, one of whoever runs the server.
func (s *Store) EndConsoleSession(ctx context.Context, organization, id string) error {
	return s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM console_sessions WHERE organization_id = $1 AND id = $2`, organization, id)
		if err = requireAffected(n, err, hub.ErrNotFound); err != nil || organization == "" {
			return err
		}
		return s.audit(ctx, tx, organization, "end", "consoleSession", id, map[string]any{})
	})
}
