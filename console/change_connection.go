package console

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"time"

	"sirocco/hub"
)

// settingFields are the fields of the forms of settings, by what each is about.
var settingFields = map[string]string{"": "name", "interval": "intervalSeconds", "limit": "limitPercent", "corrections": "corrections"}

// changeConnection changes the settings of a connection. A form has some of them: what it does not have stays. What is not
// right is said at its field, with what was typed.
func (s *server) changeConnection(w http.ResponseWriter, v *visit) error {
	err := s.changeSettings(w, v)
	what := v.PostFormValue("what")
	field, known := settingFields[what]
	if invalid, ok := errors.AsType[*hub.InvalidError](err); ok && known && len(invalid.Issues) > 0 && invalid.Issues[0].Field == field {
		return s.renderConnection(w, v, http.StatusUnprocessableEntity, wrongSetting{cmp.Or(what, "name"), v.PostFormValue(field), wrongField(err)})
	}
	return err
}

func (s *server) changeSettings(w http.ResponseWriter, v *visit) error {
	id, organization, ctx := v.PathValue("connection"), v.organization.ID, v.Context()
	if err := s.stillAs(v, v.PostFormValue("was")); err != nil {
		return err
	}
	switch v.PostFormValue("what") {
	case "":
		name, transcript := v.PostFormValue("name"), v.PostFormValue("syncTranscript") != ""
		p := hub.ConnectionPatch{Name: &name, SyncTranscript: &transcript}
		var err error
		if p.IfUpdatedAt, err = versionOf(v); err != nil {
			return err
		}
		if _, err := s.Store.PatchConnection(ctx, organization, id, p); err != nil {
			return err
		}
	case "interval":
		seconds, err := strconv.Atoi(v.PostFormValue("intervalSeconds"))
		if err != nil || seconds < 10 || seconds > 86400 {
			return hub.Invalid("intervalSeconds", "is out of range", "10 to 86400 seconds")
		}
		if err := s.Store.SetSyncInterval(ctx, organization, id, time.Duration(seconds)*time.Second); err != nil {
			return err
		}
	case "corrections":
		if err := s.Store.SetCorrections(ctx, organization, id, hub.Corrections(v.PostFormValue("corrections"))); err != nil {
			return err
		}
	case "limit":
		percent, err := strconv.Atoi(v.PostFormValue("limitPercent"))
		if err != nil || percent < 0 || percent > 100 {
			return hub.Invalid("limitPercent", "is out of range", "0 to 100")
		}
		if err := s.Store.SetDeletionLimit(ctx, organization, id, percent); err != nil {
			return err
		}
	default:
		return hub.Invalid("what", "is no setting", "one of the forms of the page")
	}
	return s.redirect(w, v, "saved", "/connections/"+id)
}

// stillAs fails where a setting that has no version of its own is no longer as the form showed it: another window has changed it.
func (s *server) stillAs(v *visit, was string) error {
	if was == "" {
		return nil
	}
	c, err := s.connectionOf(v.Context(), v)
	if err != nil {
		return err
	}
	is := was
	switch v.PostFormValue("what") {
	case "interval":
		is = strconv.FormatFloat(c.Schedule.Interval.Seconds(), 'f', 0, 64)
	case "limit":
		is = strconv.Itoa(c.Schedule.DeletionLimit)
	case "corrections":
		corrections, err := s.Store.Corrections(v.Context(), c.OrganizationID, c.ID)
		if err != nil {
			return err
		}
		is = string(corrections)
	}
	if is != was {
		return hub.ErrStale
	}
	return nil
}
