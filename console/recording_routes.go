package console

import "sirocco/hub"

// recordRoutes are those of records, of the quarantine and of recordings.
func recordRoutes() []route {
	const viewer, operator = hub.ConsoleViewer, hub.ConsoleOperator
	return []route{
		{"GET", "/records", viewer, scopeOrganization, (*server).showRecords},
		{"GET", "/records/{model}/{record}", viewer, scopeOrganization, (*server).showRecord},

		{"GET", "/quarantine", viewer, scopeOrganization, (*server).showQuarantine},
		{"GET", "/quarantine/live", hub.ConsoleViewer, scopeOrganization, (*server).streamQuarantine},
		{"POST", "/quarantine/retry", operator, scopeOrganization, (*server).retryQuarantine},

		{"GET", "/recordings", viewer, scopeOrganization, (*server).showRecordings},
		{"GET", "/recordings/{recording}", viewer, scopeOrganization, (*server).showRecording},
		{"GET", "/recordings/{recording}/audio", viewer, scopeOrganization, (*server).serveAudio},
		{"GET", "/recordings/{recording}/link", viewer, scopeOrganization, (*server).showLinkSearch},
		{"POST", "/recordings/{recording}/open", operator, scopeOrganization, (*server).openRecording},
		{"POST", "/recordings/{recording}/take", operator, scopeOrganization, (*server).takeOffer},
		{"POST", "/recordings/{recording}/link", operator, scopeOrganization, (*server).linkRecording},
		{"POST", "/recordings/{recording}/unlink", operator, scopeOrganization, (*server).unlinkRecording},
		{"POST", "/recordings/{recording}/replay", operator, scopeOrganization, (*server).replayRecordingDelivery},
	}
}
