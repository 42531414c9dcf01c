package organization

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"reflect"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Account is an account as the contract shows it.
type Account struct {
	ID             string          `json:"id"`
	ExternalID     string          `json:"externalId" doc:"The CRM's own id."`
	Latitude       *float64        `json:"latitude,omitempty"`
	Longitude      *float64        `json:"longitude,omitempty"`
	Addresses      []wire.Anything `json:"addresses" nullable:"false"`
	PhoneNumbers   []string        `json:"phoneNumbers,omitempty" nullable:"false"`
	EmailAddresses []string        `json:"emailAddresses,omitempty" nullable:"false"`
	Name           string          `json:"name,omitempty"`
	CreatedAt      string          `json:"createdAt"`
	UpdatedAt      string          `json:"updatedAt"`
}

func showAccount(r store.Record) Account {
	addresses := wire.Each(r.Details.Addresses, func(a hub.Address) wire.Anything { return wire.Anything{Value: PostalAddress(a)} })
	return Account{
		ID: r.ID, ExternalID: r.ShownID(), Latitude: r.Details.Latitude, Longitude: r.Details.Longitude, Addresses: addresses,
		PhoneNumbers: r.Details.Phones, EmailAddresses: r.Details.Emails, Name: r.Name,
		CreatedAt: hub.WireTime(r.CreatedAt), UpdatedAt: hub.WireTime(r.UpdatedAt),
	}
}

// AccountAnswer is one account.
type AccountAnswer struct {
	Body Account
}

// AccountsAnswer is all accounts, or one page of them.
type AccountsAnswer struct {
	wire.NextCursor
	Body AccountList
}

// AccountsQuery is how a client asks for less than all accounts. The contract has no page here: who sends nothing gets all.
type AccountsQuery struct {
	wire.OrganizationSelector
	Cursor   string `query:"cursor" extension:"true" doc:"Only accounts after it: the Next-Cursor of the page before, or the id of its last account."`
	PageSize int    `query:"pageSize" extension:"true" minimum:"1" maximum:"1000" doc:"How many accounts come at most; all without it."`
}

// AccountList is a bare list of accounts. Without a page it is read while it is written, so that it is never whole in memory.
type AccountList struct {
	page         []store.Record
	store        *store.Store
	organization string
	// after is the id that the list goes on after, where it is no page.
	after string
}

// Schema implements huma.SchemaProvider.
func (AccountList) Schema(r wire.Schemas) *wire.Schema {
	return &wire.Schema{Type: "array", Items: r.Schema(reflect.TypeFor[Account](), true, "Account")}
}

// accountSlice is how many accounts are read at a time.
const accountSlice = 1000

// WriteJSON implements wire.Streamed.
func (l AccountList) WriteJSON(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriter(w)
	accounts := wire.Elements{W: out}
	write := func(found []store.Record) error {
		for _, rec := range found {
			if err := accounts.Write(showAccount(rec)); err != nil {
				return err
			}
		}
		return nil
	}
	_ = out.WriteByte('[') // what cannot be written is told by Flush
	if err := write(l.page); err != nil {
		return err
	}
	for more := l.store != nil; more; {
		found, err := l.store.Records(ctx, l.organization, store.RecordFilter{Model: hub.ModelAccount, After: l.after, Limit: accountSlice})
		cut, err := wire.IsCut(err)
		if err != nil {
			return err
		}
		if err := write(found); err != nil {
			return err
		}
		if more = cut || len(found) == accountSlice; more {
			l.after = found[len(found)-1].ID
		}
	}
	_, _ = out.WriteString("]\n")
	return out.Flush()
}

// NewAccount is an account to create: with a place on the map, or with addresses.
type NewAccount struct {
	ExternalID string  `json:"externalId" minLength:"1" maxLength:"512"`
	Name       *string `json:"name,omitempty"`
	Place
}

// newAccountFields is NewAccount without its own Schema.
type newAccountFields NewAccount

// Schema implements huma.SchemaProvider: the contract has two forms.
func (NewAccount) Schema(r wire.Schemas) *wire.Schema {
	form := func(required ...string) *wire.Schema {
		s := *r.Schema(reflect.TypeFor[newAccountFields](), false, "")
		s.Required = required
		s.PrecomputeMessages()
		return &s
	}
	return &wire.Schema{AnyOf: []*wire.Schema{form("externalId", "latitude", "longitude"), form("externalId", "addresses")}}
}

const accountTag = "Accounts"

func (s *server) registerAccounts() {
	wire.Register(s.API, recordOperation("listAccounts", http.MethodGet, "/accounts", "List accounts", accountTag), wire.JSONErrors(), s.listAccounts)
	wire.Register(s.API, recordOperation("createAccount", http.MethodPost, "/accounts", "Create an account", accountTag), changing, s.createAccount)
	wire.Register(s.API, recordOperation("getAccount", http.MethodGet, "/accounts/{id}", "Get an account", accountTag), notFound, s.getAccount)
	wire.Register(s.API, recordOperation("putAccount", http.MethodPut, "/accounts/{id}", "Change an account", accountTag), changing, s.putAccount)
	wire.Register(s.API, recordOperation("deleteAccount", http.MethodDelete, "/accounts/{id}", "Delete an account", accountTag), changing,
		func(r *wire.Request, in *view.RecordPath) (*DeletedAnswer, error) {
			return s.deleteRecord(r, in, hub.ModelAccount)
		})
}

func (s *server) listAccounts(r *wire.Request, in *AccountsQuery) (*AccountsAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	page := wire.PageQuery{Cursor: in.Cursor, PageSize: in.PageSize}
	if page.PageSize == 0 {
		after, err := page.After()
		return &AccountsAnswer{Body: AccountList{store: s.Store, organization: organization, after: after}}, err
	}
	found, cursor, err := s.list(r, organization, page, store.RecordFilter{Model: hub.ModelAccount})
	if err != nil {
		return nil, err
	}
	out := &AccountsAnswer{Body: AccountList{page: found}}
	out.Set(cursor)
	return out, nil
}

func (s *server) createAccount(r *wire.Request, in *struct {
	PushTarget
	Body NewAccount
},
) (*AccountAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	p := s.newPatches(r, organization, in.Connection)
	alive := false
	p.add(hub.RecordPatch{Model: hub.ModelAccount, ExternalID: in.Body.ExternalID, Create: true, Delete: &alive, Change: func(rec *hub.Record) {
		wire.Set(&rec.Name, in.Body.Name)
		in.Body.change(&rec.Details)
	}})
	made, err := s.push(r, organization, in.Connection, p, hub.ModelAccount, []string{in.Body.ExternalID})
	if err != nil {
		return nil, err
	}
	return &AccountAnswer{Body: showAccount(made[0])}, nil
}

func (s *server) getAccount(r *wire.Request, in *view.RecordPath) (*AccountAnswer, error) {
	found, err := s.record(r, in, hub.ModelAccount)
	if err != nil {
		return nil, err
	}
	return &AccountAnswer{Body: showAccount(found)}, nil
}

func (s *server) putAccount(r *wire.Request, in *struct {
	view.RecordPath
	wire.ExactBody
	Body struct {
		Name *string `json:"name,omitempty"`
		Place
	}
},
) (*AccountAnswer, error) {
	changed, err := s.change(r, &in.RecordPath, hub.ModelAccount, func(rec *hub.Record) {
		wire.Set(&rec.Name, in.Body.Name)
		in.Body.change(&rec.Details)
	})
	if err != nil {
		return nil, err
	}
	return &AccountAnswer{Body: showAccount(changed)}, nil
}
