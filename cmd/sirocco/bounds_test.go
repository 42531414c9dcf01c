package main

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sirocco/store/storetest"
)

// memoryMost is what a server may take through all of TestMemoryIsBounded at once.
const memoryMost = 512 << 20

// TestMemoryIsBounded sends a server what once took gigabytes, all at once: bodies of a million wrong items, large ones,
// and readers of large lists. It prints what the server took at most.
func TestMemoryIsBounded(t *testing.T) {
	storetest.Long(t)
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("there is no /proc")
	}
	database := storetest.SQLite(t)
	n := startNode(t, database)
	_, token := tokenFor(t, database)
	do := func(method, path, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, n.url+path, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0 // it was answered before all of it was sent
		}
		answer := make([]byte, 32<<10)
		total := 0
		for {
			k, err := resp.Body.Read(answer)
			total += k
			if err != nil {
				break
			}
		}
		_ = resp.Body.Close()
		if resp.StatusCode >= 400 && total > 64<<10 {
			t.Errorf("%s %s: an error of %d bytes", method, path, total)
		}
		return resp.StatusCode
	}
	const integrations = "/v1/integrations"
	do("POST", "/v1/core/integrations/connections", `{"name":"n","integrationPlatform":"SIRO_CUSTOM_INPUT","externalAccountId":"a"}`)
	content := strings.Repeat("x", 900_000)
	for i := range 30 {
		if status := do("PUT", integrations+"/sync/engagements", fmt.Sprintf(`{"externalId":"e%d","content":%q}`, i, content)); status != 200 {
			t.Fatalf("a push was answered %d", status)
		}
	}
	analysis := "/v1/core/recordings/01a20d93-18da-7722-934a-80bcd74300ab/analysis"
	bodies := []func() int{
		func() int { return do("PUT", analysis, `{"utterances":[`+strings.Repeat("{},", 1_000_000)+`{}]}`) },
		func() int { return do("PUT", analysis, `{"x":{`+strings.Repeat(`"y":0,`, 500_000)+`"z":0}}`) },
		func() int {
			return do("PUT", analysis, `{"summary":[`+strings.Repeat(`{"name":"n","content":"`+strings.Repeat("c", 15_000)+`"},`, 900)+`{"name":"n","content":""}]}`)
		},
		func() int {
			return do("PUT", integrations+"/sync/batch/engagements", "["+strings.Repeat("{},", 300_000)+"{}]")
		},
		func() int {
			return do("PUT", integrations+"/sync/batch/engagements", "["+strings.Repeat("1,", 500_000)+"1]")
		},
		func() int { return do("GET", integrations+"/engagements?pageSize=1000", "") },
		func() int { return do("GET", "/v1/audit?pageSize=1000", "") },
	}
	var all sync.WaitGroup
	for range 4 {
		for _, send := range bodies {
			all.Go(func() {
				if status := send(); status >= 500 && status != http.StatusServiceUnavailable {
					t.Errorf("answered %d", status)
				}
			})
		}
	}
	all.Wait()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	most := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	took, err := strconv.Atoi(string(most[1]))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("memory: the server took %d MiB at most\n", took>>10)
	if took<<10 > memoryMost {
		t.Errorf("the server took %d MiB, of %d", took>>10, memoryMost>>20)
	}
	n.awaitReady()
}
