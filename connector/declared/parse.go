package declared

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"sirocco/hub"
)

// maxFile is how many bytes a file may have.
const maxFile = 256 << 10

// lineError is what is wrong in a line of a file.
type lineError struct {
	line int
	text string
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

// Parse reads the platform of a file. Its error names the file and, one a line, the lines that something is wrong in.
func Parse(file string, text []byte) (*Platform, error) {
	p, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

func parse(text []byte) (*Platform, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("it has more than %d KiB", maxFile>>10)
	}
	var document, another yaml.Node
	reader := yaml.NewDecoder(bytes.NewReader(text))
	if err := reader.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, yamlProblem(err)
	}
	if len(document.Content) != 1 {
		return nil, errors.New("it is empty")
	}
	if err := reader.Decode(&another); err == nil {
		return nil, &lineError{another.Line, "a second document begins, where a file has one platform"}
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlProblem(err)
	}
	root := document.Content[0]
	if err := errors.Join(plainOnly(root, 0), validate(root)); err != nil {
		return nil, err
	}
	p := &Platform{}
	if err := root.Decode(&p.file); err != nil {
		return nil, yamlProblem(err)
	}
	if err := p.check(root); err != nil {
		return nil, err
	}
	return p, p.compile()
}

// yamlProblem is an error of the YAML library in our words, with the lines that it has.
func yamlProblem(err error) error {
	several, ok := errors.AsType[*yaml.LoadErrors](err)
	if !ok {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var problems []error
	for _, one := range several.Errors {
		if of, ok := errors.AsType[*lineError](one.Unwrap()); ok {
			problems = append(problems, of)
			continue
		}
		problems = append(problems, &lineError{one.Mark.Line, one.Message})
	}
	return errors.Join(problems...)
}

// plainOnly refuses what makes a short file a long one, and what is no plain value.
func plainOnly(node *yaml.Node, depth int) error {
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		return &lineError{node.Line, "anchors and aliases cannot be used"}
	}
	if depth > 20 {
		return &lineError{node.Line, "it is nested too deeply"}
	}
	for _, part := range node.Content {
		if err := plainOnly(part, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// at returns the node at a path of names and numbers, or the last one on the way to it.
func at(node *yaml.Node, path []string) *yaml.Node {
	for _, step := range path {
		next := below(node, step)
		if next == nil {
			return node
		}
		node = next
	}
	return node
}

func below(node *yaml.Node, step string) *yaml.Node {
	for i, part := range node.Content {
		switch {
		case node.Kind == yaml.MappingNode && i%2 == 0 && part.Value == step:
			return node.Content[i+1]
		case node.Kind == yaml.SequenceNode && fmt.Sprint(i) == step:
			return part
		}
	}
	return nil
}

// check finds what no schema says: what has to fit together.
func (p *Platform) check(root *yaml.Node) error {
	f := &p.file
	var problems []error
	wrong := func(path, format string, args ...any) {
		problems = append(problems, &lineError{at(root, strings.Split(path, "/")).Line, fmt.Sprintf(format, args...)})
	}
	if slices.Contains(hub.Platforms(), f.Platform) {
		wrong("platform", "%s is a platform that Sirocco has", f.Platform)
	}
	if !slices.ContainsFunc(f.Credentials, func(c credential) bool { return !c.Setting }) {
		wrong("credentials", "no credential is secret")
	}
	for i, c := range f.Credentials {
		if slices.IndexFunc(f.Credentials, func(o credential) bool { return o.Name == c.Name }) < i {
			wrong(fmt.Sprintf("credentials/%d", i), "%s is there twice", c.Name)
		}
	}
	seen := map[hub.Model]bool{}
	model := func(path string, m hub.Model) {
		if seen[m] {
			wrong(path+"/model", "%s is there twice", m)
		}
		seen[m] = true
	}
	for i, m := range f.Models {
		path := fmt.Sprintf("models/%d", i)
		model(path, m.Model)
		if !m.Fields["externalId"].given() {
			wrong(path+"/fields", "the fields lack externalId")
		}
		if m.Deletions.Told && !m.Fields["deleted"].given() {
			wrong(path+"/deletions", "the vendor tells of deletions, and the fields lack deleted")
		}
		if m.Paging == nil {
			m.Paging = f.Paging
		}
		p.checkPaging(path, m, wrong)
		for n, c := range m.Children {
			model(fmt.Sprintf("%s/children/%d", path, n), c.Model)
			joins := c.Model == hub.ModelEngagementUser || c.Model == hub.ModelOpportunityUser
			if !c.Fields["externalId"].given() && (!joins || !c.Fields["userId"].given()) {
				wrong(fmt.Sprintf("%s/children/%d/fields", path, n), "the fields lack externalId")
			}
		}
	}
	for i, t := range f.Notes.Targets {
		if !seen[t.Model] {
			wrong(fmt.Sprintf("notes/targets/%d/model", i), "%s is none of the models of the file", t.Model)
		}
	}
	return errors.Join(problems...)
}

func (p *Platform) checkPaging(path string, m *model, wrong func(path, format string, args ...any)) {
	paged := m.Paging
	if paged == nil || paged.Order == "" {
		return
	}
	if paged.Kind != byNumber && paged.Kind != byOffset {
		wrong(path+"/paging", "a %s says itself where its list goes on: order is for numbers and offsets", paged.Kind)
	}
	if m.Since == nil || !m.Fields["modifiedAt"].given() {
		wrong(path, "a list in the order of change is read by since and modifiedAt, of which one is missing")
	}
}

// UnmarshalYAML reads a time span.
func (d *duration) UnmarshalYAML(node *yaml.Node) error {
	span, err := time.ParseDuration(node.Value)
	if err != nil || span <= 0 || span > 30*24*time.Hour {
		return &lineError{node.Line, fmt.Sprintf("%q is no time span of a second to 30 days", node.Value)}
	}
	*d = duration(span)
	return nil
}

// UnmarshalYAML reads the word that stands for deletions in the list itself, or another list.
func (d *deletions) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		d.Told = true
		return nil
	}
	type plain deletions
	return node.Decode((*plain)(d))
}

// fields are the expressions of a record's fields, by name; those of an address by address.street and so on.
type fields map[string]*expression

// UnmarshalYAML reads the expressions.
func (f *fields) UnmarshalYAML(node *yaml.Node) error {
	*f = fields{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i].Value, node.Content[i+1]
		if value.Kind == yaml.ScalarNode {
			(*f)[name] = &expression{text: value.Value, line: value.Line}
			continue
		}
		for n := 0; n+1 < len(value.Content); n += 2 {
			part := value.Content[n+1]
			(*f)[name+"."+value.Content[n].Value] = &expression{text: part.Value, line: part.Line}
		}
	}
	return nil
}
