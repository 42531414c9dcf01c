package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed templates
var templateFiles embed.FS

// pages are the templates of all pages, by the name of their file, each with the layout and the parts. They are parsed
// where a console is made, as that takes longer than most commands.
var pages = sync.OnceValue(parsePages)

func parsePages() map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/layout/*.html", "templates/part/*.html"))
	files, err := fs.Glob(templateFiles, "templates/page/*.html")
	if err != nil {
		panic(err) // the pattern is well formed
	}
	all := map[string]*template.Template{}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		all[name] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, file))
	}
	return all
}

// render answers with a page. It is made whole before anything is sent, so that what fails has a status of its own.
func (s *server) render(w http.ResponseWriter, v *visit, status int, name string, data any) error {
	return s.renderPart(w, v, status, name, "layout", data)
}

// renderPart answers with one template of a page, as what is swapped into it is.
func (s *server) renderPart(w http.ResponseWriter, v *visit, status int, name, part string, data any) error {
	page, ok := pages()[name]
	if !ok {
		return fmt.Errorf("there is no page %q", name)
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, part, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if v.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // the browser is gone, or it is written
	}
	return nil
}
