package store_test

import (
	"context"
	"maps"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// only leaves the error of an answer.
func only[T any](_ T, err error) error { return err }

// fails is an operation of which nothing is prepared.
func fails(do func(ctx context.Context, w *failWorld) error) func(w *failWorld) func(context.Context) error {
	return func(w *failWorld) func(context.Context) error {
		return func(ctx context.Context) error { return do(ctx, w) }
	}
}

func init() {
	sent := hub.DeliveredNote{On: hub.RecordRef{Model: hub.ModelAccount, ExternalID: "1"}, Marker: "sirocco:m", Print: "p", Text: "A talk", Hash: "h"}
	maps.Copy(operations, map[string]func(w *failWorld) func(context.Context) error{
		"make a connection": fails(func(ctx context.Context, w *failWorld) error {
			return only(w.st.CreateConnection(ctx, w.org, hub.NewConnection{Name: "c", ExternalAccountID: "x", Platform: hub.PlatformSpotio, Active: true, Models: []hub.Model{hub.ModelLead}}))
		}),
		"delete a connection": func(w *failWorld) func(context.Context) error {
			task, d := w.deliver()
			begun, err := w.st.BeginNote(w.Context(), task, d, sent, w.now)
			if err != nil || !begun {
				w.Fatal(begun, err)
			}
			return func(ctx context.Context) error { return only(w.st.DeleteConnection(ctx, w.org, w.connection, nil)) }
		},
		"pause a connection": fails(func(ctx context.Context, w *failWorld) error {
			return only(w.st.PatchConnection(ctx, w.org, w.connection, hub.ConnectionPatch{Active: new(bool)}))
		}),
		"retire an account": func(w *failWorld) func(context.Context) error {
			w.link()
			w.must(w.setAccount(w.Context(), "a"))
			w.must(w.setAccount(w.Context(), "b"))
			return func(ctx context.Context) error { return only(w.st.RetireAccount(ctx, w.org, w.connection)) }
		},
		"begin a note": func(w *failWorld) func(context.Context) error {
			task, d := w.deliver()
			return func(ctx context.Context) error { return only(w.st.BeginNote(ctx, task, d, sent, w.now)) }
		},
		"cancel a note": func(w *failWorld) func(context.Context) error {
			task, d := w.deliver()
			w.must(only(w.st.BeginNote(w.Context(), task, d, sent, w.now)))
			return func(ctx context.Context) error { return w.st.CancelNote(ctx, d) }
		},
		"change a note": func(w *failWorld) func(context.Context) error {
			task, d := w.deliver()
			return func(ctx context.Context) error { return w.st.ChangeNote(ctx, task, d, "another") }
		},
		"keep a note": func(w *failWorld) func(context.Context) error {
			task, d := w.deliver()
			w.must(only(w.st.BeginNote(w.Context(), task, d, sent, w.now)))
			return func(ctx context.Context) error {
				return w.st.SaveNote(ctx, task, d, store.WrittenNote{ID: "n", DeliveredNote: sent})
			}
		},
		"end a withdrawn note": func(w *failWorld) func(context.Context) error {
			task, d := w.deliver()
			w.must(only(w.st.BeginNote(w.Context(), task, d, sent, w.now)))
			return func(ctx context.Context) error {
				return w.st.EndWithdrawn(ctx, task, d, store.DeliveryEnd{State: hub.DeliveryCanceled, At: w.now}, "")
			}
		},
		"replay a note": func(w *failWorld) func(context.Context) error {
			_, d := w.deliver()
			return func(ctx context.Context) error { return only(w.st.ReplayDelivery(ctx, w.org, d.ID)) }
		},
		"settle a note": func(w *failWorld) func(context.Context) error {
			task, d := w.deliver()
			w.must(only(w.st.BeginNote(w.Context(), task, d, sent, w.now)))
			return func(ctx context.Context) error { return only(w.st.SettleDelivery(ctx, w.org, d.ID, true, "n")) }
		},
		"move a match": func(w *failWorld) func(context.Context) error {
			_, d := w.deliver()
			m := store.Match{RecordingID: w.recording, Before: w.toAccount(), Link: hub.Link{Reason: "none"}}
			return func(ctx context.Context) error { return w.st.MoveMatch(ctx, d, m, "It moved.") }
		},
		"keep what was confirmed": func(w *failWorld) func(context.Context) error {
			w.commit(w.page(hub.ModelEngagement, "e"))
			of := hub.RecordRef{Model: hub.ModelEngagement, ExternalID: "e"}
			a := store.Answer{Of: of, AskedAt: w.now, Records: []hub.Record{{Model: of.Model, ExternalID: "e", Name: "another", StartTime: w.now, EndTime: w.now.Add(time.Hour)}}}
			return func(ctx context.Context) error { return only(w.st.SaveConfirmed(ctx, w.org, w.connection, a)) }
		},
		"choose corrections": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.SetCorrections(ctx, w.org, w.connection, hub.CorrectByChange)
		}),
		"choose thresholds": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.SetThresholds(ctx, w.org, w.connection, hub.Thresholds{Place: 0.9})
		}),
		"choose a limit of deletions": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.SetDeletionLimit(ctx, w.org, w.connection, 30)
		}),
		"choose an interval": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.SetSyncInterval(ctx, w.org, w.connection, time.Hour)
		}),
		"ask for a sync": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.RequestSync(ctx, w.org, w.connection, []hub.Model{hub.ModelAccount}, &w.now)
		}),
		"hold a sync": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.HoldSync(ctx, w.org, w.connection, w.now.Add(time.Hour), "the CRM asked for it")
		}),
		"wake a sync": fails(func(ctx context.Context, w *failWorld) error { return only(w.st.WakeSync(ctx, w.org, w.connection)) }),
		"end a job of a sync": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.EndSyncJob(ctx, w.sched, store.SyncJobResult{
				Next: w.now.Add(time.Hour), ModelsDue: w.now.Add(time.Hour), RunOver: true, Totals: store.ModelTotals{hub.ModelAccount: {Pages: 1}},
				Requests: []store.CRMRequest{{SentAt: w.now, Method: "GET", Path: "/accounts", Status: 200}},
				Quiet:    []store.QuietModel{{State: store.SyncState{Model: hub.ModelEngagement, Since: w.now}, Status: hub.SyncStateUpToDate}},
			})
		}),
		"meet what cannot be read": fails(func(ctx context.Context, w *failWorld) error {
			p := w.page(hub.ModelAccount, "1")
			p.Reading = &store.Reading{Model: hub.ModelAccount, StartedAt: w.now}
			p.Quarantined = []store.Quarantined{{ID: "q", Model: hub.ModelAccount, ExternalID: "2", Reason: "It is none.", Raw: "{}"}}
			return only(w.st.CommitPage(ctx, w.sched, p))
		}),
		"end forgotten runs": func(w *failWorld) func(context.Context) error {
			storetest.Exec(w, w.st, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error)
				VALUES ($1, $2, 'lost', 0, 0, 0, 0, 0, 0, 0, 0, 0, '')`, w.org, w.connection)
			return func(ctx context.Context) error { return only(w.st.EndForgottenRuns(ctx)) }
		},
		"take over what was sent": func(w *failWorld) func(context.Context) error {
			d := w.sentBefore("a", "9", "9", false, "001", "001")
			return func(ctx context.Context) error {
				taken, _, err := w.st.AdoptSentBefore(ctx, d)
				if err == nil && !taken {
					w.Error("nothing was taken over")
				}
				return err
			}
		},
		"await what was sent": func(w *failWorld) func(context.Context) error {
			d := w.sentBefore("other", "8", "9", true, "002", "003")
			return func(ctx context.Context) error {
				_, awaited, err := w.st.AdoptSentBefore(ctx, d)
				if err == nil && !awaited {
					w.Error("it is not awaited")
				}
				return err
			}
		},
		"tell of a recording": func(w *failWorld) func(context.Context) error {
			w.endpoint()
			return func(ctx context.Context) error {
				return w.st.Emit(ctx, hub.Recording{ID: w.recording, OrganizationID: w.org, ProcessedAt: w.now}, hub.EventRecordingProcessed)
			}
		},
		"fetch recordings": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.PutMultimediaEvents(ctx, w.org, []hub.MultimediaEvent{
				{ExternalID: "1", DownloadURL: "https://calls.example/1", FileType: "audio/mpeg", StartedAt: w.now, Email: "rep@example.com"},
				{ExternalID: "2", DownloadURL: "https://calls.example/2", FileType: "audio/mpeg", StartedAt: w.now, Email: "rep@example.com"},
			})
		}),
		"take a session": func(w *failWorld) func(context.Context) error {
			c := storetest.Connection(w, w.st, w.org, hub.PlatformIngage)
			return func(ctx context.Context) error {
				return only(w.st.TakeSession(ctx, w.org, c.ID, hub.PresentationSession{ID: "s", Rep: hub.Presenter{Email: "rep@example.com"}, StartedAt: w.now, EndedAt: w.now.Add(time.Hour)}))
			}
		},
		"make an inbound secret anew": func(w *failWorld) func(context.Context) error {
			c := storetest.Connection(w, w.st, w.org, hub.PlatformCompanyCam)
			rotate := func(ctx context.Context) error {
				_, _, err := w.st.RotateInbound(ctx, w.org, c.ID)
				return err
			}
			w.must(rotate(w.Context()))
			return rotate
		},
		"end a reading": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.EndReading(ctx, w.sched, store.SyncState{Model: hub.ModelAccount}, hub.SyncStateUpToDate)
		}),
		"keep a reading": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.SaveReading(ctx, w.sched, store.Reading{Model: hub.ModelAccount, StartedAt: w.now})
		}),
		"fail the models": fails(func(ctx context.Context, w *failWorld) error { return w.st.FailModels(ctx, w.sched, "It is broken.") }),
		"note an absence": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.NoteAbsent(ctx, w.sched, store.Reading{Model: hub.ModelAccount, StartedAt: w.now}, []string{"1"}, true, w.now)
		}),
		"forget what was met": fails(func(ctx context.Context, w *failWorld) error {
			_, err := w.st.ForgetEnumeration(ctx, w.sched, hub.ModelAccount)
			return err
		}),
		"refuse credentials": func(w *failWorld) func(context.Context) error {
			w.must(w.setAccount(w.Context(), "a"))
			creds, err := w.st.Credentials(w.Context(), w.org, w.connection)
			w.must(err)
			return func(ctx context.Context) error {
				_, _, err := w.st.RefuseCredentials(ctx, w.org, w.connection, creds.UpdatedAt)
				return err
			}
		},
		"accept credentials": func(w *failWorld) func(context.Context) error {
			w.deliver()
			storetest.Exec(w, w.st, `UPDATE credentials SET refusals = 1 WHERE connection_id = $1`, w.connection)
			return func(ctx context.Context) error { return w.st.AcceptCredentials(ctx, w.org, w.connection) }
		},
		"keep a renewed token": func(w *failWorld) func(context.Context) error {
			w.must(w.setAccount(w.Context(), "a"))
			creds, err := w.st.Credentials(w.Context(), w.org, w.connection)
			w.must(err)
			return func(ctx context.Context) error {
				return w.st.PutToken(ctx, w.org, w.connection, creds.UpdatedAt, "token", w.now.Add(time.Hour))
			}
		},
		"try the quarantined again": func(w *failWorld) func(context.Context) error {
			p := w.page(hub.ModelEngagement, "e")
			p.Quarantined = []store.Quarantined{{ID: "q", Model: hub.ModelEngagement, ExternalID: "bad", Reason: "It is none.", Raw: "{}"}}
			w.commit(p)
			return func(ctx context.Context) error { return only(w.st.RetryQuarantine(ctx, w.org, w.connection, nil)) }
		},
		"keep matches": func(w *failWorld) func(context.Context) error {
			storetest.Exec(w, w.st, `INSERT INTO relinks (organization_id, asked_from, asked_until) VALUES ($1, 1, 2) ON CONFLICT (organization_id) DO UPDATE SET asked_from = 1, asked_until = 2`, w.org)
			storetest.Exec(w, w.st, `INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) VALUES ($1, 'LINK', $1, 1, 0) ON CONFLICT DO NOTHING`, w.org)
			task := w.claim(store.TaskLink)
			m := []store.Match{{RecordingID: w.recording, Link: w.toAccount()}}
			return func(ctx context.Context) error { return w.st.SaveMatches(ctx, task, m, store.Relink{}, true) }
		},
		"note what a check of a mapping says": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.MappingChecked(ctx, w.sched, w.now, hub.Mapping{}, "It has no such object.")
		}),
		"keep a checked mapping": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.MappingChecked(ctx, w.sched, w.now, hub.Mapping{}, "")
		}),
		"agree on audio": fails(func(ctx context.Context, w *failWorld) error { return only(w.st.AgreeOnAudio(ctx, "marker")) }),
		"count made links": func(w *failWorld) func(context.Context) error {
			w.link()
			storetest.Exec(w, w.st, `UPDATE recordings SET link_by = 'MATCHING' WHERE id = $1`, w.recording)
			return func(ctx context.Context) error {
				made, _, err := w.st.MadeLinks(ctx)
				if err == nil && made != 1 {
					w.Errorf("%d links", made)
				}
				return err
			}
		},
		"make a user": fails(func(ctx context.Context, w *failWorld) error {
			return only(w.st.CreateUser(ctx, w.org, hub.User{Email: "rep@example.com", FirstName: "Rita"}))
		}),
		"change a user": func(w *failWorld) func(context.Context) error {
			u, err := w.st.CreateUser(w.Context(), w.org, hub.User{Email: "rep@example.com", FirstName: "Rita"})
			w.must(err)
			name := "Ria"
			return func(ctx context.Context) error {
				return only(w.st.UpdateUser(ctx, w.org, u.ID, hub.UserPatch{FirstName: &name}))
			}
		},
		"make a team": fails(func(ctx context.Context, w *failWorld) error {
			return only(w.st.CreateTeam(ctx, w.org, hub.Team{Name: "Sales"}))
		}),
		"change a team": func(w *failWorld) func(context.Context) error {
			team, err := w.st.CreateTeam(w.Context(), w.org, hub.Team{Name: "Sales"})
			w.must(err)
			u, err := w.st.CreateUser(w.Context(), w.org, hub.User{Email: "rep@example.com", FirstName: "Rita"})
			w.must(err)
			return func(ctx context.Context) error {
				return only(w.st.UpdateTeam(ctx, w.org, team.ID, hub.TeamPatch{Members: &[]string{u.ID}, Coaches: &[]string{u.ID}}))
			}
		},
		"delete a team": func(w *failWorld) func(context.Context) error {
			team, err := w.st.CreateTeam(w.Context(), w.org, hub.Team{Name: "Sales"})
			w.must(err)
			return func(ctx context.Context) error { return only(w.st.DeleteTeam(ctx, w.org, team.ID)) }
		},
		"make an organization of a group": func(w *failWorld) func(context.Context) error {
			token, err := w.groupToken()
			w.must(err)
			group, name := token.GroupID, "Branch"
			return func(ctx context.Context) error {
				return only(w.st.CreateOrganizationIn(ctx, group, hub.OrganizationPatch{Name: &name}))
			}
		},
		"disable an organization": func(w *failWorld) func(context.Context) error {
			token, err := w.groupToken()
			w.must(err)
			group, disabled := token.GroupID, true
			return func(ctx context.Context) error {
				return only(w.st.UpdateOrganization(ctx, w.org, group, hub.OrganizationPatch{Disabled: &disabled}))
			}
		},
		"revoke a token": func(w *failWorld) func(context.Context) error {
			token, err := w.groupToken()
			w.must(err)
			return func(ctx context.Context) error { return only(w.st.RevokeToken(ctx, w.org, token.ID)) }
		},
		"limit an organization": fails(func(ctx context.Context, w *failWorld) error {
			most := int64(5)
			return w.st.SetLimits(ctx, w.org, map[hub.Resource]*int64{hub.ResourceRecords: &most})
		}),
		"change an endpoint": func(w *failWorld) func(context.Context) error {
			endpoint, text := w.endpoint(), "what it is for"
			return func(ctx context.Context) error {
				return only(w.st.PatchEndpoint(ctx, w.org, endpoint, hub.WebhookPatch{Description: &text}))
			}
		},
		"delete an endpoint": func(w *failWorld) func(context.Context) error {
			endpoint := w.endpoint()
			return func(ctx context.Context) error { return only(w.st.DeleteEndpoint(ctx, w.org, endpoint)) }
		},
		"change an endpoint's secret": func(w *failWorld) func(context.Context) error {
			endpoint := w.endpoint()
			return func(ctx context.Context) error {
				_, _, err := w.st.RotateSecret(ctx, w.org, endpoint)
				return err
			}
		},
		"replay an event": func(w *failWorld) func(context.Context) error {
			endpoint := w.endpoint()
			w.emit()
			w.must(only(w.st.FanOut(w.Context(), 10)))
			due, err := w.st.DueEvents(w.Context(), w.org, endpoint, 10)
			w.must(err)
			return func(ctx context.Context) error { return w.st.ReplayEvent(ctx, w.org, endpoint, due[0].ID) }
		},
		"keep a scorecard": fails(func(ctx context.Context, w *failWorld) error {
			card := hub.Scorecard{OrganizationID: w.org, Name: "Calls", Active: true, ConversationType: "sale", Nodes: []hub.ScorecardNode{{ID: "r", Kind: hub.NodeRoot}}}
			return only(w.st.PutScorecard(ctx, card, []hub.ScorecardMetric{{ID: "m", Name: "M", MetricType: "REP_WORDS_PER_MINUTE"}}))
		}),
		"keep an event of the app": fails(func(ctx context.Context, w *failWorld) error {
			e := hub.MobileEvent{OrganizationID: w.org, UserID: "u", Code: "networkStatusChange", Event: map[string]string{"value": "online"}, OccurredAt: w.now}
			return only(w.st.CreateMobileEvent(ctx, e))
		}),
		"let a sync wait": fails(func(ctx context.Context, w *failWorld) error {
			return w.st.SetWaiting(ctx, w.sched, "the CRM prepares something", w.now.Add(time.Hour))
		}),
		"renew a lease": fails(func(ctx context.Context, w *failWorld) error { return w.st.RenewLease(ctx, w.sched, 48*time.Hour) }),
		"check a lease": fails(func(ctx context.Context, w *failWorld) error { return w.st.CheckLease(ctx, w.sched) }),
		"make an access token": func(w *failWorld) func(context.Context) error {
			u, err := w.st.CreateUser(w.Context(), w.org, hub.User{Email: "rep@example.com", FirstName: "Rita"})
			w.must(err)
			app, secret, err := w.st.CreateApp(w.Context(), w.org, "app", u.ID)
			w.must(err)
			return func(ctx context.Context) error {
				_, _, err := w.st.CreateAccessToken(ctx, w.org, app.ClientID, secret, u.ID, hub.ScopeWrite)
				return err
			}
		},
		"follow up": func(w *failWorld) func(context.Context) error {
			a := analysisOf("hello", 1)
			a.Followups = []hub.Followup{{Kind: "REHASH", Score: 3, Status: "TO_DO"}}
			w.must(only(w.st.PutAnalysis(w.Context(), w.org, w.recording, a)))
			u, err := w.st.CreateUser(w.Context(), w.org, hub.User{Email: "boss@example.com", FirstName: "Bo", Admin: true})
			w.must(err)
			found, err := w.st.FollowupsOf(w.Context(), w.org, []string{w.recording})
			w.must(err)
			note := "Called."
			return func(ctx context.Context) error {
				return only(w.st.PatchFollowup(ctx, w.org, u.ID, found[w.recording][0].ID, hub.FollowupPatch{Note: &note}))
			}
		},
		"keep a brief": fails(func(ctx context.Context, w *failWorld) error {
			return only(w.st.PutBrief(ctx, hub.Brief{OrganizationID: w.org, ExternalID: "b", JobID: "j"}))
		}),
		"keep a configuration": fails(func(ctx context.Context, w *failWorld) error { return w.st.PutConfiguration(ctx, w.org, "c", "text") }),
		"make an app": fails(func(ctx context.Context, w *failWorld) error {
			_, _, err := w.st.CreateApp(ctx, w.org, "app", "ops")
			return err
		}),
		"take an upload": fails(func(ctx context.Context, w *failWorld) error {
			return only(w.st.CreateUpload(ctx, w.org, "audio/mpeg", 4))
		}),
		"push records": func(w *failWorld) func(context.Context) error {
			storetest.Connection(w, w.st, w.org, hub.PlatformCustomInput, hub.ModelAccount)
			patch := []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: "p", Change: func(r *hub.Record) { r.Name = "Pushed" }}}
			return func(ctx context.Context) error { return only(w.st.Push(ctx, w.org, patch)) }
		},
		"purge what was deleted": func(w *failWorld) func(context.Context) error {
			w.link()
			w.must(only(w.st.DeleteConnection(w.Context(), w.org, w.connection, nil)))
			return func(ctx context.Context) error { return only(w.st.Purge(ctx)) }
		},
	})
}

func (w *failWorld) groupToken() (hub.Token, error) {
	token, _, err := w.st.CreateToken(w.Context(), w.org, store.NewToken{Name: "t", Group: true})
	return token, err
}

// sentBefore makes a delivery that waits, to a record that the CRM itself calls 001, and has a note of its recording remembered that was sent over
// an earlier connection to an account: by way of one record, and on another.
func (w *failWorld) sentBefore(account, by, on string, proven bool, byRemote, onRemote string) hub.Delivery {
	w.Helper()
	_, d := w.deliver()
	p := w.page(hub.ModelAccount, "1")
	p.Records[0].Details.RemoteID = "001"
	w.commit(p)
	storetest.Exec(w, w.st, `INSERT INTO sent_before (organization_id, recording_id, id, platform, account_id, model, external_id, correction, target_model, target_external_id, marker,
			note_print, note_hash, asked_at, proven, remote_id, target_remote_id)
		VALUES ($1, $2, 's', $3, $4, 'ACCOUNT', $5, 0, 'ACCOUNT', $6, 'sirocco:s', 'p', 'h', $7, $8, $9, $10)`, w.org, w.recording, string(hub.PlatformMerge), account, by, on,
		w.now.UnixMicro(), proven, byRemote, onRemote)
	return d
}
