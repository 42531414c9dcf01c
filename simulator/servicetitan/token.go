package servicetitan

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/simulator"
)

const (
	tokenPath   = "/connect/token"
	accessToken = "servicetitan-token-of-the-simulator-"
	tokenLife   = 15 * time.Minute
)

func giveToken(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != clientID || r.FormValue("client_secret") != clientSecret {
		simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_client"})
		return
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{
		"access_token": accessToken + strconv.FormatInt(s.Now().Add(tokenLife).Unix(), 10), "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer",
	})
}

// refuses returns the status for a request that lacks the app key, a token that still holds, or a scope; and 0.
func refuses(r *http.Request, now time.Time) int {
	if r.URL.Path == tokenPath {
		return 0
	}
	if !knownApp(r) {
		return http.StatusUnauthorized
	}
	until, err := strconv.ParseInt(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "+accessToken), 10, 64)
	if err != nil || now.Unix() > until {
		return http.StatusUnauthorized
	}
	_, lacks, _ := strings.Cut(r.Header.Get("St-App-Key"), without)
	if lacks != "" && slices.Contains(strings.Split(lacks, ","), scopeOf(r)) {
		return http.StatusForbidden
	}
	return 0
}

func knownApp(r *http.Request) bool {
	app, _, _ := strings.Cut(r.Header.Get("St-App-Key"), without)
	return app == appKey
}

// refusal is what the vendor says with a refusal.
func refusal(r *http.Request, status int) any {
	switch {
	case status == http.StatusForbidden:
		return problem("Scope validation failed", status)
	case !knownApp(r):
		return problem("Application key not present, check ST-App-Key header value.", status)
	}
	return problem("Unauthorized", status)
}

func problem(title string, status int) map[string]any {
	return map[string]any{
		"type": fmt.Sprintf("https://httpstatuses.example/%d", status), "title": title, "status": status, "traceId": "00-simulated-00", "errors": map[string]any{},
		"data": map[string]any{},
	}
}

func writeProblem(w http.ResponseWriter, status int, title string) {
	simulator.WriteJSON(w, status, problem(title, status))
}
