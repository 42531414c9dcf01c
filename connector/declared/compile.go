package declared

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
)

// What expressions see, by where they stand.
var (
	seesSettings = []string{"settings", "account", "now"}
	seesSecrets  = append([]string{"credentials"}, seesSettings...)
	seesSince    = append([]string{"since"}, seesSettings...)
	seesAnswer   = append([]string{"answer"}, seesSettings...)
	seesItem     = append([]string{"item"}, seesSettings...)
	seesPart     = append([]string{"item", "each"}, seesSettings...)
	seesID       = append([]string{"id"}, seesSettings...)
	seesRecord   = []string{"id", "settings", "account"} // what is the same at each reading
	seesNote     = append([]string{"id", "text", "title", "body", "marker"}, seesSettings...)
)

// compiling compiles one after another, and keeps what is wrong with those that fail.
type compiling struct{ wrong []*lineError }

func (c *compiling) expressions(names []string, all ...*expression) {
	for _, e := range all {
		if !e.given() {
			continue
		}
		if wrong := e.compile(names); wrong != nil && !slices.ContainsFunc(c.wrong, func(known *lineError) bool { return *known == *wrong }) {
			c.wrong = append(c.wrong, wrong)
		}
	}
}

func (c *compiling) templates(names []string, all ...*template) {
	for _, t := range all {
		if t == nil {
			continue
		}
		for _, p := range t.parts {
			if p.code != nil {
				c.expressions(names, p.code)
				if !p.code.given() {
					c.wrong = append(c.wrong, &lineError{t.line, "a ${} has no expression"})
				}
			}
		}
	}
}

func (c *compiling) tree(names []string, t *tree) {
	if t == nil {
		return
	}
	c.templates(names, t.leaf)
	for _, part := range t.object {
		c.tree(names, part)
	}
	for _, part := range t.list {
		c.tree(names, part)
	}
}

// err is all that is wrong, in the order of the lines.
func (c *compiling) err() error {
	slices.SortFunc(c.wrong, func(a, b *lineError) int { return cmp.Or(a.line-b.line, strings.Compare(a.text, b.text)) })
	var all []error
	for _, wrong := range c.wrong {
		all = append(all, wrong)
	}
	return errors.Join(all...)
}

func (c *compiling) texts(names []string, all map[string]*template) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c.templates(names, all[name])
	}
}

func (c *compiling) fields(names []string, of fields) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		c.expressions(names, of[name])
	}
}

func (c *compiling) source(names []string, s *source) {
	c.templates(names, s.Path)
	c.texts(names, s.Query)
	c.expressions(seesAnswer, s.Items)
	if s.Paging != nil {
		c.expressions(seesAnswer, s.Paging.Next, s.Paging.More)
	}
}

// compile makes all expressions of the file ready.
func (p *Platform) compile() error {
	f := &p.file
	var c compiling
	c.texts(seesSecrets, f.Auth.Headers)
	c.texts(seesSecrets, f.Auth.Query)
	if b := f.Auth.Basic; b != nil {
		c.templates(seesSecrets, b.User, b.Password)
	}
	if t := f.Auth.Token; t != nil {
		c.templates(seesSettings, t.URL, t.Path)
		c.texts(seesSecrets, t.Form)
		c.expressions(seesAnswer, t.Value, t.Seconds)
	}
	c.texts(seesSettings, f.Headers)
	c.templates(seesSettings, f.Account.Path)
	c.texts(seesSettings, f.Account.Query)
	c.expressions(seesAnswer, f.Account.ID, f.Account.Name)
	for _, m := range f.Models {
		c.source(seesSettings, &m.source)
		m.Since.defaults()
		if m.Since != nil {
			c.expressions(seesSince, m.Since.Value)
		}
		c.expressions(seesItem, m.Keep)
		c.fields(seesItem, m.Fields)
		for _, child := range m.Children {
			c.expressions(seesItem, child.Each)
			c.expressions(seesPart, child.Keep)
			c.fields(seesPart, child.Fields)
		}
		if m.Find != nil {
			c.templates(seesID, m.Find.Path)
			c.texts(seesID, m.Find.Query)
			c.expressions(seesAnswer, m.Find.Item)
		}
		c.templates(seesRecord, m.URL)
		if d := &m.Deletions; d.Path != nil {
			d.Paging = cmp.Or(d.Paging, f.Paging)
			c.source(seesSettings, &d.source)
			d.Since.defaults()
			c.expressions(seesSince, d.Since.Value)
			c.expressions(seesItem, d.ID, d.At)
		}
	}
	for _, t := range f.Notes.Targets {
		c.templates(seesNote, t.Write.Path)
		c.tree(seesNote, t.Write.Body)
		c.expressions(seesAnswer, t.Write.ID)
		if t.Find != nil {
			t.Find.Paging = cmp.Or(t.Find.Paging, f.Paging)
			c.source(seesID, &t.Find.source)
			c.expressions(seesItem, t.Find.ID, t.Find.Text)
		}
	}
	return c.err()
}

// defaults completes the parameter: without a value it is the time in RFC 3339.
func (s *since) defaults() {
	if s != nil && !s.Value.given() {
		s.Value = &expression{text: "toRFC3339(since)"}
	}
}
