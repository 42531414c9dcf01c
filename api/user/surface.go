// Package user is the published surface of users' access tokens, one file for each resource, named as in the path.
// A user sees their own recordings, those of the teams that they coach, and discoverable ones; an administrator all.
package user

import (
	"sirocco/api/wire"
)

// Config is what the surface needs beside the machinery.
type Config struct {
	// Audio is where the recordings' audio is kept; nil when it is not.
	Audio Audio
}

// server holds what handlers share.
type server struct {
	*wire.API
	Config
	signer signer
}

const (
	recordingsPath = "/v1/core/recordings"
	recordingTag   = "Recordings"
	recordingKind  = "recording"
)

// Register adds the surface's operations, and what serves the URLs that they sign.
func Register(a *wire.API, cfg Config) {
	s := &server{API: a, Config: cfg}
	s.registerRecordings()
	s.registerUtterances()
	s.registerSummaries()
	s.registerExtractions()
	s.registerUploads()
	s.registerSignedURLs()
	s.registerFollowups()
	s.registerLinks()
	s.registerAudio()
	s.registerConfigurations()
	s.registerScorecards()
}
