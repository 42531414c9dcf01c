package salesforce

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/simulator"
)

// TestSOQL asks in the vendor's language: what it has is answered, what the vendor refuses is refused by its code.
func TestSOQL(t *testing.T) {
	_, o := NewOrganization(simulator.Options{Records: 10})
	o.s.Notes.Add(hub.ModelOpportunity, o.s.Rows(hub.ModelOpportunity)[0], "Call")
	for soql, want := range map[string]string{
		"SELECT Id FROM Account": "10",
		"select id, name from account order by systemmodstamp, id limit 3":                                                                            "3",
		"SELECT Id FROM Account WHERE SystemModstamp >= 2030-01-01T00:00:00.000Z":                                                                     "0",
		"SELECT Id FROM Account WHERE Id IN ('001000000000003AAA', '001000000009999AAA')":                                                             "1",
		"SELECT Id FROM Account WHERE (SystemModstamp = 2020-01-01T00:00:00Z AND Id > '001000000000003AAA') OR SystemModstamp > 2020-01-01T00:00:00Z": "10",
		"SELECT Id FROM Task WHERE (WhatId IN ('006000000000000AAA')) AND IsDeleted = false AND (Subject LIKE '%al%')":                                "1",
		"SELECT Id FROM Task WHERE Subject LIKE 'C\\_ll'":                                                                                             "0",
		"SELECT Id FROM Task WHERE Subject LIKE 'C_ll'":                                                                                               "1",
		"SELECT Id FROM Task WHERE Description LIKE '%x%'":                                                                                            "INVALID_FIELD",
		"SELECT Id FROM Account ORDER BY Description":                                                                                                 "INVALID_FIELD",
		"SELECT Id, Nope FROM Account":                                                                                                                "INVALID_FIELD",
		"SELECT Id, Id FROM Account":                                                                                                                  "INVALID_FIELD",
		"SELECT Id FROM Account WHERE SystemModstamp > '2020-01-01T00:00:00Z'":                                                                        "INVALID_FIELD",
		"SELECT Id FROM Nope":                                                  "INVALID_TYPE",
		"SELECT Id FROM Account WHERE Id = 'x'":                                "INVALID_QUERY_FILTER_OPERATOR",
		"SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'": "MALFORMED_QUERY",
		"SELECT Id FROM Account WHERE":                                         "MALFORMED_QUERY",
		"SELECT Id FROM Account GROUP BY Id":                                   "MALFORMED_QUERY",
		"SELECT * FROM Account":                                                "MALFORMED_QUERY",
		"SELECT COUNT(Id) FROM Account":                                        "MALFORMED_QUERY",
		"SELECT Id FROM Account WHERE Name = 'it":                              "MALFORMED_QUERY",
		"DELETE FROM Account":                                                  "MALFORMED_QUERY",
	} {
		rows, err := o.run(soql, true)
		got := ""
		if problem, ok := errors.AsType[*soqlError](err); ok {
			got = problem.code
		} else if err == nil {
			got = strconv.Itoa(len(rows))
		}
		if got != want {
			t.Errorf("%s: %s, not %s (%v)", soql, got, want, err)
		}
	}
}

// TestFieldsAreDescribed holds the fields of objects to those of the description that there is of them.
func TestFieldsAreDescribed(t *testing.T) {
	described := fieldsOfDescription(t)
	for _, of := range objects {
		known := described[of.name]
		if known == nil {
			continue
		}
		for _, c := range of.columns {
			if !known[c.name] && !seldomDescribed[of.name+"."+c.name] {
				t.Errorf("%s.%s is not described", of.name, c.name)
			}
		}
	}
	if len(described) == 0 {
		t.Error("no object is described")
	}
}

// seldomDescribed are fields that are real, and not in the description of what is usual.
var seldomDescribed = map[string]bool{"User.Phone": true, "User.MobilePhone": true}

// fieldsOfDescription are the names of fields by object, as testdata/fields.txt has them of the description.
func fieldsOfDescription(t *testing.T) map[string]map[string]bool {
	t.Helper()
	text, err := os.ReadFile("testdata/fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]map[string]bool{}
	for line := range strings.Lines(string(text)) {
		object, names, _ := strings.Cut(strings.TrimSpace(line), ": ")
		described[object] = map[string]bool{}
		for name := range strings.FieldsSeq(names) {
			described[object][name] = true
		}
	}
	return described
}
