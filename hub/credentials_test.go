package hub_test

import (
	"errors"
	"strings"
	"testing"

	"sirocco/hub"
)

func TestCredentialsAreCompleted(t *testing.T) {
	const secret = "s3cr3t"
	info := hub.PlatformInfo{Credentials: []hub.CredentialField{
		{Name: "baseURL", Doc: "Where the API is.", Default: "https://api.example.com"},
		{Name: "apiKey", Doc: "The API key.", Required: true, Secret: true},
	}}
	got, err := info.CompleteCredentials(map[string]string{"apiKey": " k \n"})
	if err != nil || got["baseURL"] != "https://api.example.com" || got["apiKey"] != "k" {
		t.Errorf("completed %v, %v", got, err)
	}
	_, err = info.CompleteCredentials(map[string]string{"baseURL": "https://u:" + secret + "@h", "apiKy": secret})
	var invalid *hub.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Issues) != 3 || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}
