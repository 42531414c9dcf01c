package wire

import (
	"net/http"
	"net/url"
	"strings"
)

// pathOf is the path of a URL without a slash at its end; empty where it has none.
func pathOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Path, "/")
}

// Below is what a path is below that of the public URL. One that is not below it is as it was: a proxy may have taken the
// public URL's path away already.
func (a *API) Below(path string) string {
	if rest, ok := strings.CutPrefix(path, a.base); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	if a.base != "" && path == a.base {
		return "/"
	}
	return path
}

// strip lets a request have the path below the public URL's.
func (a *API) strip(hr *http.Request) {
	if below := a.Below(hr.URL.Path); below != hr.URL.Path {
		u := *hr.URL
		u.Path, u.RawPath = below, strings.TrimPrefix(u.RawPath, a.base) // the base has nothing that is escaped
		hr.URL = &u
	}
}
