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
		return printJSON(m.Given(connectors()[conn.Platform].Info().Models))
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
	given, err := c.read()
	if err != nil {
		return err
	}
	if c.Preset != "" {
		given.Preset = c.Preset
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
func (c *mappingSetCommand) read() (given hub.GivenMapping, err error) {
	if c.File == "" {
		if c.Preset == "" {
			return given, errors.New("say --preset, --file or both")
		}
		return given, nil
	}
	in := os.Stdin
	if c.File != "-" {
		if in, err = os.Open(c.File); err != nil {
			return given, err
		}
		defer func() { _ = in.Close() }()
	}
	text, err := io.ReadAll(io.LimitReader(in, mappingFileMost))
	if err == nil {
		err = json.Unmarshal(text, &given, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return given, fmt.Errorf("%s cannot be read as a mapping: %w", c.File, err)
	}
	return given, nil
}

// unaskedMapping is a hub.CheckMapping that leaves asking the CRM to a running server.
func unaskedMapping(_ context.Context, conn hub.Connection, given hub.GivenMapping) (hub.Mapping, error) {
	m, err := connectors()[conn.Platform].Info().CompleteMapping(given)
	if err != nil {
		return m, err
	}
	return m, &hub.UnavailableError{Who: "CRM", Reason: "a running server asks"}
}
