package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sirocco/connector"
	"sirocco/connector/declared"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/simulator/invented"
)

// connectorsMost is how many files of platforms a server reads.
const connectorsMost = 100

// connectorsFlag names an operator's own platforms.
type connectorsFlag struct {
	Connectors string `placeholder:"FOLDER" help:"A folder of platforms of your own, each in one file that ends in .yaml, as docs/platforms/your-own.md says."`
}

// load reads the platforms of the folder, with those that are part of the program.
func (f connectorsFlag) load() (pulledPlatforms, error) {
	all := connectors()
	if f.Connectors == "" {
		return all, nil
	}
	entries, err := os.ReadDir(f.Connectors)
	if err != nil {
		return nil, fmt.Errorf("--connectors: %w", err)
	}
	read := 0
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".yml") {
			continue
		}
		if read++; read > connectorsMost {
			return nil, fmt.Errorf("--connectors: %s has more than %d files", f.Connectors, connectorsMost)
		}
		p, err := readPlatform(filepath.Join(f.Connectors, name))
		if err != nil {
			return nil, fmt.Errorf("--connectors: %w", err)
		}
		called := p.Info().Platform
		if _, there := all[called]; there && called != declared.JobNimbus().Info().Platform { // whose file anybody may mend
			return nil, fmt.Errorf("--connectors: %s: there is already a platform %s", filepath.Join(f.Connectors, name), called)
		}
		all[called] = p.Connector()
	}
	return all, nil
}

// readPlatform reads the platform of a file.
func readPlatform(file string) (*declared.Platform, error) {
	text, err := readBounded(file)
	if err != nil {
		return nil, err
	}
	return declared.Parse(file, text)
}

// readBounded reads a file that should be small.
func readBounded(file string) ([]byte, error) {
	about, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if about.Size() > 1<<20 {
		return nil, fmt.Errorf("%s has more than 1 MiB", file)
	}
	return os.ReadFile(file)
}

// pulledPlatforms are the connectors of the platforms that records are pulled from.
type pulledPlatforms map[hub.Platform]connector.Connector

// models are those that a platform's connector pulls; none where records are pushed.
func (p pulledPlatforms) models(of hub.Platform) []hub.Model {
	c, ok := p[of]
	if !ok {
		return nil
	}
	var models []hub.Model
	for _, m := range c.Info().Models {
		models = append(models, m.Model)
	}
	return models
}

// credentialFields are those of a platform; none of one that takes no credentials.
func (p pulledPlatforms) credentialFields(of hub.Platform) []hub.CredentialField {
	if c, ok := p[of]; ok {
		return c.Info().Credentials
	}
	return nil
}

// names are the platforms that an operator can make a connection of, whether pulled or not: those of the contract in its
// order, then the others.
func (p pulledPlatforms) names() []string {
	names := platformNames()
	for _, platform := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(hub.Platforms(), platform) {
			names = append(names, string(platform))
		}
	}
	return names
}

// standIns are all that stands in for a CRM: for the platforms of the program, declared ones included, and for those that
// nobody sells, which a first file can be written for.
func standIns() []standIn {
	var all []standIn
	for _, p := range shownPlatforms() {
		all = append(all, standIn{p.name, p.simulator})
	}
	for _, kind := range invented.Kinds() {
		all = append(all, standIn{"invented-" + strings.ToLower(string(kind)), invented.New(kind)})
	}
	return all
}

// standIn is what the command line calls a stand-in, and what makes it.
type standIn struct {
	name string
	make func(simulator.Options) *simulator.Server
}
