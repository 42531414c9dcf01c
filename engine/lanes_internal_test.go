package engine

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/store"
)

// work is written as its organization, host and, where it timed out, an exclamation mark: "acme@crm!". Each has an
// object of its own.
func work(text string) (due []store.Due) {
	for i, word := range strings.Fields(text) {
		organization, host, _ := strings.Cut(word, "@")
		due = append(due, store.Due{OrganizationID: organization, ObjectID: strconv.Itoa(i), Host: strings.TrimSuffix(host, "!"), TimedOut: strings.HasSuffix(host, "!")})
	}
	return due
}

func text(due []store.Due) string {
	words := make([]string, len(due))
	for i, d := range due {
		words[i] = d.OrganizationID + "@" + d.Host
		if d.TimedOut {
			words[i] += "!"
		}
	}
	return strings.Join(words, " ")
}

func repeat(word string, n int) string { return strings.Repeat(word+" ", n) }

// TestWhoIsNext holds the choice among what is due to its rules, for all kinds of work at once: they share one type.
func TestWhoIsNext(t *testing.T) {
	for _, c := range []struct {
		name    string
		workers int
		// held are the jobs that hold a worker, waiting those that wait for an answer; due is what is due, begins what begins.
		held, waiting, due, begins string
	}{
		{"an idle node serves anybody", 4, "", "", "a@x b@x", "a@x b@x"},
		{"a quarter is never taken by one", 4, "", "", repeat("a@x", 6), "a@x a@x a@x"},
		{"of a host all may be taken", 4, "", "", "a@x b@x c@x d@x e@x", "a@x b@x c@x d@x"},
		{"shares count while others wait", 4, "", "", "a@x a@x a@x a@x b@x b@x", "a@x b@x a@x b@x"},
		{"who has fewest is next", 4, "a@x a@x", "", "a@x b@x b@x", "b@x b@x"},
		{"jobs that wait count in whose turn it is", 4, "", "a@x", "a@x b@x c@x d@x e@x", "b@x c@x d@x e@x"},
		{"of equal organizations that of the other host is next", 2, "a@x", "", "b@x c@y", "c@y"},
		{"nothing is free", 2, "a@x b@x", "", "c@y", ""},
		{"jobs that wait hold no worker", 2, "", "a@x b@x", "c@x d@x", "c@x d@x"},
		{"one worker is taken whole", 1, "", "", "a@x a@x", "a@x"},
		{"of what hangs one begins at each host", 4, "", "", "a@x! b@x! c@y! d@x", "a@x! c@y! d@x"},
		{"what hangs needs no worker", 1, "a@x", "", "b@x!", "b@x!"},
		{"a lane with a job in it is taken", 4, "a@x!", "", "b@x! c@y!", "c@y!"},
		{"all of a host hangs, for the first time", 1, "", repeat("a@x ", 2) + repeat("b@x ", 3) + repeat("c@x", 2), "d@x e@y", "e@y"},
		{"no organization has all the waits", 1, "", repeat("a@x ", 3) + repeat("a@y ", 3) + "a@z", "a@w b@x", "b@x"},
		{"the waits are bounded", 1, "", "a@s b@t c@u d@v e@w f@x g@y h@z i@r", "j@q", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Now()
			l := newLanes(c.workers, time.Second)
			fence := int64(0)
			begin := func(due []store.Due, calls int, since time.Time) {
				for _, d := range due {
					fence++
					l.reserve(d, fence, time.Minute)
					s := l.begin(d.OrganizationID, d.ObjectID, fence)
					s.calls, s.since = calls, since
				}
			}
			begin(work(c.held), 1, now)
			begin(work(c.waiting), 1, now.Add(-2*time.Second))
			room := l.room()
			due := slices.DeleteFunc(work(c.due), func(d store.Due) bool { // as the store does
				return !d.TimedOut && (slices.Contains(room.FullOrganizations, d.OrganizationID) || slices.Contains(room.FullHosts, d.Host))
			})
			chosen := room.Choose(due)
			got, want := strings.Fields(text(chosen)), strings.Fields(c.begins)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("begins %q, want %q", got, want)
			}
		})
	}
}

// TestAWaitingJobsWorkerIsFree follows one worker through the life of a job, in virtual time.
func TestAWaitingJobsWorkerIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLanes(1, time.Second)
		free := func(want int, when string) {
			t.Helper()
			if got := l.room().Workers; got != want {
				t.Errorf("%s: %d workers are free, want %d", when, got, want)
			}
		}
		free(1, "at first")
		due := store.Due{OrganizationID: "o", ObjectID: "c"}
		l.reserve(due, 1, time.Minute)
		free(0, "once it is claimed")
		time.Sleep(2 * time.Minute)
		free(1, "when it did not begin")
		l.reserve(due, 2, time.Minute)
		s := l.begin("o", "c", 2)
		time.Sleep(time.Hour)
		free(0, "while it works")
		ended := s.call()
		time.Sleep(time.Second)
		free(0, "while it waits for a moment")
		time.Sleep(time.Millisecond)
		free(1, "when it waits for long")
		ended()
		free(0, "when the answer came")
		rested := s.rest()
		free(1, "while it rests")
		rested()
		free(0, "when it has more to do")
		next := l.woken()
		l.noteLeft(true)
		s.end()
		select {
		case <-next:
		default:
			t.Error("what was left is not looked for when the job ends")
		}
		free(1, "at the end")
		next = l.woken()
		l.noteLeft(true)
		<-next // also where no job ends: some wait for ever longer
	})
}
