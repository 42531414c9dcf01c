package main

import (
	"slices"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/connector/declared"
	"sirocco/connector/leadperfection"
	"sirocco/connector/merge"
	"sirocco/connector/salesforce"
	"sirocco/connector/servicetitan"
	"sirocco/connector/spotio"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedcompanycam "sirocco/simulator/companycam"
	simulatedjobnimbus "sirocco/simulator/jobnimbus"
	simulatedleadperfection "sirocco/simulator/leadperfection"
	simulatedmerge "sirocco/simulator/merge"
	simulatedsalesforce "sirocco/simulator/salesforce"
	simulatedservicetitan "sirocco/simulator/servicetitan"
	simulatedspotio "sirocco/simulator/spotio"
)

// platform is a CRM that Sirocco pulls from, and what stands in for it. A new one is one line here.
type platform struct {
	// name is how the command line calls it.
	name      string
	connector connector.Connector
	simulator func(simulator.Options) *simulator.Server
}

var platforms = []platform{
	{"merge", merge.Connector{}, simulatedmerge.New},
	{"servicetitan", servicetitan.Connector{}, simulatedservicetitan.New},
	{"companycam", companycam.Connector{}, simulatedcompanycam.New},
	{"spotio", spotio.Connector{}, simulatedspotio.New},
	{"leadperfection", leadperfection.Connector{}, simulatedleadperfection.New},
	{"salesforce", salesforce.Connector{}, simulatedsalesforce.New},
}

// shownPlatforms are the program's own, and the one that it has as a file.
func shownPlatforms() []platform {
	return append(slices.Clone(platforms), platform{"jobnimbus", declared.JobNimbus().Connector(), simulatedjobnimbus.New})
}

// platformNames are the platforms that an operator can make a connection for, whether pulled or not.
func platformNames() []string {
	var names []string
	for _, p := range hub.OperatorPlatforms() {
		names = append(names, string(p))
	}
	return names
}

// connectors are those of the program's own platforms.
func connectors() pulledPlatforms {
	all := pulledPlatforms{}
	for _, p := range shownPlatforms() {
		all[p.connector.Info().Platform] = p.connector
	}
	return all
}

// pulledModels returns the models that the connector of one of the program's platforms pulls; none where records are pushed.
func pulledModels(of hub.Platform) []hub.Model { return connectors().models(of) }

// mappings says what a mapping of a platform can have.
func mappings(of hub.Platform) *hub.MappingInfo {
	c, ok := connectors()[of]
	if !ok {
		return nil
	}
	return c.Info().Mapping
}
