package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"

	"sirocco/hub"
)

//go:embed assets
var assets embed.FS

// assetVersion changes with any of the assets: what a browser keeps by a URL with it is good for ever.
var assetVersion = hashOfAssets()

func hashOfAssets() string {
	sum := sha256.New()
	err := fs.WalkDir(assets, "assets", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := assets.ReadFile(path)
		sum.Write(text)
		return err
	})
	if err != nil {
		panic(err) // they are in the program
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".LICENSE": "text/plain; charset=utf-8",
}

// serveAsset answers with one of the files that pages load. Nobody has to be signed in: they are the same for all.
func (s *server) serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	text, err := assets.ReadFile("assets/" + name)
	if err != nil {
		s.fail(w, &visit{Request: r}, hub.ErrNotFound)
		return
	}
	w.Header().Set("Content-Type", assetTypes[name[strings.LastIndexByte(name, '.'):]])
	if r.URL.Query().Get("v") == assetVersion {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(text) //nolint:gosec // one of our own files; the browser is gone, or it is written
}
