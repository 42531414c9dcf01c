package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestAddressesThatAreShown takes addresses of any scheme that a person may be sent to, and none that is a script, has a
// password, or has control characters.
func TestAddressesThatAreShown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		c := w.pusher("Acme")
		link := records + "/engagements/" + c.push("/sync/engagements", fullEngagement).ID + "/deep-link?redirectUrl="
		brief := func(audio string) string {
			text, err := json.Marshal(map[string]string{"externalId": "b", "jobId": "j", "appointmentId": "a", "tenantId": "t", "technicianId": "x", "audioUrl": audio, "message": "m"})
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		for _, good := range []string{"https://crm.example/a?b=c#d", "http://10.0.0.1:8080/", "myapp://done?x=1", "com.acme.crm:visit", "MYAPP:1", "mailto:ann@example.com", "https://crm.example/@ann"} {
			c.do("GET", link+url.QueryEscape(good), "").want(t, 200)
			c.do("PUT", records+"/briefs", brief(good)).want(t, 200)
		}
		c.do("PUT", records+"/briefs", brief("")).want(t, 200)
		c.do("GET", link, "").want(t, 200)
		for _, bad := range []string{
			"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "https://ann:secret@crm.example/", "https://ann@crm.example/", `https:\\ann:secret@crm.example/`,
			"myapp://ann:secret@x", "https://crm.example/\n", "java\tscript:x", "//ann:secret@crm.example/",
		} {
			for field, a := range map[string]answer{"redirectUrl": c.do("GET", link+url.QueryEscape(bad), ""), "audioUrl": c.do("PUT", records+"/briefs", brief(bad))} {
				if a.want(t, 400); !strings.Contains(a.body, `"path":["`+field+`"]`) || strings.Contains(a.body, "secret@") {
					t.Errorf("%q: %s", bad, a.body)
				}
			}
		}
		if a := c.do("GET", link+"crm.example", "").want(t, 400); !strings.Contains(a.body, "redirectUrl") {
			t.Error(a.body)
		}
		// Of a conversation type that it does not know the app takes the rep's default: it may be anything.
		c.do("GET", strings.TrimSuffix(link, "redirectUrl=")+"conversationType=nope", "").want(t, 200)
	})
}

// TestDownloadsAreKeptEncrypted keeps where a recording made elsewhere is fetched from as no text in the database, and not at
// all once it was given up; the same again is nothing new.
func TestDownloadsAreKeptEncrypted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		o := w.tenant("Acme")
		event := func(id, download string) string {
			return fmt.Sprintf(`{"downloadUrl":%q,"remoteCreatedAt":"2026-11-20T10:00:00Z","externalUserId":"u","externalEmailAddress":"u@a.example","externalId":%q,"organizationId":%q,"mimeType":"audio/mpeg","externalEventId":"e"}`, download, id, o.id)
		}
		const secret = "https://account:secret@calls.example/1.mp3?signature=s"
		for range 2 {
			o.token.do("PUT", records+"/multimedia-events", event("m1", secret)).want(t, 201)
		}
		if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM multimedia_events WHERE download_url = '' AND sealed_url <> '' AND sealed_url NOT LIKE '%secret%' AND revision = 1`); n != 1 {
			t.Error("it is kept as it came, or a repeat took its place")
		}
		list, err := w.st.MultimediaEvents(t.Context(), o.id, "", "", 10)
		if err != nil || len(list) != 1 || list[0].DownloadURL != "" {
			t.Fatalf("%+v, %v", list, err)
		}
		kept, err := w.st.MultimediaEvent(t.Context(), o.id, list[0].ID)
		if err != nil || kept.DownloadURL != secret {
			t.Errorf("it is fetched from %q, %v", kept.DownloadURL, err)
		}
		o.token.do("PUT", records+"/multimedia-events", event("m1", "https://calls.example/other")).want(t, 201)
		if kept, err = w.st.MultimediaEvent(t.Context(), o.id, list[0].ID); err != nil || kept.DownloadURL != "https://calls.example/other" || kept.Revision != 2 {
			t.Errorf("what came in its place: %+v, %v", kept, err)
		}
		// Two in one batch that differ are two recordings, of which one would be lost.
		batch := func(events ...string) answer {
			return o.token.do("PUT", records+"/batch/multimedia-events", "["+strings.Join(events, ",")+"]")
		}
		if a := batch(event("m2", "https://calls.example/2"), event("m3", "https://calls.example/3"), event("m2", "https://calls.example/4")).want(t, 400); !strings.Contains(a.body, `"path":[2,"externalId"]`) {
			t.Error(a.body)
		}
		batch(event("m2", "https://calls.example/2"), event("m2", "https://calls.example/2")).want(t, 201)
		if list, err := w.st.MultimediaEvents(t.Context(), o.id, hub.MultimediaPending, "", 10); err != nil || len(list) != 2 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
