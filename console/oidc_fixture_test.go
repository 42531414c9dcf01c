package console

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"sirocco/hub"
)

// identity is a provider of OpenID Connect on a port of its own, by zitadel's server, whose people the test makes up.
type identity struct {
	*storage.Storage

	t      *testing.T
	url    string
	people map[string]*storage.User
	// claims are what it says beside a person's name and address, by their id.
	claims map[string]map[string]any
	key    atomic.Pointer[signingKey]
	down   atomic.Bool
	// bare says that the sign-in itself has no claims: they are asked for elsewhere.
	bare bool
	// change alters answers of the token endpoint; nil does not.
	change func(path string, body string) string
	asked  atomic.Int32
}

const clientID, clientSecret, password = "sirocco", "a secret of the tests", "a password of the tests"

// signingKey is a key that the provider signs with.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func newSigningKey(t *testing.T) *signingKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &signingKey{hub.NewID(), key}
}

func (k *signingKey) ID() string                                  { return k.id }
func (k *signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k *signingKey) Key() any                                    { return k.key }

// publicKey is what is published of a signingKey.
type publicKey struct{ *signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.key.PublicKey }

// newIdentity serves a provider that knows Dana, a viewer of the group sales. Its client has to be made known by register.
func newIdentity(t *testing.T) *identity {
	t.Helper()
	p := &identity{t: t, claims: map[string]map[string]any{}, people: map[string]*storage.User{}}
	p.add("dana", "dana@cedar.example", "sales")
	p.key.Store(newSigningKey(t))
	var handler atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		if p.down.Load() {
			http.Error(w, "out of order", http.StatusBadGateway)
			return
		}
		(*handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	handler.Store(new(http.NotFoundHandler()))
	return p.serve(&handler)
}

func (p *identity) serve(at *atomic.Pointer[http.Handler]) *identity {
	p.Storage = storage.NewStorageWithClients(p, map[string]*storage.Client{})
	config := &op.Config{CryptoKey: [32]byte{1}, CryptoKeyId: "1", CodeMethodS256: true, AuthMethodPost: true, DefaultLogoutRedirectURI: "/signed-out"}
	provider, err := op.NewProvider(config, p, op.StaticIssuer(p.url), op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		p.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, r *http.Request) { loginForm.Execute(w, r.FormValue("authRequestID")) })
	intercept := op.NewIssuerInterceptor(provider.IssuerFromRequest)
	mux.HandleFunc("POST /login/username", intercept.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := p.CheckUsernamePassword(r.PostFormValue("username"), r.PostFormValue("password"), r.PostFormValue("id")); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, op.AuthCallbackURL(provider)(r.Context(), r.PostFormValue("id")), http.StatusFound)
	}))
	mux.Handle("/", provider)
	at.Store(new(http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.change == nil {
			mux.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Code)
		io.WriteString(w, p.change(r.URL.Path, answer.Body.String()))
	}))))
	return p
}

var loginForm = template.Must(template.New("").Parse(`<!doctype html><title>Sign in</title><form method="post" action="/login/username"><input type="hidden" name="id" value="{{.}}">
<input id="username" name="username"><input id="password" name="password" type="password"><button id="go">Sign in</button></form>`))

// add makes a person known, whose e-mail address is verified, in groups.
func (p *identity) add(name, email string, groups ...string) {
	p.people[name] = &storage.User{ID: name, Username: name, Password: password, FirstName: strings.ToUpper(name[:1]) + name[1:], LastName: "Whitfield", Email: email, EmailVerified: true}
	p.claims[name] = map[string]any{"groups": groups}
}

// register makes a console known.
func (p *identity) register(consoleURL string) {
	client := storage.WebClient(clientID, clientSecret, consoleURL+oidcCallbackPath)
	p.Storage = storage.NewStorageWithClients(p, map[string]*storage.Client{clientID: client})
}

func (p *identity) GetUserByID(id string) *storage.User         { return p.people[id] }
func (p *identity) GetUserByUsername(name string) *storage.User { return p.people[name] }
func (p *identity) ExampleClientID() string                     { return "none" }

func (p *identity) SigningKey(context.Context) (op.SigningKey, error) { return p.key.Load(), nil }
func (p *identity) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{p.key.Load()}}, nil
}

func (p *identity) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	client, err := p.Storage.GetClientByClientID(ctx, id)
	return telling{client, !p.bare}, err
}

// telling is a client that is told with the sign-in what the provider knows of a person.
type telling struct {
	op.Client

	all bool
}

func (c telling) IDTokenUserinfoClaimsAssertion() bool { return c.all }

func (p *identity) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, token op.IDTokenRequest, scopes []string) error {
	p.tell(info, token.GetSubject())
	return p.Storage.SetUserinfoFromRequest(ctx, info, token, scopes)
}

func (p *identity) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	p.tell(info, subject)
	return p.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin)
}

func (p *identity) tell(info *oidc.UserInfo, person string) {
	for name, value := range p.claims[person] {
		info.AppendClaims(name, value)
	}
}

// withIdentity lets people sign in at the provider: admins run the server, ops act and sales look.
func withIdentity(p *identity) func(*Options) {
	return func(o *Options) {
		o.OIDC = &OIDC{
			Issuer: p.url, ClientID: clientID, ClientSecret: clientSecret, Scopes: []string{"profile", "email"}, Name: "Cedar ID", Client: &http.Client{Timeout: time.Minute, CheckRedirect: keepRedirect},
			Rules: hub.SignInRules{
				RoleClaim: "groups", ServerOperators: []string{"admins"}, Operators: []string{"ops"}, Viewers: []string{"sales"},
				OrganizationClaim: "company", UserClaim: "email", Organizations: map[string]string{},
			},
		}
	}
}

var requestID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// goThere begins at the console and signs in at the provider as the person, and returns where that leads back to.
func (b *browser) goThere(from, person string) *url.URL {
	b.t.Helper()
	a := b.do(http.MethodGet, from, nil)
	if a.status != http.StatusSeeOther {
		b.t.Fatalf("%s: %d %s", from, a.status, a.body)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	there := http.Client{Jar: jar, CheckRedirect: keepRedirect}
	at, err := url.Parse(a.location)
	if err != nil {
		b.t.Fatal(err)
	}
	form := url.Values(nil)
	for range 6 {
		var response *http.Response
		if form == nil {
			response, err = there.Get(at.String())
		} else {
			response, err = there.PostForm(at.Scheme+"://"+at.Host+"/login/username", form)
		}
		if err != nil {
			b.t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			b.t.Fatal(err)
		}
		form = nil
		if found := requestID.FindSubmatch(body); found != nil && response.StatusCode == http.StatusOK {
			form = url.Values{"id": {string(found[1])}, "username": {person}, "password": {password}}
			continue
		}
		to, err := response.Location()
		if err != nil {
			b.t.Fatal(fmt.Errorf("%s: %d %s", at, response.StatusCode, body))
		}
		if at = to; strings.HasPrefix(at.String(), b.url) {
			return at
		}
	}
	b.t.Fatal("it leads nowhere")
	return nil
}

// signIn goes through the provider as the person and back.
func (b *browser) signIn(from, person string) answer {
	b.t.Helper()
	back := b.goThere(from, person)
	return b.do(http.MethodGet, strings.TrimPrefix(back.String(), b.url), nil)
}
