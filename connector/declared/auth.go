package declared

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"sirocco/connector"
)

// tokenMost is how long a token is used at most, whatever the vendor says.
const tokenMost = 24 * time.Hour

// sign puts into a request what shows whose it is.
func (p *Platform) sign(s *connector.Session, sc *scope, r *connector.Request) error {
	sc.with("credentials", s.Values)
	a := &p.file.Auth
	for name, t := range a.Headers {
		value, err := t.text(sc, same)
		if err != nil {
			return err
		}
		r.Header.Set(name, value)
	}
	for name, t := range a.Query {
		value, err := t.text(sc, same)
		if err != nil {
			return err
		}
		r.Query.Set(name, value)
	}
	if b := a.Basic; b != nil {
		user, err := b.User.text(sc, same)
		if err != nil {
			return err
		}
		password, err := b.Password.text(sc, same)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	}
	if a.Token != nil {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	return nil
}

// authorizing is a platform with short-lived access tokens.
type authorizing struct{ p *Platform }

// Authorize implements connector.Authorizer.
func (a authorizing) Authorize(ctx context.Context, s *connector.Session) (connector.Token, error) {
	p, of := a.p, a.p.file.Auth.Token
	sc := p.scope(s)
	r := connector.Request{Service: p.file.Name, Header: http.Header{}, Problem: tokenProblem}
	var err error
	if of.URL.given() {
		r.BaseURL, err = of.URL.text(sc, same)
	} else {
		r.Path, err = of.Path.path(sc)
	}
	if err != nil {
		return connector.Token{}, p.fail(connector.Refused, "where tokens are had cannot be made: %s", err)
	}
	form := url.Values{}
	sc.with("credentials", s.Values)
	for name, t := range of.Form {
		value, err := t.text(sc, same)
		if err != nil {
			return connector.Token{}, p.fail(connector.Refused, "the credentials cannot be put into a request as its file says")
		}
		form.Set(name, value)
	}
	r.Body = form
	var v jsonValue
	if _, err := connector.PostJSON(ctx, s, r, &v); err != nil {
		if connector.IsKind(err, connector.Malformed) { // a page of a gateway, which says nothing of the credentials
			err = p.fail(connector.Temporary, "where tokens are had the answer cannot be read")
		}
		return connector.Token{}, err
	}
	return p.tokenOf(s, v.value)
}

func (p *Platform) tokenOf(s *connector.Session, answer any) (connector.Token, error) {
	of, sc := p.file.Auth.Token, p.scope(s).with("answer", answer)
	value, err := of.Value.eval(sc)
	text, isText := value.(string)
	if err != nil || !isText || text == "" {
		return connector.Token{}, p.fail(connector.Temporary, "where tokens are had the answer has none")
	}
	lasts, err := of.Seconds.eval(sc)
	seconds, isNumber := float(number(lasts))
	if err != nil || !isNumber || !(seconds > 0) {
		return connector.Token{}, p.fail(connector.Temporary, "a token came without the seconds that it lasts")
	}
	return connector.Token{Value: text, Expires: s.Now().Add(time.Duration(min(seconds, tokenMost.Seconds()) * float64(time.Second)))}, nil
}

// tokenProblem tells credentials that are refused, in the words of RFC 6749, from a place that is out of order.
func tokenProblem(status int, body []byte) (connector.Kind, string) {
	if status != http.StatusBadRequest {
		return "", ""
	}
	var said struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(body, &said) // what cannot be read says nothing
	switch said.Error {
	case "invalid_client", "invalid_grant", "unauthorized_client", "access_denied":
		return connector.Unauthorized, "the credentials are not accepted"
	}
	return connector.Temporary, "it does not say why"
}
