package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"sirocco/api/wire"
	"sirocco/audio"
	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

type serveCommand struct {
	databaseFlag
	keyFlags
	connectorsFlag
	DatabaseDirect        string                   `placeholder:"URL" help:"The same PostgreSQL database past a pooler such as PgBouncer, to be told of new work at once instead of looking for it."`
	Listen                string                   `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen (${default})."`
	Audio                 string                   `placeholder:"URL" help:"Where recordings are kept: file:///FOLDER or s3://BUCKET?region=...; by default the folder recordings beside the SQLite file, or ./recordings with PostgreSQL."`
	PublicURL             string                   `placeholder:"URL" help:"How clients reach this server, as in https://hub.example.com, or with a path, as in https://example.com/sirocco: what the URLs in answers begin with. Default: how each request came."`
	Console               bool                     `default:"true" help:"Serve the web console at /console; false does not (${default})."`
	OIDC                  oidcFlags                `embed:"" prefix:"oidc-"`
	DeepLinkHost          string                   `default:"app.siro.ai" placeholder:"HOST" help:"Where the links lead that begin a recording in the app."`
	TrustedProxy          string                   `placeholder:"LIST" help:"The addresses and networks of your own proxies, as in 127.0.0.1,10.0.0.0/8: their X-Forwarded-For, -Proto and -Host count, and nobody else's Host."`
	RateLimit             int                      `default:"1000" placeholder:"N" help:"Requests that each token has a minute on this node; 0 is no limit (${default})."`
	OrganizationRateLimit int                      `default:"0" placeholder:"N" help:"Requests that all tokens of an organization have together a minute on this node; 0 is no limit (${default})."`
	AllowPrivate          bool                     `help:"Let webhooks and requests to CRMs go to http:// URLs and to addresses that are not public."`
	AllowTargets          string                   `placeholder:"LIST" help:"Let them go to these alone: hosts, addresses and networks, each alone or with a port, as in crm.internal,127.0.0.1:8090,10.0.0.0/8."`
	MergeWebhookKeys      []string                 `name:"merge-webhook-keys" placeholder:"KEY,..." help:"The keys that Merge signs its webhooks with, as its dashboard shows them, which POST /inbound/merge takes; two while one replaces the other."`
	NoteLag               map[string]time.Duration `placeholder:"PLATFORM=TIME" help:"How long a note that a CRM took may be missing from its lists, as in MERGE=26h; before that it does not count as absent. By default 26h for MERGE, 15m for others."`
	LogFormat             string                   `default:"text" enum:"text,json" help:"How to write the log: text or json (${default})."`
	LogLevel              string                   `default:"info" enum:"debug,info,warn,error" help:"What to log at least: debug, info, warn or error (${default}). Requests are info, health checks debug."`

	// strange are variables of the environment that no flag reads.
	strange []strangeVariable
}

// Validate implements kong's check of the command line.
func (c *serveCommand) Validate(line *kong.Context) error {
	if c.OrganizationRateLimit < 0 {
		return errors.New("--organization-rate-limit must be 0 or more")
	}
	if c.RateLimit < 0 {
		return errors.New("--rate-limit must be 0 or more")
	}
	pulled, err := c.load()
	if err != nil {
		return err
	}
	known := append(pulled.names(), string(hub.PlatformSalesforce))
	for platform, lag := range c.NoteLag {
		if !slices.Contains(known, platform) || lag < 0 || lag > store.SentBeforeKept {
			return fmt.Errorf("--note-lag: %s=%s is not a platform with a time of at most %.0fh, as in MERGE=26h", platform, lag, store.SentBeforeKept.Hours())
		}
	}
	if c.DatabaseDirect != "" && strings.HasPrefix(c.Database, "sqlite:") {
		return errors.New("--database-direct is for PostgreSQL behind a pooler: SQLite has none")
	}
	if _, err := c.targets(); err != nil {
		return fmt.Errorf("--allow-targets: %w", err)
	}
	if _, err := c.proxies(); err != nil {
		return fmt.Errorf("--trusted-proxy: %w", err)
	}
	if err := c.OIDC.validate(); err != nil {
		return err
	}
	if err := validateDeepLinkHost(line, &c.DeepLinkHost); err != nil {
		return err
	}
	if err := orDefault(line, "listen", &c.Listen); err != nil { // an empty one would be any port, open to everybody
		return err
	}
	return c.validatePublicURL()
}

// proxies are those whose forwarded headers count.
func (c *serveCommand) proxies() (wire.Proxies, error) {
	return wire.ParseProxies(listed(c.TrustedProxy))
}

// listed are the items of a list with commas.
func listed(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// targets are the addresses, beyond the public ones, that webhooks and requests to CRMs go to.
func (c *serveCommand) targets() (hub.Targets, error) {
	t, err := hub.ParseTargets(listed(c.AllowTargets))
	t.Any = c.AllowPrivate
	return t, err
}

// publicPath is a path that a public URL may have: nothing in it is ever escaped.
var publicPath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$`)

// ownPaths are what our own paths begin with: a public URL's path that did, too, could not be told from them once a proxy has
// taken it away.
var ownPaths = []string{"v1", "api-externalApi", "console", "audio", "inbound", "docs", "openapi.json", "openapi.yaml", "llms.txt", "healthz", "readyz", "metrics"}

// validatePublicURL refuses what could not begin our URLs.
func (c *serveCommand) validatePublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return errors.New("--public-url must be an http or https URL, as in https://hub.example.com or https://example.com/sirocco")
	case u.User != nil, strings.ContainsAny(c.PublicURL, "?#"):
		return errors.New("--public-url must end after the host, port and path, as in https://example.com:8443/sirocco: no user, query or fragment")
	case !publicPath.MatchString(u.EscapedPath()):
		return errors.New("--public-url has a path that is not of letters, digits and - . _ ~ between single slashes, as in https://example.com/sirocco")
	}
	if first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); slices.Contains(ownPaths, first) {
		return fmt.Errorf("--public-url has a path that begins with /%s, as ones of the server's own do: take another", first)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return nil
}

func (c *serveCommand) Run(ctx context.Context) (err error) {
	tuneGC()
	log := c.logger(os.Stderr)
	c.direct, c.log, c.serving = c.DatabaseDirect, log, true
	for _, v := range c.strange {
		log.Warn("an environment variable is not known", "name", v.name, "meant", v.meant)
	}
	pulled, err := c.load()
	if err != nil {
		return err
	}
	targets, err := c.targets()
	if err != nil {
		return err
	}
	proxies, err := c.proxies()
	if err != nil {
		return err
	}
	signIn, err := c.OIDC.provider(listed(c.AllowTargets), c.AllowPrivate)
	if err != nil {
		return err
	}
	noteLag := c.noteLag(pulled)
	listener, err := net.Listen("tcp", c.Listen) // before anything is made: another server may run here
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	st, keys, err := makeWithKeys(ctx, c.databaseFlag, c.keyFlags, store.Options{NoteLag: noteLag})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	place, err := audio.Open(ctx, c.audioURL())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	if err := hintFirstToken(ctx, st, c.Database); err != nil {
		return errors.Join(err, listener.Close())
	}
	c.secureKey(c.Database, log)
	if err := warnOfRefused(ctx, st, targets, log); err != nil {
		return errors.Join(err, listener.Close())
	}
	n, err := newNode(st, log, nodeOptions{console: c.Console, signIn: signIn, platforms: pulled, keys: keys, audio: place, publicURL: c.PublicURL, deepLinkHost: c.DeepLinkHost, rateLimit: c.RateLimit, mergeWebhookKeys: c.MergeWebhookKeys, organizationRateLimit: c.OrganizationRateLimit, targets: targets, proxies: proxies, noteLag: noteLag})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if st.LinksAreOlder() {
		go tellMadeLinks(ctx, st, log)
	}
	log.Info("listening", "url", "http://"+listener.Addr().String(), "version", version())
	return n.run(ctx, listener)
}

// warnOfRefused says at start what an earlier version sent and this one refuses: events to hosts that are not public,
// this machine's own among them.
func warnOfRefused(ctx context.Context, st *store.Store, targets hub.Targets, log *slog.Logger) error {
	urls, err := st.EndpointURLs(ctx)
	if err != nil {
		return err
	}
	hosts := map[string]bool{}
	for _, text := range urls {
		if u, err := url.Parse(text); err == nil && !targets.AllowURL(u.Scheme, u.Hostname(), u.Port()) {
			hosts[u.Host] = true
		}
	}
	if len(hosts) > 0 {
		named := slices.Sorted(maps.Keys(hosts))
		log.Warn("webhook endpoints are at hosts that are not asked: allow them with --allow-targets, or all with --allow-private",
			"hosts", strings.Join(named[:min(len(named), 20)], ","))
	}
	return nil
}

// tellMadeLinks says after an upgrade from a version that linked whatever overlapped how many of its links are not sure
// enough to be made now. They stay.
func tellMadeLinks(ctx context.Context, st *store.Store, log *slog.Logger) {
	made, unsure, err := st.MadeLinks(ctx)
	if err != nil {
		log.Warn("the links that an earlier version made were not counted", "error", err)
		return
	}
	log.Info("links that an earlier version made stay; so many of them would not be made now, but offered or left", "made", made, "unsure", unsure)
}

// noteLag is how long notes may be missing from lists, by platform, where the platform or the operator says so. Those of a platform that
// cannot be asked for its notes are in no list, ever.
func (c *serveCommand) noteLag(pulled pulledPlatforms) map[hub.Platform]time.Duration {
	all := map[hub.Platform]time.Duration{}
	for platform, lag := range c.NoteLag {
		all[hub.Platform(platform)] = lag
	}
	for platform, one := range pulled {
		_, finds := one.(connector.NoteFinder)
		_, set := all[platform]
		switch lag := one.Info().NoteLag; {
		case !finds:
			all[platform] = store.SentBeforeKept
		case !set && lag > 0:
			all[platform] = lag
		}
	}
	return all
}

// audioURL is where recordings are kept.
func (c *serveCommand) audioURL() string {
	if c.Audio != "" {
		return c.Audio
	}
	file, ok := strings.CutPrefix(c.Database, "sqlite:")
	if !ok {
		return "file://./recordings"
	}
	file, _, _ = strings.Cut(file, "?")
	folder, err := filepath.Abs(filepath.Join(filepath.Dir(file), "recordings"))
	if err != nil { // there is no working directory any more
		return "file://./recordings"
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(folder)}).String()
}

func (c *serveCommand) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // kong has checked it
	opts := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		opts.ReplaceAttr = durationInSeconds
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// durationInSeconds writes a duration as seconds, the unit of metrics: slog's JSON has nanoseconds, text has the unit with it.
func durationInSeconds(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.Float64Value(a.Value.Duration().Seconds())
	}
	return a
}

// hintFirstToken tells the operator of an empty database how to get in.
func hintFirstToken(ctx context.Context, st *store.Store, database string) error {
	some, err := st.Organizations(ctx, "", 1)
	if err != nil || len(some) > 0 {
		return err
	}
	fmt.Fprint(os.Stderr, firstTokenHint(database))
	return nil
}

// firstTokenHint says with which commands to begin.
func firstTokenHint(database string) string {
	flag, whole := databaseArgument(database)
	where := ""
	if !whole {
		where = ", where SIROCCO_DATABASE is the database's URL as it is here"
	}
	return fmt.Sprintf(`The database is empty. To make the first organization and a token for it, run in another terminal%s:

  sirocco organization create%s "My company"
  sirocco token create%s --name first --organization ID

`, where, flag, flag)
}

// databaseArgument is the --database that another command needs, quoted for a shell, and whether that is all it needs:
// a URL with a password is not shown, and has to be in its environment.
func databaseArgument(database string) (flag string, whole bool) {
	if database == "sqlite:sirocco.db" {
		return "", true
	}
	if !strings.HasPrefix(database, "sqlite:") {
		u, err := url.Parse(database)
		if err != nil || u.Redacted() != u.String() || u.Query().Has("password") {
			return "", false
		}
	}
	return " --database '" + strings.ReplaceAll(database, "'", `'\''`) + "'", true
}

// memoryAim is from where on memory is collected as often as it takes to stay below: what requests may hold at the same
// time is bounded so that it does.
const memoryAim = 352 << 20

// tuneGC trades memory, of which the server uses little, for fewer collections. An operator's GOGC or GOMEMLIMIT wins.
func tuneGC() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(memoryAim)
	}
}
