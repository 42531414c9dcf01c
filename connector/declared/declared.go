// Package declared makes connectors out of files: one YAML file says how a vendor shows who asks, where its lists are, how
// they come in pages, and which part of an item is which field of a record. docs/platforms/your-own.md is the way from
// nothing to such a file; schema.json says what one may have.
//
// What a file says is data: its expressions see one answer or one item, call nothing outside, walk through one list at a
// time and make a bounded amount of text. A vendor that needs more than that has a connector in Go.
package declared

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// Platform is what a file says of a platform.
type Platform struct{ file definition }

// Info describes the platform.
func (p *Platform) Info() hub.PlatformInfo {
	f := &p.file
	info := hub.PlatformInfo{
		Platform: f.Platform, Name: f.Name, Rate: hub.Rate{Requests: f.Rate.Requests, Per: time.Duration(f.Rate.Per)},
		RequestTimeout: time.Duration(f.Timeout), LookBack: time.Duration(f.LookBack),
		NoteMost: f.Notes.Most, NoteLag: time.Duration(f.Notes.Lag),
	}
	for _, m := range f.Models {
		described := hub.ModelInfo{Model: m.Model, Incremental: m.Since != nil, ReportsDeletes: m.reportsDeletes(), Right: m.Right}
		for _, c := range m.Children {
			described.Also = append(described.Also, c.Model)
		}
		info.Models = append(info.Models, described)
	}
	for _, c := range f.Credentials {
		info.Credentials = append(info.Credentials, hub.CredentialField{Name: c.Name, Doc: c.Doc, Required: !c.Optional && c.Default == "", Secret: !c.Setting, Default: c.Default})
	}
	info.Credentials = append(info.Credentials, hub.CredentialField{Name: "baseURL", Doc: "The address of the API; change it for a sandbox.", Default: f.BaseURL})
	for _, t := range f.Notes.Targets {
		info.NoteTargets = append(info.NoteTargets, t.Model)
	}
	return info
}

func (m *model) reportsDeletes() bool { return m.Deletions.Told || m.Deletions.Path != nil }

// Connector is the connector of the platform. It is an Authorizer, a Finder, a Confirmer and a NoteFinder where the file
// says what that takes.
func (p *Platform) Connector() connector.Connector {
	c := connected{p}
	signs, finds, looks := p.file.Auth.Token != nil, p.finds(), p.looks()
	switch {
	case signs && finds && looks:
		return struct {
			connected
			authorizing
			finding
			looking
		}{c, authorizing{p}, finding{p}, looking{p}}
	case signs && finds:
		return struct {
			connected
			authorizing
			finding
		}{c, authorizing{p}, finding{p}}
	case signs && looks:
		return struct {
			connected
			authorizing
			looking
		}{c, authorizing{p}, looking{p}}
	case finds && looks:
		return struct {
			connected
			finding
			looking
		}{c, finding{p}, looking{p}}
	case signs:
		return struct {
			connected
			authorizing
		}{c, authorizing{p}}
	case finds:
		return struct {
			connected
			finding
		}{c, finding{p}}
	case looks:
		return struct {
			connected
			looking
		}{c, looking{p}}
	}
	return c
}

// connected is what every platform can.
type connected struct{ p *Platform }

// Info implements connector.Connector.
func (c connected) Info() hub.PlatformInfo { return c.p.Info() }

// Check implements connector.Connector.
func (c connected) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	of, sc := &c.p.file.Account, c.p.scope(s)
	path, query, err := c.p.where(sc, of.Path, of.Query)
	if err != nil {
		return connector.Account{}, err
	}
	answer, _, err := c.p.get(ctx, s, path, query)
	if err != nil {
		return connector.Account{}, err
	}
	sc.with("answer", answer)
	id, err := c.p.text(sc, of.ID)
	if err != nil {
		return connector.Account{}, err
	}
	name, err := c.p.text(sc, of.Name)
	return connector.Account{ID: id, Name: name}, err
}

// model is that of the file; nil where the file has none.
func (p *Platform) model(m hub.Model) *model {
	for _, of := range p.file.Models {
		if of.Model == m {
			return of
		}
	}
	return nil
}

// fail is an error of the platform.
func (p *Platform) fail(kind connector.Kind, format string, args ...any) error {
	return connector.Fail(kind, p.file.Name, format, args...)
}

// scope is what expressions see of a session: never a secret.
func (p *Platform) scope(s *connector.Session) *scope {
	settings := map[string]any{}
	for _, c := range p.file.Credentials {
		if c.Setting && s.Values[c.Name] != "" {
			settings[c.Name] = s.Values[c.Name]
		}
	}
	return newScope(map[string]any{"settings": settings, "account": s.ExternalAccountID, "now": s.Now().UTC()})
}

// where is what a request asks for.
func (p *Platform) where(sc *scope, path *template, query map[string]*template) (string, url.Values, error) {
	text, err := path.path(sc)
	if err != nil {
		return "", nil, p.fail(connector.Refused, "the path of a request cannot be made: %s", err)
	}
	values := url.Values{}
	for name, t := range query {
		if err := p.put(values, sc, name, t.eval); err != nil {
			return "", nil, err
		}
	}
	return text, values, nil
}

// put puts a value into the query; nothing is left out.
func (p *Platform) put(query url.Values, sc *scope, name string, eval func(*scope) (any, error)) error {
	value, err := eval(sc)
	text := ""
	if err == nil && value != nil {
		text, err = textOf(value)
	}
	if err != nil {
		return p.fail(connector.Refused, "the parameter %s cannot be made: %s", name, err)
	}
	if value != nil {
		query.Set(name, text)
	}
	return nil
}

// request is one that shows whose it is.
func (p *Platform) request(s *connector.Session, path string, query url.Values) (connector.Request, error) {
	r := connector.Request{Service: p.file.Name, Path: path, Query: query, Header: http.Header{}}
	sc := p.scope(s)
	for name, t := range p.file.Headers {
		value, err := t.text(sc, same)
		if err != nil {
			return r, p.fail(connector.Refused, "the header %s cannot be made: %s", name, err)
		}
		r.Header.Set(name, value)
	}
	if r.Query == nil {
		r.Query = url.Values{}
	}
	if err := p.sign(s, sc, &r); err != nil { // what is wrong might show a secret
		return r, p.fail(connector.Refused, "the credentials cannot be put into a request as its file says")
	}
	return r, nil
}

func same(text string) (string, error) { return text, nil }

// get makes a GET request and returns the answer as expressions see it.
func (p *Platform) get(ctx context.Context, s *connector.Session, path string, query url.Values) (any, connector.Answer, error) {
	r, err := p.request(s, path, query)
	if err != nil {
		return nil, connector.Answer{}, err
	}
	var v jsonValue
	a, err := connector.GetJSON(ctx, s, r, &v)
	return v.value, a, err
}

// text is what an expression is, as text; empty where the file has none.
func (p *Platform) text(sc *scope, e *expression) (string, error) {
	if !e.given() {
		return "", nil
	}
	value, err := e.eval(sc)
	text := ""
	if err == nil {
		text, err = textOf(value)
	}
	if err != nil {
		return "", p.fail(connector.Malformed, "an answer is not as its file says: %s", err)
	}
	return text, nil
}

// isTrue is what an expression says; standard where the file has none. Nothing is false.
func (e *expression) isTrue(sc *scope, standard bool) (bool, error) {
	if !e.given() {
		return standard, nil
	}
	value, err := e.eval(sc)
	is := false
	if err == nil {
		if is, err = truth(value); err != nil {
			err = &lineError{e.line, err.Error()}
		}
	}
	return is, err
}

func truth(value any) (bool, error) {
	switch v := value.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	}
	return false, errors.New(kind(value) + " is neither true nor false")
}

// paging is how a list comes in parts.
func (s *source) paging() *paging { return cmp.Or(s.Paging, &paging{Kind: unpaged}) }
