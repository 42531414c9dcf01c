// Command sirocco is the integration hub: the server, and the commands an operator needs beside it. It
// wires the rooms together and holds no logic of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/willabides/kongplete"

	"sirocco/database"
	"sirocco/hub"
	"sirocco/store"
)

// program is the command line.
type program struct {
	Serve        serveCommand        `cmd:"" help:"Run the server."`
	Demo         demoCommand         `cmd:"" help:"Show it all in a minute or two, with CRMs of its own and nothing to set up."`
	Organization organizationCommand `cmd:"" help:"Create and list organizations, and set their limits."`
	Usage        usageCommand        `cmd:"" help:"Print what an organization uses, and its limits."`
	Token        tokenCommand        `cmd:"" help:"Create, list and revoke organization tokens."`
	Connection   connectionCommand   `cmd:"" help:"Create, list, pause and resume connections."`
	Connector    connectorCommand    `cmd:"" help:"Check platforms of your own, each written as one file."`
	Webhook      webhookCommand      `cmd:"" help:"Create, test, disable and replay webhook endpoints."`
	Delivery     deliveryCommand     `cmd:"" help:"List and replay what is written back to the CRMs."`
	Sync         syncCommand         `cmd:"" help:"Sync a connection now."`
	Requests     requestsCommand     `cmd:"" help:"List the requests that were sent to the CRM of a connection."`
	DeepLink     deepLinkCommand     `cmd:"" help:"Print the link that begins a recording of an appointment in the app."`
	Deletions    deletionsCommand    `cmd:"" help:"Decide about records that a CRM no longer shows."`
	Console      consoleCommand      `cmd:"" help:"Sign in to the web console, and list and end its sessions."`
	Migrate      migrateCommand      `cmd:"" help:"Make the database, or upgrade it to this program's version, without serving."`
	Keys         keysCommand         `cmd:"" help:"Change the key that encrypts CRM credentials."`
	Storage      storageCommand      `cmd:"" name:"database" help:"Give room in the database's file back to the disk, and change what all servers agree on."`
	Simulate     simulateCommand     `cmd:"" help:"Run a stand-in for a CRM, to try things without one."`
	Version      versionCommand      `cmd:"" help:"Print the version."`

	Completion kongplete.InstallCompletions `cmd:"" help:"Print the line that sets up completion for your shell."`
}

const description = `Sirocco is a self-hosted integration hub between field-sales recordings and CRMs.

Examples:
  sirocco demo
  sirocco serve
  sirocco serve --listen 0.0.0.0:8080 --database postgres://sirocco@db/sirocco
  sirocco organization create "Acme Roofing"
  sirocco token create --organization ID --name laptop
  sirocco connection status ID
  sirocco sync ID --follow

Every flag is also an environment variable, SIROCCO_ and its name: SIROCCO_DATABASE, SIROCCO_LISTEN, ...
One that begins so and is none is named, and changes nothing.`

func main() {
	os.Exit(run(os.Args[1:]))
}

// run is main without the exit. It returns the exit status: 0, 1 for a failure, 2 for a wrong command line.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	defer stop()

	ctx = store.WithActor(ctx, operator())

	var cli program
	parser, err := kong.New(&cli, kong.Name("sirocco"), kong.Description(description), kong.UsageOnError(),
		kong.DefaultEnvars("SIROCCO"), kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), helpVars())
	if err != nil {
		fmt.Fprintln(os.Stderr, "sirocco:", err)
		return 1
	}
	kongplete.Complete(parser)
	if len(args) > 0 && args[0] == "help" { // as people call it who know it of other programs
		args = append(args[1:], "--help")
	}
	for _, arg := range args { // kong would put another character for each byte that is none
		if !hub.IsStorable(arg) {
			fmt.Fprintf(os.Stderr, "sirocco: the argument %s is no text in UTF-8\n", hub.Quoted(arg))
			return 2
		}
	}
	command, err := parser.Parse(joinNegative(args))
	if err != nil {
		fmt.Fprintf(os.Stderr, "sirocco: %v; see %s --help\n", err, called(err))
		return 2
	}
	cli.Serve.strange = strangeVariables(parser.Model.Node, os.Environ())
	if command.Command() != "serve" { // which writes a log
		for _, v := range cli.Serve.strange {
			fmt.Fprintf(os.Stderr, "sirocco: %s\n", v)
		}
	}
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "sirocco:", err)
		return 1
	}
	return 0
}

// helpVars are the words that help texts take from elsewhere.
func helpVars() kong.Vars { return kong.Vars{"platforms": strings.Join(platformNames(), ", ")} }

// stopSignals are those that end the program with grace: also that of a closed terminal, unless nohup ignores it.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// joinNegative makes "--flag -1" the one argument "--flag=-1", as no short flag is a digit: else kong would take the
// number for one.
func joinNegative(args []string) []string {
	var joined []string
	for _, arg := range args {
		last := len(joined) - 1
		if len(arg) > 1 && arg[0] == '-' && arg[1] >= '0' && arg[1] <= '9' && last >= 0 &&
			strings.HasPrefix(joined[last], "--") && !strings.Contains(joined[last], "=") {
			joined[last] += "=" + arg
			continue
		}
		joined = append(joined, arg)
	}
	return joined
}

// counted is a number of things, as in "1 event" and "2 events".
func counted(n int, thing, things string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %s", n, things)
}

// called is the command that a wrong command line came to before it went wrong.
func called(err error) string {
	names := []string{"sirocco"}
	if wrong, ok := errors.AsType[*kong.ParseError](err); ok && wrong.Context != nil {
		for _, step := range wrong.Context.Path {
			if step.Command != nil {
				names = append(names, step.Command.Name)
			}
		}
	}
	return strings.Join(names, " ")
}

// operator is whoever runs the program, as the audit log names it.
func operator() hub.Actor {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return hub.Actor{Kind: hub.ActorCommandLine, Name: name}
}

// commandTimeout is how long a database may take over a statement of a command, for which nobody waits but who gave it.
const commandTimeout = 2 * time.Minute

// databaseFlag is what every command that needs the database takes.
type databaseFlag struct {
	Database string `default:"sqlite:sirocco.db" placeholder:"URL" help:"Where everything is kept: sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME (${default})."`

	DatabaseTimeout time.Duration `placeholder:"TIME" help:"How long the database may take over a statement, as in 1m; a third of it for what others have locked there. By default 30s for a server, which has clients waiting, and 2m for other commands."`

	// serving says that clients wait.
	serving bool
	// direct is the address past a pooler, for a command that takes one.
	direct string
	// log is told what is waited for; nil is the terminal.
	log *slog.Logger
}

// timeout is how long the database may take over a statement.
func (f databaseFlag) timeout() time.Duration {
	switch {
	case f.DatabaseTimeout != 0:
		return f.DatabaseTimeout
	case f.serving:
		return database.DefaultTimeout
	}
	return commandTimeout
}

// open opens the database as it is: what is not there is an error, and so is one of another version.
func (f databaseFlag) open(ctx context.Context, opts store.Options) (*store.Store, error) {
	st, err := f.with(ctx, opts, store.Open)
	older, isOlder := errors.AsType[*database.OlderError](err)
	switch {
	case errors.Is(err, database.ErrNothing):
		return nil, fmt.Errorf("%w: sirocco serve makes it where it begins to serve, and sirocco migrate without serving", err)
	case isOlder:
		return nil, fmt.Errorf("open the database: %w: use the sirocco of its servers, or upgrade it with sirocco migrate once all of them are of this version, %s", older, version())
	}
	return st, err
}

// make opens the database, made or upgraded where it has to be.
func (f databaseFlag) make(ctx context.Context, opts store.Options) (*store.Store, error) {
	return f.with(ctx, opts, store.OpenOrMake)
}

func (f databaseFlag) with(ctx context.Context, opts store.Options, open func(context.Context, string, store.Options) (*store.Store, error)) (*store.Store, error) {
	opts.Direct, opts.Logger, opts.Timeout = f.direct, f.log, f.timeout()
	if opts.Timeout < time.Second {
		return nil, fmt.Errorf("--database-timeout is %s; it is 1s or more", opts.Timeout)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	st, err := open(ctx, f.Database, opts)
	if unavailable, ok := errors.AsType[*hub.UnavailableError](err); ok { // the operator may see the cause, a client not
		return nil, fmt.Errorf("open the database: %w: %w", err, unavailable.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return st, nil
}
