package main

import (
	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/connector/merge"
	"sirocco/connector/salesforce"
	"sirocco/connector/servicetitan"
	"sirocco/connector/spotio"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedcompanycam "sirocco/simulator/companycam"
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
	{"salesforce", salesforce.Connector{}, simulatedsalesforce.New},
}

// platformNames are the platforms that an operator can make a connection for, whether pulled or not.
func platformNames() []string {
	var names []string
	for _, p := range hub.OperatorPlatforms() {
		names = append(names, string(p))
	}
	return names
}

// pulledModels returns the models that the connector of a platform of the program pulls; none where records are pushed.
func pulledModels(of hub.Platform) []hub.Model {
	all, err := connectorsFlag{}.load()
	if err != nil {
		panic("the platforms of the program cannot be read: " + err.Error()) // no file is
	}
	return all.models(of)
}

// mappings says what a mapping of a platform can have.
func mappings(of hub.Platform) *hub.MappingInfo {
	c, ok := connectors()[of]
	if !ok {
		return nil
	}
	return c.Info().Mapping
}
