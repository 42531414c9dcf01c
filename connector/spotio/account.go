package spotio

import (
	"context"
	"net/url"

	"sirocco/connector"
)

// teamsPath lists the teams of a company.
const teamsPath = "/api/Teams/all"

// Check implements connector.Connector. Whose the key is, the vendor tells only of a team: a company without any, or a key
// whose role may not read them, has no id.
func (Connector) Check(ctx context.Context, s *connector.Session) (connector.Account, error) {
	if _, err := list(ctx, s, usersPath, "items", url.Values{"pageSize": {"1"}}); err != nil {
		return connector.Account{}, err
	}
	company, err := companyOf(ctx, s)
	if connector.IsKind(err, connector.Forbidden) || connector.IsKind(err, connector.Refused) || connector.IsKind(err, connector.Malformed) {
		return connector.Account{}, nil
	}
	return connector.Account{ID: company}, err
}

// companyOf is the id of the company whose key it is; empty where it has no team.
func companyOf(ctx context.Context, s *connector.Session) (string, error) {
	var teams []struct {
		ID id `json:"id"`
	}
	if _, err := connector.GetJSON(ctx, s, request(s, teamsPath, nil), &teams); err != nil {
		return "", err
	}
	for _, t := range teams {
		if t.ID == "" {
			continue
		}
		var team struct {
			Company id `json:"companyId"`
		}
		_, err := connector.GetJSON(ctx, s, request(s, "/api/Teams/"+url.PathEscape(string(t.ID)), nil), &team)
		return string(team.Company), err
	}
	return "", nil
}
