// Command pictures takes pictures of every page of the console, from a demo that it starts: light and dark, wide and narrow,
// as NAME-SCHEME-WIDTH.png. All of one width are of the same size. It needs Chromium, and takes about two minutes.
//
//	go run ./scripts/pictures -program ./sirocco -out docs/pictures
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// sizes are the windows that pages are shown in.
var sizes = []struct{ width, height int64 }{{1280, 900}, {390, 844}}

// zone is where the demo's organization works, and whoever looks at it.
const zone = "America/Chicago"

// shot is a page: where it is, or the link that leads to it from another one. Those are patterns of an address below the
// console; the first link of the page that matches is followed. A shot of the words of a recording is of that part of its page, once
// they have been opened.
type shot struct{ name, from, link string }

const words = "recording-words"

var shots = []shot{
	{"overview", "/", ""},
	{"connections", "/connections", ""},
	{"runs", "/runs", ""},
	{"run", "runs", `/runs/[0-9a-f-]{36}$`},
	{"connection", "run", `/connections/[0-9a-f-]{36}$`}, // one that has runs
	{"rewind", "connection", `/rewind$`},
	{"credentials", "connection", `/credentials$`},
	{"delete", "connection", `/delete$`},
	{"new-connection", "/connections/new?platform=SERVICE_TITAN", ""},
	{"records", "/records?model=CONTACT&q=Petra", ""},
	{"record", "/records?model=OPPORTUNITY", `/records/OPPORTUNITY/[0-9a-f-]{36}$`},
	{"quarantine", "/quarantine", ""},
	{"recordings", "/recordings", ""},
	{"recording", "/recordings?state=linked", `/recordings/[0-9a-f-]{36}$`},
	{words, "recording", ""},
	{"offered", "/recordings?state=offered", `/recordings/[0-9a-f-]{36}$`},
	{"link", "recording", `/recordings/[0-9a-f-]{36}/link$`},
	{"webhooks", "/webhooks", ""},
	{"webhook", "/webhooks", `/webhooks/[0-9a-f-]{36}$`},
	{"deliveries", "webhook", `/webhooks/[0-9a-f-]{36}/deliveries$`},
	{"delivery", "deliveries", `/deliveries/[0-9a-f-]{36}$`},
	{"people", "/people", ""},
	{"teams", "/people/teams", ""},
	{"crm-users", "/people/crm-users", ""},
	{"access", "/people/access", ""},
	{"audit", "/audit", ""},
	{"system", "/system", ""},
}

func main() {
	log.SetFlags(0)
	program := flag.String("program", "./sirocco", "the program whose demo is shown")
	out := flag.String("out", "docs/pictures", "the folder that the pictures go to")
	only := flag.String("only", "", "names of pages, with commas between them; all where it is empty")
	flag.Parse()
	ctx, stop := context.WithCancel(context.Background())
	err := take(ctx, *program, *out, *only)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func take(ctx context.Context, program, out, only string) error {
	link, end, err := demo(ctx, program)
	if err != nil {
		return err
	}
	err = errors.Join(os.MkdirAll(out, 0o750), photograph(ctx, link, out, only))
	return errors.Join(err, end())
}

var consoleLink = regexp.MustCompile(`http://\S+/console/open\?key=\S+`)

// demo starts the demo and returns the link that opens its console once, when all is shown, and what ends it.
func demo(ctx context.Context, program string) (link string, end func() error, err error) {
	command := exec.CommandContext(ctx, program, "demo")
	command.Stderr = os.Stderr
	said, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if found := consoleLink.FindString(lines.Text()); found != "" {
			link = found
		}
		if strings.HasPrefix(lines.Text(), "It goes on until Ctrl-C") {
			go func() {
				for lines.Scan() { // so that it can go on saying what it says
				}
			}()
			return link, func() error { return errors.Join(command.Process.Signal(syscall.SIGINT), command.Wait()) }, nil
		}
	}
	return "", nil, errors.Join(errors.New("the demo ended"), lines.Err(), command.Wait())
}

func photograph(ctx context.Context, link, out, only string) error {
	options := chromedp.DefaultExecAllocatorOptions[:]
	if path, err := exec.LookPath("chromium"); err == nil {
		options = append(slices.Clone(options), chromedp.ExecPath(path))
	}
	ctx, stop := chromedp.NewExecAllocator(ctx, append(options, chromedp.NoSandbox, chromedp.Flag("hide-scrollbars", true))...)
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	// People's changes go on meanwhile; a while of them is worth seeing.
	if err := chromedp.Run(ctx, emulation.SetTimezoneOverride(zone), chromedp.Navigate(link), chromedp.Click(`main form button`), chromedp.WaitVisible(`nav.menu`), chromedp.Sleep(30*time.Second)); err != nil {
		return err
	}
	base, _, _ := strings.Cut(link, "/open?")
	reached := map[string]string{}
	for _, s := range shots {
		from := s.from
		if at, ok := reached[from]; ok {
			from = at
		} else {
			from = base + from
		}
		at, err := follow(ctx, from, s.link)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if s.name == words {
			if err := chromedp.Run(ctx, chromedp.Navigate(at), chromedp.Click(`form[action*="/open"] button`), chromedp.WaitReady("#transcript")); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			at += "#words"
		}
		reached[s.name] = at
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		if err := s.take(ctx, at, out); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// follow returns the address of the first link that matches, of the page; or the page's own where there is nothing to match.
func follow(ctx context.Context, page, link string) (string, error) {
	if link == "" {
		return page, nil
	}
	var links []string
	if err := chromedp.Run(ctx, chromedp.Navigate(page), chromedp.WaitReady("h1"), chromedp.Evaluate(`[...document.querySelectorAll("main a")].map(a => a.href).filter(to => typeof to == "string")`, &links)); err != nil {
		return "", err
	}
	matches := regexp.MustCompile(link)
	for _, found := range links {
		// A filter by state may find nothing by now.
		if path, query, _ := strings.Cut(found, "?"); matches.MatchString(path) && !strings.Contains(query, "state=") {
			return found, nil
		}
	}
	return "", fmt.Errorf("%s has no link to %s", page, link)
}

// take takes the pictures of a page.
func (s shot) take(ctx context.Context, at, out string) error {
	for _, scheme := range []string{"light", "dark"} {
		for _, size := range sizes {
			var picture []byte
			if err := chromedp.Run(ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.EmulateViewport(size.width, size.height), chromedp.Navigate(at), chromedp.WaitReady("h1"), chromedp.CaptureScreenshot(&picture)); err != nil {
				return err
			}
			picture, err := packed(picture)
			if err != nil {
				return err
			}
			file := filepath.Join(out, fmt.Sprintf("%s-%s-%d.png", s.name, scheme, size.width))
			if err := os.WriteFile(file, picture, 0o600); err != nil {
				return err
			}
			fmt.Printf("%7d bytes  %s\n", len(picture), file)
		}
	}
	return nil
}

// packed is a picture in fewer bytes: the browser does not take the time.
func packed(picture []byte) ([]byte, error) {
	seen, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, seen)
	if b.Len() > len(picture) { // it chose other filters, worse ones
		return picture, err
	}
	return b.Bytes(), err
}
