package main

import (
	"context"
	"encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"sirocco/hub"
	"sirocco/store"
)

type mappingCommand struct {
	Show mappingShowCommand `cmd:"" help:"Print it, as JSON."`
	Set  mappingSetCommand  `cmd:"" help:"Set it; a running server asks the CRM about it before the next run."`
}

// mappingFile is a mapping as PUT .../mapping takes it.
type mappingFile struct {
	Preset    string                   `json:"preset,omitempty"`
	NoteField string                   `json:"noteField,omitempty"`
	Models    map[string]mappingSource `json:"models,omitempty"`
}

type mappingSource struct {
	Object *string           `json:"object,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
}

type mappingShowCommand struct{ connectionFlag }

func (c *mappingShowCommand) Run(ctx context.Context) error {
	return c.reading(ctx, func(st *store.Store, conn hub.Connection) error {
		info := mappings(conn.Platform)
		if info == nil {
			return fmt.Errorf("a %s connection has no mapping: what is read from it is always the same", conn.Platform)
		}
		m, err := st.Mapping(ctx, conn.OrganizationID, conn.ID)
		if errors.Is(err, hub.ErrNotFound) {
			m.Mapping, err = info.Presets[0], nil
		}
		if err != nil {
			return err
		}
		shown := mappingFile{Preset: m.Preset, NoteField: m.NoteField, Models: map[string]mappingSource{}}
		for _, model := range pulledModels(conn.Platform) {
			src := m.Sources[model]
			shown.Models[string(model)] = mappingSource{&src.Object, src.Fields}
		}
		return printJSON(shown)
	})
}

type mappingSetCommand struct {
	connectionFlag
	Preset string `placeholder:"NAME" help:"What it begins with: standard or improveit360." env:"-"`
	File   string `placeholder:"FILE" help:"A file, or - for standard input, with what differs from that: JSON as PUT .../mapping takes it." env:"-"`
}

// mappingFileMost is how many bytes a file with a mapping may have.
const mappingFileMost = 1 << 20

func (c *mappingSetCommand) Run(ctx context.Context) error {
	file, err := c.read()
	if err != nil {
		return err
	}
	given := hub.GivenMapping{Preset: file.Preset, NoteField: file.NoteField, Models: map[string]hub.GivenSource{}}
	if c.Preset != "" {
		given.Preset = c.Preset
	}
	for model, src := range file.Models {
		given.Models[model] = hub.GivenSource(src)
	}
	return c.with(ctx, func(st *store.Store, conn hub.Connection) error {
		info := mappings(conn.Platform)
		if info == nil {
			return fmt.Errorf("a %s connection has no mapping: what is read from it is always the same", conn.Platform)
		}
		changed, m, err := st.PutMapping(ctx, conn.OrganizationID, conn.ID, given, info.Presets[0], nil, unaskedMapping)
		if err != nil {
			return err
		}
		for _, model := range slices.Sorted(maps.Keys(m.Sources)) {
			fmt.Printf("%-16s %s\n", model, m.Sources[model].Object)
		}
		return printStatus(ctx, st, changed)
	})
}

// read reads the file; none is an empty one.
func (c *mappingSetCommand) read() (f mappingFile, err error) {
	if c.File == "" {
		if c.Preset == "" {
			return f, errors.New("say --preset, --file or both")
		}
		return f, nil
	}
	in := os.Stdin
	if c.File != "-" {
		if in, err = os.Open(c.File); err != nil {
			return f, err
		}
		defer func() { _ = in.Close() }()
	}
	text, err := io.ReadAll(io.LimitReader(in, mappingFileMost))
	if err == nil {
		err = json.Unmarshal(text, &f, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return f, fmt.Errorf("%s cannot be read as a mapping: %w", c.File, err)
	}
	return f, nil
}

// unaskedMapping is a hub.CheckMapping that leaves asking the CRM to a running server.
func unaskedMapping(_ context.Context, conn hub.Connection, given hub.GivenMapping) (hub.Mapping, error) {
	m, err := connectors()[conn.Platform].Info().CompleteMapping(given)
	if err != nil {
		return m, err
	}
	return m, &hub.UnavailableError{Who: "CRM", Reason: "a running server asks"}
}
