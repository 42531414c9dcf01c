package meaning_test

import (
	"fmt"
	"strings"
	"time"
)

// signed asks for URLs, and upload makes a recording of what was put.
func (s *scene) signed(kind string, size int) *answer {
	s.t.Helper()
	return s.rep().post(recordings+"/signed-urls", fmt.Sprintf(`{"fileType":%q,"fileSize":%d}`, kind, size))
}

// put is signed URLs to which four bytes were sent, and the start of the body of an upload.
func (s *scene) put() string {
	s.t.Helper()
	signed := s.signed("mp3", 4)
	s.rep().send(signed, "abcd").ok()
	return fmt.Sprintf(`{"fileUrl":%q,"fileType":"mp3"`, signed.str("data.downloadUrl"))
}

func (s *scene) uploads(status int, more string) *answer {
	s.t.Helper()
	return s.rep().refuses(status, "POST", recordings+"/upload", s.put()+more+"}")
}

func (s *scene) crmObjects(objects ...string) string {
	s.t.Helper()
	return fmt.Sprintf(`,"userEmail":"rex@acme.example","integrationConnectionId":%q,"crmObjects":[%s]`, s.custom(), strings.Join(objects, ","))
}

var _ = resource(oneSurface,
	line{"M-UPL-01", holds, "fileType takes the words mp3, aac and wav in both calls", func(s *scene) {
		for _, kind := range []string{"mp3", "aac", "wav"} {
			signed := s.signed(kind, 4)
			s.rep().send(signed, "abcd").ok()
			s.rep().post(recordings+"/upload", fmt.Sprintf(`{"fileUrl":%q,"fileType":%q,"userEmail":"rex@acme.example"}`, signed.str("data.downloadUrl"), kind)).is(201)
		}
		s.rep().refuses(422, "POST", recordings+"/signed-urls", `{"fileType":"ogg","fileSize":4}`)
		s.signed("audio/mpeg", 4)
	}},
	line{"M-UPL-02", holds, "fileSize is a whole number from 1", func(s *scene) {
		s.signed("mp3", 1)
		s.rep().refuses(422, "POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSize":0}`)
		s.rep().refuses(422, "POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSize":1.5}`)
		s.rep().refuses(422, "POST", recordings+"/signed-urls", `{"fileType":"mp3"}`)
	}},
	line{"M-UPL-03", holds, "the name is fileSize, and fileSizeInBytes is refused", func(s *scene) {
		s.rep().refuses(422, "POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSizeInBytes":4}`)
		s.rep().refuses(422, "POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSize":4,"fileSizeInBytes":4}`).says("fileSizeInBytes")
	}},
	line{"M-UPL-04", holds, "properties that are not listed are refused, so that a misspelt one is not lost", func(s *scene) {
		s.rep().refuses(422, "POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSize":4,"x":1}`).want("name", "ZodError")
		s.uploads(422, `,"userEmail":"rex@acme.example","crmObject":[]`).want("name", "ZodError").says("crmObject")
	}},
	line{"M-UPL-05", holds, "audio is put raw to the uploadUrl before it expires", func(s *scene) {
		signed := s.signed("mp3", 4)
		s.rep().send(signed, "abcd").ok()
		(&caller{s: s}).do("GET", signed.str("data.downloadUrl"), "").ok().says("abcd")
	}},
	line{"M-UPL-06", holds, "the headers must be sent exactly as given; anything else is a 403", func(s *scene) {
		signed := s.signed("mp3", 4)
		to, none := signed.str("data.uploadUrl"), &caller{s: s}
		none.do("PUT", to, "abcd", "Content-Type", "audio/wav", "x-goog-content-length-range", "0,4").is(403)
		none.do("PUT", to, "abcd", "Content-Type", "audio/mpeg", "x-goog-content-length-range", "0,5").is(403)
		none.do("PUT", to, "abcd", "Content-Type", "audio/mpeg").is(403)
		none.do("PUT", to, "abcd", "Content-Type", "audio/mpeg", "x-goog-content-length-range", "0,4").ok()
	}},
	line{"M-UPL-07", holds, "each word for the type has its media type", func(s *scene) {
		for kind, want := range map[string]string{"mp3": "audio/mpeg", "wav": "audio/wav", "aac": "audio/aac"} {
			s.signed(kind, 4).want("data.uploadHeaders.Content-Type", want)
		}
	}},
	line{"M-UPL-08", holds, "any length up to the announced one is taken, and a longer one is not", func(s *scene) {
		signed := s.signed("mp3", 1000).want("data.uploadHeaders.x-goog-content-length-range", "0,1000")
		s.eq(s.rep().send(signed, strings.Repeat("x", 1001)).status >= 400, true)
		s.rep().send(signed, strings.Repeat("x", 703)).ok()
		s.rep().post(recordings+"/upload", fmt.Sprintf(`{"fileUrl":%q,"fileType":"mp3","userEmail":"rex@acme.example"}`, signed.str("data.downloadUrl"))).is(201)
		s.eq(len((&caller{s: s}).do("GET", signed.str("data.downloadUrl"), "").ok().text), 703)
		s.rep().send(s.signed("mp3", 5), "").ok()
	}},
	line{"M-UPL-09", holds, "the downloadUrl is the fileUrl of the upload", func(s *scene) {
		s.uploads(201, `,"userEmail":"rex@acme.example"`)
		s.rep().refuses(422, "POST", recordings+"/upload", `{"fileUrl":"https://example.com/a.mp3","fileType":"mp3","userEmail":"rex@acme.example"}`)
	}},
	line{"M-UPL-10", holds, "both URLs end at expiresAt, within the hour", func(s *scene) {
		at, err := time.Parse(time.RFC3339, s.signed("mp3", 4).str("data.expiresAt"))
		s.must(err)
		left := at.Sub(s.w.now())
		s.eq(left > 0 && left <= time.Hour, true)
	}},
	line{"M-UPL-11", holds, "signed URLs make no recording", func(s *scene) {
		s.rep().send(s.signed("mp3", 4), "abcd").ok()
		s.rep().get(recordings).values("data", "id")
	}},
	line{"M-UPL-12", holds, "an upload makes a new recording", func(s *scene) {
		id := s.uploads(201, `,"userEmail":"rex@acme.example"`).str("data.recordingId")
		s.rep().get(recordings+"/"+id).want("data.id", id)
		s.push()
		file := s.put()
		body := file + `,"userEmail":"rex@acme.example","title":"One"`
		one := s.admin().do("POST", recordings+"/upload", body+"}").is(201).str("data.recordingId")
		s.admin().do("POST", recordings+"/upload", body+"}").is(201).want("data.recordingId", one)
		for _, more := range []string{
			`,"userEmail":"rex@acme.example"`, `,"userEmail":"rex@acme.example","title":"One","dateCreated":"2026-11-20T10:00:00Z"`, `,"userEmail":"ann@acme.example","title":"One"`,
			s.crmObjects(`{"objectType":"Account","objectId":"a1"}`) + `,"title":"One"`, s.crmObjects(`{"objectType":"Account","objectId":"nothing"}`) + `,"title":"One"`,
		} {
			s.admin().refuses(422, "POST", recordings+"/upload", file+more+"}").says("fileUrl")
		}
		s.admin().refuses(422, "POST", recordings+"/upload", strings.Replace(body, "One", "Two", 1)+"}").says("fileUrl")
		s.rep().refuses(422, "POST", recordings+"/upload", body+"}").says("fileUrl")
	}},
	line{"M-UPL-13", holds, "fileUrl is required, and must be a URL", func(s *scene) {
		s.rep().refuses(422, "POST", recordings+"/upload", `{"fileType":"mp3","userEmail":"rex@acme.example"}`).says("fileUrl")
	}},
	line{"M-UPL-14", holds, "one of userId, userEmail and userPhone must be there and say something", func(s *scene) {
		s.uploads(422, "")
		s.uploads(422, `,"userId":"","userEmail":"","userPhone":""`)
		s.uploads(201, `,"userEmail":"rex@acme.example"`)
	}},
	line{"M-UPL-15", holds, "they name the rep, userId first, then the e-mail address, then the number", func(s *scene) {
		s.org().put(core+"/users/"+s.person("Pat"), `{"phoneNumber":"+1 (555) 010-7788"}`)
		upload := func(more string) string {
			return s.admin().post(recordings+"/upload", s.put()+more+"}").str("data.recordingId")
		}
		user := func(id string) any { return s.org().get(recordings + "/" + id).at("userId") }
		s.eq(user(upload(fmt.Sprintf(`,"userId":%q,"userEmail":"pat@acme.example"`, s.person("Rex")))), any(s.person("Rex")))
		s.eq(user(upload(`,"userEmail":"rex@acme.example","userPhone":"5550107788"`)), any(s.person("Rex")))
		s.eq(user(upload(`,"userPhone":"555 010 7788"`)), any(s.person("Pat")))
		s.eq(user(upload(`,"userId":"nope","userEmail":"rex@acme.example"`)), any(s.person("Rex")))
		s.eq(user(upload(`,"userId":"nope","userEmail":"nobody@acme.example","userPhone":"5550107788"`)), any(s.person("Pat")))
		s.admin().refuses(422, "POST", recordings+"/upload", s.put()+`,"userId":"nope","userEmail":"nobody@acme.example"}`).says("userId")
	}},
	line{"M-UPL-16", holds, "crmObjects and their connection come together or not at all", func(s *scene) {
		s.push()
		s.uploads(422, `,"userEmail":"rex@acme.example","crmObjects":[{"objectType":"Account","objectId":"a1"}]`).says("integrationConnectionId")
		s.uploads(422, fmt.Sprintf(`,"userEmail":"rex@acme.example","integrationConnectionId":%q`, s.custom())).says("crmObjects")
		s.uploads(201, s.crmObjects(`{"objectType":"Account","objectId":"a1"}`))
	}},
	line{"M-UPL-17", holds, "both may be left out", func(s *scene) {
		s.uploads(201, `,"userEmail":"rex@acme.example"`)
	}},
	line{"M-UPL-18", holds, "a record must be there before, by the CRM's id, and none is made", func(s *scene) {
		s.push()
		s.uploads(422, s.crmObjects(`{"objectType":"Account","objectId":"new"}`)).says("crmObjects")
		s.uploads(422, s.crmObjects(fmt.Sprintf(`{"objectType":"Account","objectId":%q}`, s.org().get(crm+"/accounts").str("0.id"))))
		s.org().get(crm+"/accounts").values("", "externalId", "a1")
	}},
	line{"M-UPL-19", holds, "seven kinds of objects can be named, of which two more are engagements", func(s *scene) {
		s.push()
		for kind, id := range map[string]string{"Opportunity": "o1", "Account": "a1", "Contact": "c1", "Lead": "l1", "Engagement": "e1", "Event": "e1", "ServiceAppointment": "e1"} {
			made := s.uploads(201, s.crmObjects(fmt.Sprintf(`{"objectType":%q,"objectId":%q}`, kind, id))).str("data.recordingId")
			s.rep().get(recordings+"/"+made+"?showCrmCustomers=true").want("data.crmCustomer.externalId", id)
		}
		s.uploads(422, s.crmObjects(`{"objectType":"Case","objectId":"x"}`))
	}},
	line{"M-UPL-20", holds, "beside crmObjects the contact's name and number change nothing", func(s *scene) {
		s.push()
		id := s.uploads(201, s.crmObjects(`{"objectType":"Account","objectId":"a1"}`)+`,"contactName":"Somebody","contactPhone":"5551234567"`).str("data.recordingId")
		s.rep().get(recordings+"/"+id+"?showCrmCustomers=true").want("data.crmCustomer.externalId", "a1")
	}},
	line{"M-UPL-21", differs, "conversationType is what the recording is analysed as, and left out it stays empty", func(s *scene) {
		s.rep().get(recordings + "/" + s.rep().record("")).lacks("data.conversationType")
		s.rep().get(recordings+"/"+s.rep().record(`"conversationType":"In Home"`)).want("data.conversationType", "In Home")
	}},
	line{"M-UPL-22", holds, "dateCreated is a date-time, in every form that the contract writes", func(s *scene) {
		for sent, want := range map[string]string{
			"2026-10-05T08:30:00.592Z": "2026-10-05T08:30:00.592Z", "2026-10-05T08:30:00Z": "2026-10-05T08:30:00.000Z", "2026-10-05T08:30:00+02:00": "2026-10-05T06:30:00.000Z",
			"2026-10-05 08:30:00.592": "2026-10-05T08:30:00.592Z", "2026-10-05T08:30:00": "2026-10-05T08:30:00.000Z",
		} {
			s.rep().get(recordings+"/"+s.rep().record(fmt.Sprintf(`"dateCreated":%q`, sent))).want("data.dateCreated", want)
		}
		s.uploads(422, `,"userEmail":"rex@acme.example","dateCreated":"yesterday"`).says("dateCreated")
		s.uploads(422, `,"userEmail":"rex@acme.example","dateCreated":""`).says("dateCreated")
		s.uploads(422, `,"userEmail":"rex@acme.example","dateCreated":null`).says("dateCreated")
	}},
	line{"M-UPL-23", holds, "it is the time of the call, not of the upload", func(s *scene) {
		id := s.rep().record(`"dateCreated":"2026-01-05T08:30:00Z"`)
		s.org().get(recordings+"/"+id).want("createdAt", "2026-01-05T08:30:00.000Z")
	}},
	line{"M-UPL-24", differs, "discoverable lets all users of the organization see the recording, and not the rep's team alone", func(s *scene) {
		open, closed := s.rep().record(`"discoverable":true`), s.rep().record("")
		s.as("Mia").get(recordings + "/" + open)
		s.as("Mia").refuses(404, "GET", recordings+"/"+closed, "")
	}},
	line{"M-UPL-25", holds, "an upload names its organization and title", func(s *scene) {
		id := s.rep().record(fmt.Sprintf(`"title":"Kitchen","organizationId":%q`, s.id0()))
		s.rep().get(recordings+"/"+id).want("data.title", "Kitchen").want("data.organizationId", s.id0())
		s.uploads(403, `,"userEmail":"rex@acme.example","organizationId":"other"`)
	}},
	line{"M-UPL-26", holds, "the answer names the recording as data.recordingId", func(s *scene) {
		s.uploads(201, `,"userEmail":"rex@acme.example"`).has("data.recordingId").lacks("data.id")
	}},
	line{"M-UPL-27", holds, "the older names downloadUrl, customerName and customerPhone are refused", func(s *scene) {
		for _, old := range []string{"downloadUrl", "customerName", "customerPhone"} {
			s.uploads(422, fmt.Sprintf(`,"userEmail":"rex@acme.example",%q:"x"`, old)).says(old)
		}
	}},
	line{"M-UPL-28", differs, "an upload is answered before its analysis; when that comes is up to the service that makes it", func(s *scene) {
		id := s.rep().record("")
		s.rep().get(recordings+"/"+id).want("data.processingStatus", "in-progress")
		s.analyse(id, analysis)
		s.rep().get(recordings+"/"+id).want("data.processingStatus", "complete")
	}},
)

var _ = resource(oneSurface,
	line{"M-AUD-01", differs, "a POST without a body gives a short-lived URL of the audio, as it was uploaded and not redacted", func(s *scene) {
		a := s.rep().post(recordings+"/"+s.rep().record("")+"/signedUrl", "")
		(&caller{s: s}).do("GET", a.str("data.url"), "").ok().says("abcd")
		s.rep().refuses(404, "POST", recordings+"/nothing/signedUrl", "")
	}},
	line{"M-AUD-02", holds, "error is always there, and false with a URL", func(s *scene) {
		s.rep().post(recordings+"/"+s.rep().record("")+"/signedUrl", "").want("data.error", false).has("data.url")
	}},
	line{"M-AUD-03", holds, "expiration is a number, the time at which the URL ends", func(s *scene) {
		a := s.rep().post(recordings+"/"+s.rep().record("")+"/signedUrl", "")
		at, ok := a.at("data.expiration").(float64)
		left := time.UnixMilli(int64(at)).Sub(s.w.now())
		s.eq(ok && left > 0 && left <= time.Hour, true)
	}},
)

// link is the body of a link to a pushed record by the CRM's id.
func (s *scene) link(kind, id, more string) string {
	s.t.Helper()
	return fmt.Sprintf(`{"externalId":%q,"integrationConnectionId":%q,"dataType":%q%s}`, id, s.custom(), kind, more)
}

// linkable is a recording that is not linked, beside the pushed records.
func (s *scene) linkable() string {
	s.t.Helper()
	s.push()
	return recordings + "/" + s.rep().record("") + "/link"
}

var _ = resource(oneSurface,
	line{"M-LNK-01", holds, "the path names the recording by its own id", func(s *scene) {
		path := s.linkable()
		s.rep().put(path, s.link("ENGAGEMENT", "e1", ""))
		s.rep().refuses(404, "PUT", recordings+"/e1/link", s.link("ENGAGEMENT", "e1", ""))
	}},
	line{"M-LNK-02", holds, "exactly one of id and externalId names the record", func(s *scene) {
		path := s.linkable()
		id := s.org().get(crm + "/accounts").str("0.id")
		for _, method := range []string{"PUT", "DELETE"} {
			s.rep().refuses(422, method, path, fmt.Sprintf(`{"id":%q,"externalId":"a1","integrationConnectionId":%q,"dataType":"ACCOUNT"}`, id, s.custom()))
			s.rep().refuses(422, method, path, `{"dataType":"ACCOUNT"}`)
			s.rep().refuses(422, method, path, fmt.Sprintf(`{"integrationConnectionId":%q,"dataType":"ACCOUNT"}`, s.custom()))
		}
	}},
	line{"M-LNK-03", holds, "an externalId needs its connection, however few there are, and an id goes without", func(s *scene) {
		path := s.linkable()
		id := s.org().get(crm + "/accounts").str("0.id")
		for _, method := range []string{"PUT", "DELETE"} {
			s.rep().refuses(422, method, path, `{"externalId":"a1","dataType":"ACCOUNT"}`).says("integrationConnectionId")
			s.rep().refuses(422, method, path, `{"externalId":"a1","integrationConnectionId":"","dataType":"ACCOUNT"}`)
			s.rep().refuses(422, method, path, fmt.Sprintf(`{"id":%q,"integrationConnectionId":%q,"dataType":"ACCOUNT"}`, id, s.custom()))
		}
	}},
	line{"M-LNK-04", holds, "id is ours of a record of any of the five kinds", func(s *scene) {
		path := s.linkable()
		account := s.org().get(crm + "/accounts").str("0.id")
		engagement := s.org().get(crm + "/engagements").str("data.0.id")
		s.rep().put(path, fmt.Sprintf(`{"id":%q,"dataType":"ACCOUNT"}`, account)).want("data.id", account)
		s.rep().put(path, fmt.Sprintf(`{"id":%q,"dataType":"ENGAGEMENT"}`, engagement)).want("data.id", engagement)
		s.rep().refuses(404, "PUT", path, fmt.Sprintf(`{"id":%q,"dataType":"CONTACT"}`, s.person("Rex")))
	}},
	line{"M-LNK-05", holds, "dataType is required, and must be what the record is", func(s *scene) {
		path := s.linkable()
		s.rep().refuses(422, "PUT", path, fmt.Sprintf(`{"externalId":"a1","integrationConnectionId":%q}`, s.custom()))
		s.rep().refuses(422, "PUT", path, s.link("LEAD", "a1", "")).says("dataType")
		s.rep().refuses(422, "DELETE", path, s.link("LEAD", "a1", "")).says("dataType")
		s.rep().refuses(404, "PUT", path, s.link("LEAD", "nothing", ""))
		s.rep().refuses(422, "PUT", path, fmt.Sprintf(`{"id":%q,"dataType":"LEAD"}`, s.org().get(crm+"/accounts").str("0.id")))
	}},
	line{"M-LNK-06", holds, "a link takes the place of the one before", func(s *scene) {
		path := s.linkable()
		s.rep().put(path, s.link("ENGAGEMENT", "e1", ""))
		s.rep().put(path, s.link("ACCOUNT", "a1", ""))
		s.org().get(strings.TrimSuffix(path, "/link")+"?showCrmLinks=true").want("crm.account.externalId", "a1").lacks("crm.engagement")
	}},
	line{"M-LNK-07", holds, "an unlinking takes the link to the named record alone", func(s *scene) {
		path := s.linkable()
		s.rep().put(path, s.link("ENGAGEMENT", "e1", ""))
		s.rep().do("DELETE", path, s.link("ACCOUNT", "a1", "")).is(200).want("data", false)
		s.org().get(strings.TrimSuffix(path, "/link")+"?showCrmLinks=true").want("crm.engagement.externalId", "e1")
		s.rep().do("DELETE", path, s.link("ENGAGEMENT", "e1", "")).is(200).want("data", true)
		s.org().get(strings.TrimSuffix(path, "/link") + "?showCrmLinks=true").lacks("crm")
	}},
	line{"M-LNK-08", holds, "trigger is one of the published words, or left out", func(s *scene) {
		path := s.linkable()
		s.rep().put(path, s.link("ENGAGEMENT", "e1", `,"trigger":"USER_LINK_WEB"`))
		s.rep().refuses(422, "PUT", path, s.link("ENGAGEMENT", "e1", `,"trigger":"WHIM"`))
	}},
	line{"M-LNK-09", holds, "the answer is the record that is linked now", func(s *scene) {
		s.rep().put(s.linkable(), s.link("ACCOUNT", "a1", "")).want("data.externalId", "a1").want("data.dataType", "ACCOUNT").want("data.name", "Acme").has("data.id", "data.lastActivityAt")
	}},
	line{"M-LNK-10", holds, "a body that breaks the rules is a 422", func(s *scene) {
		path := s.linkable()
		s.rep().refuses(422, "PUT", path, `{"dataType":"ACCOUNT"}`).want("name", "ZodError").has("issues.0.message")
		s.rep().refuses(422, "DELETE", path, `{"id":"x","dataType":"THING"}`).want("name", "ZodError")
	}},
)
