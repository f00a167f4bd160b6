package clinic_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kassa/clinic"
	"kassa/doctor"
)

// TestNobodySeesAnothersData: three tenants, each of whose data bear a mark. Some name each other's terminals and
// orders. Whatever is asked, by an account's reader or a group's, no answer bears the mark of another.
func TestNobodySeesAnothersData(t *testing.T) {
	w := newWorld(t)
	tenants := []tenant{w.opened("zqalpha"), w.opened("zqbravo"), w.opened("zqcargo")}
	for i, one := range tenants {
		next := tenants[(i+1)%3]
		w.note("calls/refused", "CallRefused", one.group, map[string]any{"at": noon, "account": one.account, "scope": one.group, "key": one.key, "agent": one.mark,
			"route": "/" + one.mark, "order_id": next.order.Ref, "terminal_id": next.tid, "reason": "validation", "status": 400})
		w.note("links/1", "LinkDown", one.group, map[string]any{"poiid": next.poiid, "tid": next.tid, "reason": one.mark})
		w.note("telemetry/"+next.poiid, doctor.TelemetryReported, one.group, map[string]any{"poiid": next.poiid, "ssid": "wifi-" + one.mark})
		w.note("settings/terminal:"+next.tid, "SettingChanged", one.group, map[string]any{"by": one.mark})
	}
	w.mirrored() // and the index holds it all
	var kept []clinic.Kept
	for i, one := range tenants {
		for _, who := range []clinic.Reader{{Account: one.account, By: one.mark}, {Account: one.account, Group: one.group, By: one.mark}} {
			kept = append(kept, w.looksAround(who, one, tenants, i)...)
		}
	}
	for i, one := range tenants {
		who := clinic.Reader{Account: one.account}
		for _, d := range w.all(who) {
			if d.Account != one.account {
				t.Errorf("%s lists a diagnosis of account %s", one.mark, d.Account)
			}
		}
		for _, d := range kept {
			if d.Account == one.account {
				continue
			}
			if _, err := w.Find(who, d.ID); !errors.Is(err, clinic.ErrUnknown) {
				t.Errorf("%s reads a diagnosis of %s: %v", one.mark, d.Account, err)
			}
			if _, err := w.Share(who, d.ID, noon.Add(time.Hour)); !errors.Is(err, clinic.ErrUnknown) {
				t.Errorf("%s shares a diagnosis of %s: %v", one.mark, d.Account, err)
			}
		}
		next := tenants[(i+1)%3]
		for _, s := range subjectsOf(next) {
			if _, err := w.Diagnose(t.Context(), who, clinic.Ask{Subject: s}); !errors.Is(err, clinic.ErrUnknown) {
				t.Errorf("%s asks about %s %s of %s: %v", one.mark, s.Kind, s.ID, next.mark, err)
			}
		}
	}
}

func subjectsOf(t tenant) []doctor.Subject {
	return []doctor.Subject{
		{Kind: doctor.Order, ID: t.order.ID()}, {Kind: doctor.Order, ID: t.order.Ref}, {Kind: doctor.Terminal, ID: t.tid},
		{Kind: doctor.Terminal, ID: t.poiid}, {Kind: doctor.Webhook, ID: t.mark}, {Kind: doctor.Key, ID: t.key},
	}
}

// looksAround asks about everything that a reader has, and reads every answer.
func (w *world) looksAround(who clinic.Reader, one tenant, tenants []tenant, i int) (kept []clinic.Kept) {
	w.t.Helper()
	found := false
	for _, s := range append(subjectsOf(one), doctor.Subject{Kind: doctor.Installation}) {
		d, err := w.Diagnose(w.t.Context(), who, clinic.Ask{Subject: s})
		if errors.Is(err, clinic.ErrUnknown) && s.Kind == doctor.Key && who.Group != "" {
			continue // the key is the whole account's
		}
		if err != nil {
			w.t.Fatalf("%s, %s %s: %v", one.mark, s.Kind, s.ID, err)
		}
		kept = append(kept, d)
		found = found || len(d.Diagnosis.Findings) > 0
		token, err := w.Share(who, d.ID, noon.Add(time.Hour))
		must(w.t, err)
		shared, err := w.Shared(token)
		must(w.t, err)
		text := string(encoded(w.t, d)) + string(encoded(w.t, shared))
		for j, other := range tenants {
			if j != i && (strings.Contains(text, other.mark+".") || strings.Contains(strings.ReplaceAll(text, other.mark+"-order", ""), other.mark)) {
				w.t.Errorf("%s asks about %s %s, and is told of %s: %s", one.mark, s.Kind, s.ID, other.mark, text)
			}
		}
	}
	if !found {
		w.t.Errorf("nothing was found for %s: the test tests nothing", one.mark)
	}
	return kept
}

// TestAGroupSeesATerminalSinceItHasIt: a terminal moves to another group of its account.
func TestAGroupSeesATerminalSinceItHasIt(t *testing.T) {
	w := newWorld(t)
	one := w.opened("zqalpha")
	g, err := w.estate.Group(one.group)
	if !err {
		t.Fatal("no group")
	}
	g.ID, g.Name = "", "Another"
	second, failed := w.estate.MakeGroup(noon, g)
	must(t, failed)
	w.later(time.Hour)
	must(t, w.estate.MoveTerminal(w.clock(), one.tid, placeIn(second.ID), "somebody"))
	w.later(time.Minute)
	w.mirrored()
	whole, failed := w.Diagnose(t.Context(), clinic.Reader{Account: one.account}, clinic.Ask{Subject: doctor.Subject{Kind: doctor.Terminal, ID: one.tid}})
	must(t, failed)
	if !strings.Contains(string(encoded(t, whole)), one.mark) {
		t.Fatal("the account's reader sees nothing of the time before: the test tests nothing")
	}
	who := clinic.Reader{Account: one.account, Group: second.ID}
	for _, s := range []doctor.Subject{{Kind: doctor.Terminal, ID: one.tid}, {Kind: doctor.Installation}} {
		d, failed := w.Diagnose(t.Context(), who, clinic.Ask{Subject: s})
		must(t, failed)
		for _, f := range d.Diagnosis.Findings {
			for _, e := range f.Evidence {
				if f.Code == "mirror" && e.At.Before(noon.Add(time.Hour)) {
					t.Errorf("the new group is told: %+v", e)
				}
			}
		}
	}
}

// mirrored opens the clinic with a rule more, which tells all facts of a chart: what no rule cites today one may
// tomorrow.
func (w *world) mirrored() {
	w.t.Helper()
	rule, ok := w.rules.Rule("insufficient_funds")
	if !ok {
		w.t.Fatal("no rule to copy")
	}
	rule.ID, rule.Code, rule.Explains, rule.Needs, rule.Rank = "TEST-1", "mirror", nil, nil, doctor.RankCard
	rule.About = doctor.Kinds()
	rule.Look = func(c *doctor.Chart) doctor.Sign {
		list := []doctor.Evidence{{Says: "what was asked for"}}
		list[0].At = c.Now
		for _, e := range c.Entries {
			list = append(list, doctor.Entry(e, "journal", e.Stream+" "+string(e.Payload)))
		}
		for _, o := range c.Recent {
			list = append(list, doctor.Evidence{At: o.CreatedAt, Says: o.Ref + " " + o.Description})
		}
		if c.Telemetry != nil {
			list = append(list, doctor.Evidence{At: c.Telemetry.At, Says: c.Telemetry.SSID})
		}
		return doctor.Found(nil, list...)
	}
	var err error
	w.rules, err = doctor.NewBook(w.rules.Rules(), []doctor.Rule{rule})
	must(w.t, err)
	w.reopen()
}
