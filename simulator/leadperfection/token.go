package leadperfection

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"sirocco/simulator"
)

const (
	tokenPath = "/token"
	clientID  = "acme"
	username  = "api-user-of-the-simulator"
	password  = "password-of-the-simulator"
	appKey    = "app-key-of-the-simulator"
	zoneName  = "America/New_York"
	tokenLife = 24 * time.Hour
)

func giveToken(w http.ResponseWriter, r *http.Request, now time.Time) {
	for name, want := range map[string]string{"grant_type": "password", "username": username, "password": password, "clientid": clientID, "appkey": appKey} {
		if r.PostFormValue(name) != want {
			simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "The user name or password is incorrect."})
			return
		}
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{
		"access_token": fmt.Sprintf("lp-%d", now.Add(tokenLife).Unix()), "token_type": "bearer", "expires_in": int(tokenLife.Seconds()) - 1,
		".expires": now.Add(tokenLife).Format(time.RFC1123), "user_data": map[string]any{"EmpID": 7, "TimeZoneOffset": -300},
	})
}

// refuses returns 401 for a request without a token, 403 for one whose token holds no more, and else 0.
func refuses(r *http.Request, now time.Time) int {
	if r.URL.Path == tokenPath {
		return 0
	}
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		return http.StatusUnauthorized
	}
	var end int64
	if _, err := fmt.Sscanf(token, "lp-%d", &end); err != nil || now.Unix() > end {
		return http.StatusForbidden
	}
	return 0
}
