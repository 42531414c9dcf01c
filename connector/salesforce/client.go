package salesforce

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
)

// request asks for a path of the API, as path makes it.
func request(s *connector.Session, at string, query url.Values) connector.Request {
	return connector.Request{
		Service: service, Path: at, Query: query, Problem: problem,
		Header: http.Header{"Authorization": {"Bearer " + s.Token}},
	}
}

// vendorError is one item of what an answer says that is not good.
type vendorError struct {
	Code   string   `json:"errorCode"`
	Fields []string `json:"fields"`
}

// kinds are what the vendor's codes mean, whatever the status is that they come with.
var kinds = map[string]connector.Kind{
	"REQUEST_LIMIT_EXCEEDED": connector.RateLimited, "TXN_SECURITY_METERING_ERROR": connector.RateLimited,
	"UNABLE_TO_LOCK_ROW": connector.Busy, "CONCURRENT_BATCH_ERROR": connector.Busy,
	"QUERY_TIMEOUT": connector.Temporary, "SERVER_UNAVAILABLE": connector.Temporary, "UNKNOWN_EXCEPTION": connector.Temporary,
	"STORAGE_LIMIT_EXCEEDED": connector.Temporary, // until somebody makes room
	"INVALID_SESSION_ID":     connector.Unauthorized,
}

// words are what some codes mean; the vendor's own may repeat what was sent.
var words = map[string]string{
	"REQUEST_LIMIT_EXCEEDED":          "the organization has used up its calls",
	"API_DISABLED_FOR_ORG":            "the organization has no access to the API",
	"API_CURRENTLY_DISABLED":          "the organization has no access to the API",
	"STORAGE_LIMIT_EXCEEDED":          "the organization has no room left for data",
	"UNABLE_TO_LOCK_ROW":              "somebody else is changing the record",
	"DUPLICATES_DETECTED":             "a rule of the organization takes it for a duplicate",
	"ENTITY_IS_DELETED":               "the record is deleted",
	"INVALID_CROSS_REFERENCE":         "there is no such record",
	"MALFORMED_ID":                    "there is no such record",
	"STRING_TOO_LONG":                 "a text is too long",
	"INSUFFICIENT_ACCESS":             "the user may not do it",
	"INVALID_SESSION_ID":              "the access token is not accepted",
	"NOT_FOUND":                       "there is no such thing, or the user may not see it",
	"INVALID_FIELD":                   "a field is not there, or the user may not see it",
	"INVALID_TYPE":                    "the object is not there, or the user may not see it",
	"REQUIRED_FIELD_MISSING":          "a field is missing that the organization requires",
	"INVALID_FIELD_FOR_INSERT_UPDATE": "a field may not be written",
}

// problem reads the vendor's list of errors. A 403 is three things, which only the code tells apart.
func problem(status int, body []byte) (connector.Kind, string) {
	var errors []vendorError
	if json.Unmarshal(body, &errors) != nil || len(errors) == 0 || !plainName.MatchString(errors[0].Code) {
		return "", ""
	}
	e := errors[0]
	meaning := words[e.Code]
	if meaning == "" {
		for code, text := range words {
			if strings.HasPrefix(e.Code, code) { // INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY and the like
				meaning = text
			}
		}
	}
	kind := kinds[e.Code]
	if kind == "" {
		switch {
		case status == http.StatusForbidden, strings.HasPrefix(e.Code, "INSUFFICIENT_ACCESS"):
			kind = connector.Forbidden
		case status == http.StatusBadRequest, status == http.StatusNotFound, status == http.StatusMultipleChoices:
			kind = connector.Refused
		default:
			return "", ""
		}
	}
	if meaning == "" {
		meaning = "the request is not accepted"
	}
	return kind, meaning + " (" + strings.Join(append([]string{e.Code}, plainNames(e.Fields)...), ", ") + ")"
}

// plainName is the form of what may be shown of the vendor's words.
var plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,79}$`)

func plainNames(names []string) []string {
	var plain []string
	for _, name := range names {
		if plainName.MatchString(name) && len(plain) < 5 {
			plain = append(plain, name)
		}
	}
	return plain
}

// result is a page of rows.
type result struct {
	records []json.RawMessage
	// total is how many rows the vendor says that the query has.
	total int
	// more says that the vendor has more rows for the query than it answered with.
	more bool
	date time.Time
}

// counts is how a query begins that asks for no rows.
const counts = "SELECT COUNT() "

// query asks for rows; by is query, or queryAll for deleted and archived ones too. How much of the day's calls is used
// is told in any case.
func query(ctx context.Context, s *connector.Session, by, soql string) (result, usage, error) {
	r := request(s, path(by), url.Values{"q": {soql}})
	var fields map[string]json.RawMessage
	got, err := connector.GetJSON(ctx, s, r, &fields)
	if err != nil {
		return result{}, usage{}, err
	}
	found := result{date: got.Date}
	if found.records, err = connector.Rows(r, fields, "records"); err != nil {
		return result{}, usage{}, err
	}
	var done *bool
	if json.Unmarshal(fields["done"], &done) != nil || done == nil {
		return result{}, usage{}, connector.Fail(connector.Malformed, service, "%s was answered without saying whether there is more", r.Path)
	}
	found.more = !*done
	_ = json.Unmarshal(fields["totalSize"], &found.total) // a count needs it, and a list that lacks all of them is none
	if found.total > 0 && len(found.records) == 0 && !strings.HasPrefix(soql, counts) {
		return result{}, usage{}, connector.Fail(connector.Malformed, service, "%s was answered with %d rows of which none is there", r.Path, found.total)
	}
	return found, usageOf(got.Header), nil
}

// usage is how many of the organization's calls of a day are used, by everybody; zero where that is not told.
type usage struct{ used, most int }

var limitInfo = regexp.MustCompile(`api-usage=(\d+)/(\d+)`)

func usageOf(header http.Header) usage {
	parts := limitInfo.FindStringSubmatch(header.Get("Sforce-Limit-Info"))
	if parts == nil {
		return usage{}
	}
	used, _ := strconv.Atoi(parts[1]) // digits; too many of them are no number, and no limit
	most, _ := strconv.Atoi(parts[2])
	return usage{used, most}
}

// budgetWait is how long reading waits once the budget is used: the allowance is of the last 24 hours, and grows again
// bit by bit.
const budgetWait = 15 * time.Minute

// within returns an error where the calls that are used are more than the share that the connection may see used.
func (u usage) within(s *connector.Session) error {
	share, err := budgetOf(s)
	if err != nil || u.most <= 0 || u.used*100 < u.most*share {
		return err
	}
	e := connector.Fail(connector.RateLimited, service,
		"%d of the %d calls that the organization has a day are used, by everybody: reading waits from %d %% on, as the setting budget says", u.used, u.most, share)
	e.RetryAfter = budgetWait
	return e
}

// budgetOf is the setting budget.
func budgetOf(s *connector.Session) (int, error) {
	share, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(s.Values["budget"]), "%"))
	if err != nil || share < 1 || share > 100 {
		return 0, connector.Fail(connector.Refused, service, "the setting budget is not a number of per cent from 1 to 100")
	}
	return share, nil
}

// literal is a text in a query.
func literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text) + "'"
}

// containing is a pattern that a text matches which holds what is looked for.
func containing(text string) string {
	return "'%" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, `%`, `\%`, `_`, `\_`).Replace(text) + "%'"
}

// literals are texts in a query's list.
func literals(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = literal(text)
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

// instant is a time in a query.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
