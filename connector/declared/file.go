package declared

import (
	"time"

	"sirocco/hub"
)

// definition is a platform as a file has it. What each part means, docs/platforms/your-own.md says; schema.json says what may
// be where.
type definition struct {
	Platform    hub.Platform         `yaml:"platform"`
	Name        string               `yaml:"name"`
	BaseURL     string               `yaml:"baseURL"`
	Rate        rate                 `yaml:"rate"`
	Timeout     duration             `yaml:"timeout"`
	LookBack    duration             `yaml:"lookBack"`
	Credentials []credential         `yaml:"credentials"`
	Auth        auth                 `yaml:"auth"`
	Headers     map[string]*template `yaml:"headers"`
	Account     account              `yaml:"account"`
	Paging      *paging              `yaml:"paging"`
	Models      []*model             `yaml:"models"`
	Notes       notes                `yaml:"notes"`
}

// rate is how many requests the vendor allows in a time.
type rate struct {
	Requests int      `yaml:"requests"`
	Per      duration `yaml:"per"`
}

// credential is what a connection is given, beside the baseURL that every one has.
type credential struct {
	Name     string `yaml:"name"`
	Doc      string `yaml:"doc"`
	Setting  bool   `yaml:"setting"`
	Optional bool   `yaml:"optional"`
	Default  string `yaml:"default"`
}

// auth is how a request shows whose it is, in one of these ways.
type auth struct {
	Headers map[string]*template `yaml:"headers"`
	Query   map[string]*template `yaml:"query"`
	Basic   *basic               `yaml:"basic"`
	Token   *token               `yaml:"token"`
}

type basic struct {
	User     *template `yaml:"user"`
	Password *template `yaml:"password"`
}

// token is where a short-lived access token is had for the credentials. It is sent as the bearer of all other requests.
type token struct {
	URL     *template            `yaml:"url"`
	Path    *template            `yaml:"path"`
	Form    map[string]*template `yaml:"form"`
	Value   *expression          `yaml:"value"`
	Seconds *expression          `yaml:"seconds"`
}

// account is the request that proves the credentials, and whose they are.
type account struct {
	Path  *template            `yaml:"path"`
	Query map[string]*template `yaml:"query"`
	ID    *expression          `yaml:"id"`
	Name  *expression          `yaml:"name"`
}

// source is a list of the vendor's.
type source struct {
	Path   *template            `yaml:"path"`
	Query  map[string]*template `yaml:"query"`
	Items  *expression          `yaml:"items"`
	Paging *paging              `yaml:"paging"`
}

// model is a kind of record, and the list that has it.
type model struct {
	source    `yaml:",inline"`
	Model     hub.Model   `yaml:"model"`
	Right     string      `yaml:"right"`
	Since     *since      `yaml:"since"`
	Keep      *expression `yaml:"keep"`
	Fields    fields      `yaml:"fields"`
	Children  []*child    `yaml:"children"`
	Find      *find       `yaml:"find"`
	URL       *template   `yaml:"url"`
	Deletions deletions   `yaml:"deletions"`
}

// since is the parameter that leaves out what did not change since a time.
type since struct {
	Parameter string      `yaml:"parameter"`
	Value     *expression `yaml:"value"`
}

// child are records that come within the items of another model.
type child struct {
	Model  hub.Model   `yaml:"model"`
	Each   *expression `yaml:"each"`
	Keep   *expression `yaml:"keep"`
	Fields fields      `yaml:"fields"`
}

// find is the request that brings one record by its id.
type find struct {
	Path  *template            `yaml:"path"`
	Query map[string]*template `yaml:"query"`
	Item  *expression          `yaml:"item"`
}

// deletions are how the vendor tells of what was deleted: in the list itself, in another one, or not at all.
type deletions struct {
	Told   bool
	source `yaml:",inline"`
	// Since, ID and At are of another list.
	Since *since      `yaml:"since"`
	ID    *expression `yaml:"id"`
	At    *expression `yaml:"at"`
}

// notes are where notes are written.
type notes struct {
	Most    int       `yaml:"most"`
	Lag     duration  `yaml:"lag"`
	Targets []*target `yaml:"targets"`
}

// target is a model that takes notes.
type target struct {
	Model hub.Model  `yaml:"model"`
	Write write      `yaml:"write"`
	Find  *noteLists `yaml:"find"`
}

type write struct {
	Path *template   `yaml:"path"`
	Body *tree       `yaml:"body"`
	ID   *expression `yaml:"id"`
}

// noteLists is the list of a record's notes.
type noteLists struct {
	source `yaml:",inline"`
	ID     *expression `yaml:"id"`
	Text   *expression `yaml:"text"`
}

// paging is how a list comes in parts.
type paging struct {
	Kind      string      `yaml:"kind"`
	Parameter string      `yaml:"parameter"`
	First     *int        `yaml:"first"`
	Size      size        `yaml:"size"`
	Order     string      `yaml:"order"`
	Next      *expression `yaml:"next"`
	More      *expression `yaml:"more"`
}

// size is how many items a page has at most, and the parameter that asks for fewer.
type size struct {
	Parameter string `yaml:"parameter"`
	Most      int    `yaml:"most"`
}

// The kinds of paging.
const (
	byNumber = "number"
	byOffset = "offset"
	byCursor = "cursor"
	byLink   = "link"
	unpaged  = "none"
)

// inOrderOfChange is the order of a list in which what changed last comes last.
const inOrderOfChange = "modified"

// duration is a time span as Go writes it: 90s, 1m, 24h.
type duration time.Duration
