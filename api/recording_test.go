package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

const recordings = "/v1/core/recordings"

// user makes a user and returns a client with an access token of theirs.
func (w *world) user(o tenant, u hub.User, scope hub.Scope) *client {
	w.t.Helper()
	ctx := context.Background()
	made, err := w.st.CreateUser(ctx, o.id, u)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.actAs(o, made.ID, scope)
}

func (w *world) actAs(o tenant, user string, scope hub.Scope) *client {
	w.t.Helper()
	ctx := context.Background()
	app, secret, err := w.st.CreateApp(ctx, o.id, "app", user)
	if err != nil {
		w.t.Fatal(err)
	}
	_, text, err := w.st.CreateAccessToken(ctx, o.id, app.ClientID, secret, user, scope)
	if err != nil {
		w.t.Fatal(err)
	}
	return &client{w: w, server: w.server.URL, user: text}
}

// signedURLs is what a test reads of an answer to signed-urls.
type signedURLs struct {
	Data struct {
		UploadURL     string            `json:"uploadUrl"`
		UploadHeaders map[string]string `json:"uploadHeaders"`
		DownloadURL   string            `json:"downloadUrl"`
		ExpiresAt     string            `json:"expiresAt"`
	} `json:"data"`
}

func (c *client) signedURLs(fileType string, size int) signedURLs {
	c.w.t.Helper()
	var signed signedURLs
	c.do("POST", recordings+"/signed-urls", fmt.Sprintf(`{"fileType":%q,"fileSize":%d}`, fileType, size)).want(c.w.t, 200).into(c.w.t, &signed)
	return signed
}

// send sends a request without a token to a whole URL.
func send(t testing.TB, method, to string, body io.Reader, headers ...header) answer {
	t.Helper()
	req, err := http.NewRequest(method, to, body)
	if err != nil {
		t.Fatal(err)
	}
	if size := req.URL.Query().Get("size"); method == "PUT" && size != "" { // part of what was signed, as the Content-Type is
		req.Header.Set("X-Goog-Content-Length-Range", "0,"+size)
	}
	for _, h := range headers {
		req.Header.Set(h[0], h[1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
}

const mp3 = "audio/mpeg"

// upload puts audio and returns the URL to fetch it by.
func (c *client) upload(text string) string {
	c.w.t.Helper()
	signed := c.signedURLs(mp3, len(text))
	send(c.w.t, "PUT", signed.Data.UploadURL, strings.NewReader(text), header{"Content-Type", mp3}).want(c.w.t, 200)
	return signed.Data.DownloadURL
}

// record makes a recording of audio; more are further fields of the request.
func (c *client) record(audio, more string) string {
	c.w.t.Helper()
	var made struct {
		Data struct {
			RecordingID string `json:"recordingId"`
		} `json:"data"`
	}
	c.do("POST", recordings+"/upload", fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,%s}`, c.upload(audio), mp3, more)).want(c.w.t, 201).into(c.w.t, &made)
	return made.Data.RecordingID
}

// files are those in the folder of the audio.
func (w *world) files() []string {
	w.t.Helper()
	var found []string
	err := filepath.WalkDir(w.audio, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

const analysis = `{"language":"English","durationInMilliseconds":600000,"speakerMap":{"A":"Rep","B":"Ada"},
	"utterances":[{"utterance":"Hello","startTimeInMillis":0,"endTimeInMillis":900,"speakerTag":"A","redacted":false,"confidence":0.9},
		{"utterance":"Hi","startTimeInMillis":900,"endTimeInMillis":1200,"speakerTag":"B","redacted":false},
		{"utterance":"###","startTimeInMillis":1200,"endTimeInMillis":2000,"speakerTag":"B","redacted":true}],
	"summary":[{"name":"Needs","content":"A new roof.","quotes":[{"quote":"Hi","startTimeInMillis":900,"endTimeInMillis":1200}]},{"name":"Next","content":"Call."}],
	"entityExtractions":[{"siroEntityDefinitionId":"roof","siroEntityDefinitionName":"Roof","extraction":[
		{"name":"squares","value":24,"mappings":[{"crmModelName":"OPPORTUNITY","crmFieldName":"Squares__c"}]},{"name":"colors","value":["red","brown"]},{"name":"age","value":null}]}],
	"evaluationScore":7.5,"universalOutcomeLabel":"NEUTRAL",
	"followups":[{"id":"f1","followupType":"REHASH","score":4,"followupAction":"Call again","thinking":"They wavered","context":[{"header":"Price","value":"High"}]},
		{"followupType":"CROSS_SELL","score":2}]}`

func TestRecording(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		acme := w.tenant("Acme")
		pushed := acme.token.create("SIRO_CUSTOM_INPUT").ID
		acme.token.do("POST", endpoints, `{"url":"https://example.com/"}`).want(t, 201)
		e := acme.token.push("/sync/engagements", fullEngagement)
		rep := w.user(acme, hub.User{Email: "one@example.com", FirstName: "Rep", LastName: "One"}, hub.ScopeWrite)

		// The list's errors are text, as published.
		for _, bad := range []struct {
			token, query string
			status       int
		}{{"sirocco_user_no", "", 401}, {rep.user, "?organizationId=" + hub.NewID(), 403}, {rep.user, "?limit=x", 400}} {
			a := (&client{w: w, server: w.server.URL}).do("GET", recordings+bad.query, "", header{"x-siro-auth-token", bad.token}).want(t, bad.status)
			if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") || strings.HasPrefix(a.body, "{") {
				t.Errorf("%s %s", kind, a.body)
			}
		}

		// Audio comes by signed URL, and a recording is made of it, linked to what its uploader names.
		signed := rep.signedURLs(mp3, 10)
		if signed.Data.UploadHeaders["Content-Type"] != mp3 || signed.Data.ExpiresAt != "2026-11-23T13:00:00.000Z" {
			t.Errorf("%+v", signed)
		}
		body := fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,"title":"Visit","userEmail":"ONE@example.com","result":"closed","dateCreated":"2026-03-01T15:00:00Z","latitude":40.5,"longitude":-111.9,"integrationConnectionId":%q,"crmObjects":[{"objectType":"Account","objectId":"a1"},{"objectType":"Event","objectId":"e1"}]}`, signed.Data.DownloadURL, mp3, pushed)
		if early := rep.do("POST", recordings+"/upload", body).want(t, 422); !strings.Contains(early.body, "has not arrived") || !strings.Contains(early.body, "ZodError") {
			t.Error(early.body)
		}
		send(t, "PUT", signed.Data.UploadURL, strings.NewReader("0123456789"), header{"Content-Type", mp3}).want(t, 200)
		for good, bad := range map[string]string{
			`"longitude":-111.9,`: "", `-111.9`: "-191.9", "2026-03-01T15:00:00Z": "9999-12-31T23:59:59-14:00", `2026-03-01T15`: "0001-01-01T00",
		} {
			rep.do("POST", recordings+"/upload", strings.Replace(body, good, bad, 1)).want(t, 422)
		}
		var made, again struct{ Data struct{ RecordingID string } }
		rep.do("POST", recordings+"/upload", body).want(t, 201).into(t, &made)
		rep.do("POST", recordings+"/upload", body).want(t, 201).into(t, &again)
		id := made.Data.RecordingID
		if id == "" || again != made {
			t.Errorf("the same audio made %v, then %v", made, again)
		}
		send(t, "PUT", signed.Data.UploadURL, strings.NewReader("abcdefghij"), header{"Content-Type", mp3}).want(t, 410)

		// It can be heard from the middle.
		var fetch struct{ Data struct{ URL string } }
		rep.do("POST", recordings+"/"+id+"/signedUrl", "").want(t, 200).into(t, &fetch)
		if part := send(t, "GET", fetch.Data.URL, nil, header{"Range", "bytes=3-5"}).want(t, 206); part.body != "345" || part.header.Get("Content-Range") != "bytes 3-5/10" || part.header.Get("Content-Type") != mp3 {
			t.Errorf("%+v", part)
		}
		if head := send(t, "HEAD", fetch.Data.URL, nil).want(t, 200); head.header.Get("Content-Length") != "10" || head.header.Get("Accept-Ranges") != "bytes" {
			t.Errorf("%+v", head)
		}

		// Both surfaces show it, each in its shape.
		type shown struct {
			ID, Title, Result, UserID, UpdatedAt string
			IsProcessingDone                     bool
			CRM                                  struct {
				Engagement, Opportunity, Account, Lead *hub.CRMIdentity
				Users, Contacts                        []hub.CRMIdentity
			}
			Summary, EntityExtractions []map[string]any
			EvaluationScore            float64
			Followups                  []map[string]any
			DurationInMilliseconds     float64
			Deleted                    bool
		}
		var one shown
		acme.token.do("GET", recordings+"/"+id+"?showCrmLinks=true", "").want(t, 200).into(t, &one)
		if one.Title != "Visit" || one.Result != "WON" || one.IsProcessingDone || one.CRM.Engagement == nil || one.CRM.Engagement.ID != e.ID ||
			one.CRM.Account == nil || one.CRM.Account.ExternalID != "a1" || one.CRM.Opportunity == nil || len(one.CRM.Contacts) != 1 || len(one.CRM.Users) != 1 || one.CRM.Lead == nil {
			t.Errorf("%+v", one)
		}
		for _, path := range []string{"/engagements/" + e.ID, "/opportunities/" + e.OpportunityID, "/engagements?recordingId=" + id, "/opportunities?recordingId=" + id} {
			if a := acme.token.do("GET", records+path, "").want(t, 200); !strings.Contains(a.body, `"recordingId":"`+id+`"`) {
				t.Errorf("%s: %s", path, a.body)
			}
		}
		var seen struct{ Data []map[string]any }
		rep.do("GET", recordings+"?showCrmCustomer=true", "").want(t, 200).into(t, &seen)
		if len(seen.Data) != 1 || seen.Data[0]["result"] != "closed" || seen.Data[0]["repLastName"] != "One" || seen.Data[0]["dateCreated"] != "2026-03-01T15:00:00.000Z" ||
			fmt.Sprint(seen.Data[0]["crmCustomer"].(map[string]any)["engagementId"]) != e.ID {
			t.Errorf("%+v", seen)
		}

		// The analysis makes it processed; the same one again changes nothing.
		w.clock.advance(time.Minute)
		for bad, said := range map[string]string{
			`{}`: "all else", `{"language":"English","durationInMilliseconds":60000}`: "what the analysis found", `{"failed":""}`: "failed",
			`{"universalOutcomeLabel":"POSITIVE","durationInMilliseconds":1e300}`:                                                "longer than any recording",
			`{"utterances":[{"speakerTag":"A","utterance":"x","startTimeInMillis":0,"endTimeInMillis":1e30,"redacted":false}]}`:  "after the end of any recording",
			`{"utterances":[{"speakerTag":"A","utterance":"x","startTimeInMillis":-1e30,"endTimeInMillis":1,"redacted":false}]}`: "is negative",
		} {
			if a := acme.token.do("PUT", recordings+"/"+id+"/analysis", bad).want(t, 400); !strings.Contains(a.body, said) {
				t.Errorf("%s: %s", bad, a.body)
			}
		}
		if a := acme.token.do("GET", recordings+"/"+id, "").want(t, 200); !strings.Contains(a.body, `"latitude":40.5,"longitude":-111.9`) {
			t.Errorf("it does not say where it was made: %s", a.body)
		}
		acme.token.do("PUT", recordings+"/"+id+"/analysis", `{"failed":"too noisy"}`).want(t, 200)
		acme.token.do("PUT", recordings+"/"+id+"/analysis", analysis).want(t, 200).into(t, &one)
		if !one.IsProcessingDone || one.DurationInMilliseconds != 600000 || one.UpdatedAt != "2026-11-23T12:01:00.001Z" {
			t.Errorf("%+v", one)
		}
		w.clock.advance(time.Minute)
		acme.token.do("PUT", recordings+"/"+id+"/analysis", analysis).want(t, 200).into(t, &one)
		if one.UpdatedAt != "2026-11-23T12:01:00.001Z" {
			t.Errorf("the same analysis again changed it at %s", one.UpdatedAt)
		}
		acme.token.do("PUT", recordings+"/"+id+"/analysis", `{"failed":"too late"}`).want(t, 409)
		if events, err := w.st.FanOut(t.Context(), 100); err != nil || events != 2 { // linked and processed
			t.Errorf("%d events, %v", events, err)
		}

		show := "showCrmLinks=true&showSummary=true&showEntityExtractions=true&showEvaluationScore=true&showFollowups=true"
		var list struct {
			Data   []shown
			Cursor *string
		}
		acme.token.do("GET", recordings+"?isProcessingDone=true&"+show, "").want(t, 200).into(t, &list)
		if len(list.Data) != 1 || len(list.Data[0].Summary) != 2 || len(list.Data[0].EntityExtractions) != 3 || list.Data[0].EvaluationScore != 7.5 || len(list.Data[0].Followups) != 2 {
			t.Errorf("%+v", list)
		}
		acme.token.do("GET", recordings+"?isProcessingDone=false", "").want(t, 200).into(t, &list)
		if len(list.Data) != 0 {
			t.Errorf("%+v", list)
		}
		acme.token.do("GET", recordings+"/"+id+"?"+show, "").want(t, 200).into(t, &one)
		if len(one.Followups) != 2 || one.Followups[0]["repName"] != "Rep One" || one.Followups[0]["crmCustomer"] == nil || one.Followups[0]["status"] != "TO_DO" {
			t.Errorf("%+v", one)
		}
		if a := acme.token.do("GET", recordings+"/"+id+"/summaries", "").want(t, 200); !strings.Contains(a.body, `"name":"Needs","content":"A new roof."`) {
			t.Error(a.body)
		}
		whole := rep.do("GET", recordings+"/"+id+"?showCrmOpportunities=true&showEvaluationScore=true&showFollowups=true&showCrmCustomers=true&showSummary=true&showEntityExtractions=true", "").want(t, 200)
		for _, part := range []string{`"transcriptionStatus":"COMPLETE"`, `"processingStage":"done"`, `"opportunityExternalId":"o1"`, `"city":"Austin"`, `"summary":"Needs\nA new roof.\n\nNext\nCall."`, `"name":"squares","value":24`, `"evaluationScore":7.5`} {
			if !strings.Contains(whole.body, part) {
				t.Errorf("no %s in %s", part, whole.body)
			}
		}
		if a := rep.do("GET", recordings+"/"+id+"/summary", "").want(t, 200); !strings.Contains(a.body, `"quote":"Hi"`) || !strings.Contains(a.body, `"promptHeader":"Next"`) {
			t.Error(a.body)
		}
		if a := rep.do("GET", "/v1/core/entities/extractions/"+id, "").want(t, 200); !strings.Contains(a.body, `"siroEntityDefinitionName":"Roof"`) || !strings.Contains(a.body, `"value":["red","brown"]`) {
			t.Error(a.body)
		}

		// The transcript comes in pages.
		var page struct {
			Data struct {
				Utterances []struct{ Utterance string }
				SpeakerMap map[string]string
			}
			Cursor *float64
		}
		rep.do("GET", recordings+"/"+id+"/utterances?pageSize=2", "").want(t, 200).into(t, &page)
		if len(page.Data.Utterances) != 2 || page.Data.SpeakerMap["B"] != "Ada" || page.Cursor == nil {
			t.Fatalf("%+v", page)
		}
		rep.do("GET", fmt.Sprintf("%s/%s/utterances?pageSize=2&cursor=%v", recordings, id, *page.Cursor), "").want(t, 200).into(t, &page)
		if len(page.Data.Utterances) != 1 || page.Data.Utterances[0].Utterance != "###" || page.Cursor != nil {
			t.Errorf("%+v", page)
		}

		// Followups: those of at least 3, unless otherwise asked.
		for query, want := range map[string]int{"": 1, "?minimumScore=1": 2, "?minimumScore=1&scores=2&scores=9": 1, "?statuses=COMPLETE": 0, "?starred=true": 0, "?minimumScore=1&starred=false&limit=1": 1} {
			var followups struct {
				Data struct{ Followups []map[string]any }
			}
			rep.do("GET", "/v1/core/followups"+query, "").want(t, 200).into(t, &followups)
			if len(followups.Data.Followups) != want {
				t.Errorf("%q: %+v", query, followups)
			}
		}
		rep.do("GET", "/v1/core/followups?statuses=NEVER", "").want(t, 422)
		if a := rep.do("GET", "/v1/core/followups?scores=1&scores=null", "").want(t, 422); !strings.Contains(a.body, `has \"null\"`) {
			t.Error(a.body)
		}
		// They are of the team in which the recording was made, whichever the rep is in now.
		later, err := w.st.CreateTeam(t.Context(), acme.id, hub.Team{Name: "Later"})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, w.st, `UPDATE users SET team_id = $1 WHERE email = 'one@example.com'`, later.ID)
		for query, want := range map[string]int{"": 1, "?teamIds=" + later.ID: 0} {
			a := rep.do("GET", "/v1/core/followups"+query, "").want(t, 200)
			if strings.Count(a.body, `"teamName":null,"teamId":""`) != want || strings.Contains(a.body, "Later") {
				t.Errorf("%q: %s", query, a.body)
			}
		}
		send(t, "HEAD", w.server.URL+recordings+"/"+id, nil, header{"Authorization", "Bearer " + acme.token.token}).want(t, 200)

		// The link can be taken away and set by hand.
		if a := rep.do("DELETE", recordings+"/"+id+"/link", `{"id":"`+e.ID+`","dataType":"ENGAGEMENT"}`).want(t, 200); !strings.Contains(a.body, `"data":true`) {
			t.Error(a.body)
		}
		if a := rep.do("GET", recordings+"?crmLinkStatus=unlinked", "").want(t, 200); !strings.Contains(a.body, id) {
			t.Error(a.body)
		}
		if a := rep.do("PUT", recordings+"/"+id+"/link", `{"externalId":"o1","integrationConnectionId":"`+pushed+`","dataType":"OPPORTUNITY","trigger":"USER_LINK_WEB"}`).want(t, 200); !strings.Contains(a.body, `"name":"New roof"`) {
			t.Error(a.body)
		}
		rep.do("PUT", recordings+"/"+id+"/link", `{"externalId":"nothing","integrationConnectionId":"`+pushed+`","dataType":"LEAD"}`).want(t, 404)
		if a := acme.token.do("GET", records+"/opportunities?recordingId="+id, "").want(t, 200); !strings.Contains(a.body, `"recordingId":"`+id+`"`) {
			t.Error(a.body)
		}

		// Deleted: gone from everywhere, with what it held, but told to who follows the changes.
		since := one.UpdatedAt
		w.clock.advance(time.Minute)
		rep.do("DELETE", recordings+"/"+id, "").want(t, 200)
		rep.do("GET", recordings+"/"+id, "").want(t, 404)
		rep.do("GET", recordings+"/"+id+"/utterances", "").want(t, 404)
		if a := acme.token.do("GET", recordings+"/"+id, "").want(t, 200); !strings.Contains(a.body, `"deleted":true`) {
			t.Error(a.body)
		}
		list.Data = nil
		acme.token.do("GET", recordings+"?updatedAt:gt="+since+"&showSummary=true", "").want(t, 200).into(t, &list)
		if len(list.Data) != 1 || !list.Data[0].Deleted || list.Data[0].Title != "" || len(list.Data[0].Summary) != 0 {
			t.Errorf("%+v", list)
		}
	})
}

func TestUploadsThatDoNotCount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		acme := w.tenant("Acme")
		pushed := acme.token.create("SIRO_CUSTOM_INPUT").ID
		rep := w.user(acme, hub.User{Email: "rep@acme.example"}, hub.ScopeWrite)
		rep.do("POST", recordings+"/signed-urls", `{"fileType":"text/html","fileSize":5}`).want(t, 422)
		rep.do("POST", recordings+"/signed-urls", `{"fileType":"audio/mpeg","fileSize":0}`).want(t, 422)
		signed := rep.signedURLs(mp3, 5)
		typed := header{"Content-Type", mp3}
		chunked := func(text string) io.Reader { return io.MultiReader(strings.NewReader(text)) } // its length is not told
		for name, c := range map[string]struct {
			url    string
			body   io.Reader
			header header
			status int
		}{
			"another type":        {signed.Data.UploadURL, strings.NewReader("12345"), header{"Content-Type", "audio/wav"}, 403},
			"too long":            {signed.Data.UploadURL, strings.NewReader("123456"), typed, 413},
			"too long, untold":    {signed.Data.UploadURL, chunked("123456"), typed, 413},
			"another range":       {signed.Data.UploadURL, strings.NewReader("12345"), header{"X-Goog-Content-Length-Range", "0,9"}, 403},
			"too short, untold":   {signed.Data.UploadURL, chunked("1234"), typed, 400},
			"a changed size":      {strings.Replace(signed.Data.UploadURL, "size=5", "size=6", 1), strings.NewReader("123456"), typed, 403},
			"a later expiry":      {strings.Replace(signed.Data.UploadURL, "expires=1", "expires=2", 1), strings.NewReader("12345"), typed, 403},
			"the URL to fetch by": {signed.Data.DownloadURL, strings.NewReader("12345"), typed, 403},
		} {
			if a := send(t, "PUT", c.url, c.body, c.header); a.status != c.status {
				t.Errorf("%s: answered %d, want %d: %s", name, a.status, c.status, a.body)
			}
		}
		breakOff(t, signed.Data.UploadURL)
		w.server.CloseClientConnections()
		send(t, "GET", signed.Data.DownloadURL, nil).want(t, 404)
		if files := w.files(); len(files) != 0 {
			t.Errorf("left behind: %v", files)
		}
		rep.do("POST", recordings+"/upload", fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,"userEmail":"rep@acme.example"}`, signed.Data.DownloadURL, mp3)).want(t, 422)

		// The same URL is good for the audio it was signed for, once.
		send(t, "PUT", signed.Data.UploadURL, chunked("12345"), typed).want(t, 200)
		send(t, "PUT", signed.Data.UploadURL, strings.NewReader("54321"), typed).want(t, 409)
		if a := send(t, "GET", signed.Data.DownloadURL, nil).want(t, 200); a.body != "12345" {
			t.Errorf("%+v", a)
		}
		for body, field := range map[string]string{
			`{"fileUrl":%q,"fileType":"audio/wav","userEmail":"rep@acme.example"}`:                                                                                                  "fileType",
			`{"fileUrl":%q,"fileType":"audio/mpeg"}`:                                                                                                                                "userId",
			`{"fileUrl":%q,"fileType":"audio/mpeg","userEmail":"nobody@acme.example"}`:                                                                                              "userEmail",
			`{"fileUrl":%q,"fileType":"audio/mpeg","userEmail":"rep@acme.example","crmObjects":[{"objectType":"Lead","objectId":"l9"}]}`:                                            "integrationConnectionId",
			`{"fileUrl":%q,"fileType":"audio/mpeg","userEmail":"rep@acme.example","integrationConnectionId":"` + pushed + `","crmObjects":[{"objectType":"Lead","objectId":"l9"}]}`: "objectId",
			`{"fileUrl":"https://elsewhere.example/a.mp3","fileType":"audio/mpeg","userEmail":"rep@acme.example","contactName":"not used: %.0s"}`:                                   "fileUrl",
		} {
			if a := rep.do("POST", recordings+"/upload", fmt.Sprintf(body, signed.Data.DownloadURL)).want(t, 422); !strings.Contains(a.body, `"`+field+`"`) {
				t.Errorf("%s: %s", field, a.body)
			}
		}
		w.clock.advance(hub.UploadLife)
		late := send(t, "GET", signed.Data.DownloadURL, nil).want(t, 403)
		if !strings.Contains(late.body, "expired at 2026-11-23T13:00:00.000Z") {
			t.Error(late.body)
		}
		rep.do("POST", recordings+"/upload", fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,"userEmail":"rep@acme.example"}`, signed.Data.DownloadURL, mp3)).want(t, 201)
	})
}

// TestTwoUploadsOfOneURL: what a recording is made of stays, whoever else sends audio to its URL, or sent it too slowly.
func TestTwoUploadsOfOneURL(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		acme := w.tenant("Acme")
		rep := w.user(acme, hub.User{Email: "rep@acme.example"}, hub.ScopeWrite)
		typed := header{"Content-Type", mp3}
		for _, c := range []struct {
			name string
			// kept and made say how far the other request has come when the slow one ends.
			kept, made bool
			status     string
			audio      string
		}{
			{"alone", false, false, "200", "slow!"},
			{"another was kept", true, false, "409", "12345"},
			{"its recording is made", true, true, "409", "12345"},
		} {
			signed := rep.signedURLs(mp3, 5)
			end := beginSlowly(t, signed.Data.UploadURL)
			if c.kept {
				send(t, "PUT", signed.Data.UploadURL, strings.NewReader("12345"), typed).want(t, 200)
			}
			record := func() {
				rep.do("POST", recordings+"/upload", fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,"userEmail":"rep@acme.example"}`, signed.Data.DownloadURL, mp3)).want(t, 201)
			}
			if c.made {
				record()
			}
			if answer := end("slow!"); !strings.HasPrefix(answer, "HTTP/1.1 "+c.status) {
				t.Errorf("%s: answered %q", c.name, answer)
			}
			if !c.made {
				record()
			}
			if a := send(t, "GET", signed.Data.DownloadURL, nil).want(t, 200); a.body != c.audio {
				t.Errorf("%s: the audio is %q", c.name, a.body)
			}
		}

		// A node that was killed after it kept the audio, and before it noted so, is gone on from.
		signed := rep.signedURLs(mp3, 5)
		u, err := url.Parse(signed.Data.UploadURL)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.audio, strings.TrimPrefix(u.Path, "/audio/")), []byte("12345"), 0o600); err != nil {
			t.Fatal(err)
		}
		send(t, "PUT", signed.Data.UploadURL, strings.NewReader("12345"), typed).want(t, 200)
		send(t, "PUT", signed.Data.UploadURL, strings.NewReader("12345"), typed).want(t, 409)

		// What comes when it is given up is not kept.
		signed = rep.signedURLs(mp3, 5)
		before, end := w.files(), beginSlowly(t, signed.Data.UploadURL)
		w.clock.advance(hub.UploadKept)
		if answer := end("slow!"); !strings.HasPrefix(answer, "HTTP/1.1 410") {
			t.Errorf("answered %q", answer)
		}
		if after := w.files(); !slices.Equal(before, after) {
			t.Errorf("left behind: %v", after)
		}
	})
}

// dial opens a connection to the server of a URL, to send what no HTTP client sends.
func dial(t *testing.T, to string) (net.Conn, *url.URL) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	return conn, u
}

// beginSlowly begins to send five bytes. It returns when the server waits for them; end sends them and returns the answer.
func beginSlowly(t *testing.T, to string) (end func(body string) string) {
	t.Helper()
	conn, u := dial(t, to)
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nX-Goog-Content-Length-Range: 0,5\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n", u.RequestURI(), u.Host, mp3)
	const want = "HTTP/1.1 100 Continue\r\n\r\n"
	told := make([]byte, len(want))
	if _, err := io.ReadFull(conn, told); err != nil || string(told) != want {
		t.Fatalf("answered %q, %v", told, err)
	}
	return func(body string) string {
		if _, err := io.WriteString(conn, body); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
}

// breakOff begins to send audio, and then hangs up. It returns when the server has seen it.
func breakOff(t *testing.T, to string) {
	t.Helper()
	conn, u := dial(t, to)
	defer func() { _ = conn.Close() }()
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nX-Goog-Content-Length-Range: 0,5\r\nContent-Length: 5\r\n\r\n12", u.RequestURI(), u.Host, mp3)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !bytes.Contains(answer, []byte("nothing was kept")) {
		t.Errorf("answered %q, %v", answer, err)
	}
}

func TestWhoSeesARecording(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		w := newWorld(t, databaseURL)
		acme := w.tenant("Acme")
		rep := w.user(acme, hub.User{Email: "rep@acme.example"}, hub.ScopeWrite)
		mate := w.user(acme, hub.User{Email: "mate@acme.example"}, hub.ScopeWrite)
		admin := w.user(acme, hub.User{Email: "admin@acme.example", Admin: true}, hub.ScopeRead)
		mine := rep.record("mine", `"userEmail":"rep@acme.example"`)
		team, err := w.st.CreateTeam(t.Context(), acme.id, hub.Team{Name: "Crew"})
		if err != nil {
			t.Fatal(err)
		}
		coach := w.user(acme, hub.User{Email: "coach@acme.example", CoachOf: []string{team.ID}}, hub.ScopeWrite)
		w.user(acme, hub.User{Email: "crew@acme.example", TeamID: team.ID}, hub.ScopeWrite)
		crews := coach.record("crew's", `"userEmail":"crew@acme.example"`)
		coach.do("GET", recordings+"/"+crews, "").want(t, 200)
		coach.do("GET", recordings+"/"+mine, "").want(t, 404)
		rep.do("GET", recordings+"/"+crews, "").want(t, 404)
		open := rep.record("open", `"userEmail":"rep@acme.example","discoverable":true`)

		mate.do("GET", recordings+"/"+mine, "").want(t, 404)
		mate.do("DELETE", recordings+"/"+mine, "").want(t, 404)
		mate.do("GET", recordings+"/"+open, "").want(t, 200)
		mate.do("DELETE", recordings+"/"+open, "").want(t, 403)
		admin.do("GET", recordings+"/"+mine, "").want(t, 200)
		admin.do("DELETE", recordings+"/"+mine, "").want(t, 403) // its token may only read
		for _, write := range []string{"/signed-urls", "/upload"} {
			admin.do("POST", recordings+write, `{}`).want(t, 403)
		}
		for c, want := range map[*client]int{rep: 2, mate: 1, coach: 2, admin: 3} {
			var list struct{ Data []map[string]any }
			c.do("GET", recordings, "").want(t, 200).into(t, &list)
			if len(list.Data) != want {
				t.Errorf("sees %d, want %d", len(list.Data), want)
			}
		}
		// Nobody uploads for somebody else, but an administrator.
		body := fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,"userEmail":"rep@acme.example"}`, mate.upload("for another"), mp3)
		mate.do("POST", recordings+"/upload", body).want(t, 422)
		// Another organization is as one that is not there.
		other := w.tenant("Other")
		if a, b := rep.do("GET", recordings+"?organizationId="+other.id, ""), rep.do("GET", recordings+"?organizationId="+hub.NewID(), ""); a.status != 403 || a.body != b.body {
			t.Errorf("%+v %+v", a, b)
		}
		// Lists come in pages, without gaps and repetitions.
		w.clock.advance(time.Minute)
		for i := range 5 {
			rep.record(fmt.Sprint("more ", i), `"userEmail":"rep@acme.example"`)
		}
		for _, c := range []struct {
			client *client
			path   string
		}{{rep, recordings + "?limit=2"}, {rep, recordings + "?limit=2&orderDirection=asc"}, {acme.token, recordings + "?pageSize=2"}, {acme.token, recordings + "?pageSize=2&updatedAt:gte=2026-01-01T00:00:00Z"}} {
			seen := map[string]bool{}
			for cursor := ""; ; {
				var list struct {
					Data   []struct{ ID string }
					Cursor *string
				}
				c.client.do("GET", c.path+cursor, "").want(t, 200).into(t, &list)
				for _, rec := range list.Data {
					if seen[rec.ID] {
						t.Errorf("%s: %s came twice", c.path, rec.ID)
					}
					seen[rec.ID] = true
				}
				if list.Cursor == nil {
					break
				}
				cursor = "&cursor=" + *list.Cursor
			}
			if want := 7 + len(c.client.token)/max(len(c.client.token), 1); len(seen) != want { // the organization sees the crew's, too
				t.Errorf("%s: %d recordings came", c.path, len(seen))
			}
		}
		if a := rep.do("GET", recordings+"?limit=many", "").want(t, 400); !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%+v", a)
		}
	})
}
