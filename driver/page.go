package driver

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"kassa"
	"kassa/charging"
)

// page is what the template shows.
type page struct {
	Language  string
	Languages []tongue
	Title     string
	Lead      string
	Tone      string // going, done, bad or none
	Refresh   int    // seconds until it is looked at anew; 0 never
	Sums      []row  // what a driver looks for first
	Parts     []part
	Links     []link
	Help      string
	HelpLabel string
	Foot      string
}

type tongue struct {
	Code, Name string
	Current    bool
}

type row struct {
	Name, Value string
	Strong      bool
}

type part struct {
	Title string
	Rows  []row
	Lines []string
}

type link struct {
	Text string
	URL  template.URL
}

// refreshEvery is how often a page of a session that goes on is looked at anew, in seconds.
const refreshEvery = 5

func tongues(language string) (list []tongue) {
	for _, code := range languages() {
		list = append(list, tongue{code, names()[code], code == language})
	}
	return list
}

func sorry(lang, what string) page {
	say := sayer(lang)
	return page{Language: lang, Languages: tongues(lang), Title: say(what + "_title"), Lead: say(what + "_lead"), Tone: "none", Foot: "Kassa"}
}

// amount is an amount as people of a language write it.
func amount(lang string, minor int64, currency kassa.Currency) string {
	text := fmt.Sprintf("%d.%02d", abs(minor)/100, abs(minor)%100)
	text = comma(lang, text)
	if minor < 0 {
		text = "−" + text
	}
	return string(currency) + " " + text
}

// comma writes a decimal number as people of a language do.
func comma(lang, number string) string {
	if lang == "en" {
		return number
	}
	return strings.Replace(number, ".", ",", 1)
}

func abs(n int64) int64 { return max(n, -n) }

// pageOf makes the page of a session.
func pageOf(s charging.Session, lang string, now time.Time) page {
	say := sayer(lang)
	sum := func(minor int64) string { return amount(lang, minor, s.Currency) }
	p := page{Language: lang, Languages: tongues(lang), Foot: say("reference") + " " + s.Ref, Help: s.Place.Help, HelpLabel: say("help")}
	state := stateOf(s)
	p.Title, p.Lead, p.Tone = say(state+"_title"), say(state+"_lead"), toneOf(s)
	if !s.State.Final() {
		p.Refresh = refreshEvery
	}
	p.Sums = sumsOf(s, say, sum)
	p.Parts = append(p.Parts, part{Title: say("session"), Rows: sessionRows(s, lang, say)})
	if rows := priceRows(s, say, sum); len(rows) > 0 {
		p.Parts = append(p.Parts, part{Title: say("price"), Rows: rows})
	}
	if text := cmp.Or(s.Place.Tariff[lang], s.Place.Tariff["en"]); text != "" || len(s.Rates.Prices()) > 0 {
		t := part{Title: say("tariff")}
		for _, price := range s.Rates.Prices() {
			name := say("per_" + string(price.Per))
			if price.FromMinutes > 0 {
				name += " " + fmt.Sprintf(say("from_minute"), price.FromMinutes)
			}
			t.Rows = append(t.Rows, row{Name: name, Value: string(s.Currency) + " " + comma(lang, price.Amount)})
		}
		if text != "" {
			t.Lines = []string{text}
		}
		p.Parts = append(p.Parts, t)
	}
	if lines := s.Order.Card.Lines; len(lines) > 0 {
		p.Parts = append(p.Parts, part{Title: say("card"), Lines: lines})
	}
	for _, i := range s.Invoices {
		title := say("invoice")
		if i.Credits != "" {
			title = say("credit_note")
		}
		rows := []row{{Name: say("number"), Value: i.Name()}, {Name: say("date"), Value: moment(s, i.At)[:10]}}
		if i.Credits != "" {
			rows = append(rows, row{Name: say("credits"), Value: i.Credits})
		}
		p.Parts = append(p.Parts, part{Title: title, Rows: append(rows, taxRows(i.Amount, i.Taxes, say, sum)...)})
	}
	p.Links = linksOf(s, say)
	return p
}

// stateOf is how far a session is, as a driver sees it.
func stateOf(s charging.Session) string {
	began := s.Report.SessionID != ""
	switch s.State {
	case charging.Authorising:
		return "paying"
	case charging.Starting:
		return "starting"
	case charging.Charging:
		if s.Report.Status != charging.Active && !s.PlugBy.IsZero() {
			return "plug"
		}
		return "charging"
	case charging.Stopping:
		return "stopping"
	case charging.AwaitingPrice, charging.Priced, charging.Settling:
		return "pricing"
	case charging.Settled:
		return "settled"
	case charging.Declined:
		return "declined"
	case charging.Failed:
		return "failed"
	case charging.Releasing:
		return "releasing"
	}
	if began && s.Owing() == 0 {
		return "free"
	}
	if s.Owing() > 0 {
		return "failed"
	}
	return "released"
}

func toneOf(s charging.Session) string {
	switch {
	case !s.State.Final():
		return "going"
	case s.State == charging.Settled && s.Owing() == 0:
		return "done"
	case s.Owing() > 0 || s.State == charging.Declined:
		return "bad"
	}
	return "none"
}

// sumsOf are the amounts: what is held while it goes on, what was taken afterwards.
func sumsOf(s charging.Session, say func(string) string, sum func(int64) string) (rows []row) {
	if !s.State.Final() {
		if cost, ok := s.Cost(); ok {
			rows = append(rows, row{say("cost"), sum(cost), true})
		}
		if held := cmp.Or(s.Order.Amount, s.Hold); held > 0 {
			rows = append(rows, row{say("held"), sum(held), false})
		}
		return rows
	}
	if s.State == charging.Declined {
		return nil
	}
	rows = append(rows, row{say("paid"), sum(s.Net()), true})
	if s.Order.Amount > 0 {
		rows = append(rows, row{say("was_held"), sum(s.Order.Amount), false})
	}
	if s.Order.Released > 0 {
		rows = append(rows, row{say("given_back"), sum(s.Order.Released), false})
	}
	for _, r := range s.Refunds {
		if r.Done {
			rows = append(rows, row{say("refunded"), sum(r.Amount), false})
		}
	}
	if s.Owing() > 0 {
		rows = append(rows, row{say("open"), sum(s.Owing()), true})
	}
	return rows
}

func sessionRows(s charging.Session, lang string, say func(string) string) (rows []row) {
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, row{Name: say(name), Value: value})
		}
	}
	add("operator", s.Place.Operator)
	add("place", strings.Trim(strings.Join([]string{s.Place.Name, s.Place.Address, s.Place.City}, ", "), ", "))
	add("charger", cmp.Or(s.Place.Label, s.EVSE))
	if id := cmp.Or(s.Place.EVSEID, s.EVSE); id != s.Place.Label {
		add("evse", id)
	}
	if at := s.Report.StartedAt; !at.IsZero() {
		add("begun", moment(s, at))
	}
	until := s.Report.EndedAt
	if !until.IsZero() {
		add("ended", moment(s, until))
	} else {
		until = s.Report.Updated
	}
	if !s.Report.StartedAt.IsZero() && until.After(s.Report.StartedAt) {
		add("minutes", fmt.Sprint(int64((until.Sub(s.Report.StartedAt)+30*time.Second)/time.Minute)))
	}
	if kwh := string(s.Report.Energy); kwh != "" {
		add("energy", comma(lang, kwh)+" kWh")
	}
	return rows
}

// moment is an instant in the time zone of the place.
func moment(s charging.Session, at time.Time) string {
	zone, err := time.LoadLocation(s.Place.TimeZone)
	if err != nil || s.Place.TimeZone == "" {
		zone = time.UTC
	}
	return at.In(zone).Format("2006-01-02 15:04 MST")
}

// priceRows are what the session costs, with its taxes.
func priceRows(s charging.Session, say func(string) string, sum func(int64) string) []row {
	price, taxes, known := s.Charged()
	if !known {
		return nil
	}
	return taxRows(price, taxes, say, sum)
}

func taxRows(gross int64, taxes []charging.Tax, say func(string) string, sum func(int64) string) (rows []row) {
	net := gross
	for _, t := range taxes {
		net -= t.Amount
	}
	if len(taxes) > 0 {
		rows = append(rows, row{Name: say("net"), Value: sum(net)})
	}
	for _, t := range taxes {
		name := cmp.Or(t.Name, "VAT")
		if t.Percent != "" {
			name += " " + string(t.Percent) + " %"
		}
		rows = append(rows, row{Name: name, Value: sum(t.Amount)})
	}
	return append(rows, row{Name: say("gross"), Value: sum(gross), Strong: true})
}

// linksOf are the operator's own invoice and the meter's signed values. Only addresses of the web are linked.
func linksOf(s charging.Session, say func(string) string) (list []link) {
	add := func(text, address string) {
		u, err := url.Parse(address)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			list = append(list, link{say(text), template.URL(u.String())})
		}
	}
	if s.State.Final() && s.InvoiceBase != "" && s.InvoiceBy != charging.InvoiceByKassa {
		add("operators_invoice", s.InvoiceBase+s.Ref)
	}
	add("signed", s.SignedURL())
	return list
}
