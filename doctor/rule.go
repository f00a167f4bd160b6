package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what a subject is.
type Kind string

// The kinds of subjects.
const (
	Order        Kind = "order"
	Terminal     Kind = "terminal"
	Webhook      Kind = "webhook" // a delivery or an endpoint
	Key          Kind = "key"
	Installation Kind = "installation"
	Charger      Kind = "charger" // by its station's id in package operator
)

// Kinds lists the kinds of subjects.
func Kinds() []Kind { return []Kind{Order, Terminal, Webhook, Key, Installation, Charger} }

// Subject is what somebody asks about. The installation's ID is empty.
type Subject struct {
	Kind Kind   `json:"type"`
	ID   string `json:"id"`
}

// Need is a part of a chart that a rule looks at.
type Need string

// The parts of a chart. Each is there as a whole or missing as a whole: an order without refused calls
// has NeedCalls and no calls.
const (
	NeedOrder      Need = "order"      // Chart.Order
	NeedRecent     Need = "recent"     // Chart.Recent
	NeedTerminal   Need = "terminal"   // Chart.Terminal, Account, Group, Shop
	NeedDevice     Need = "device"     // Chart.Device: a device is bound to the terminal
	NeedReach      Need = "reach"      // Chart.Reach, and the entries of its links
	NeedTelemetry  Need = "telemetry"  // Chart.Telemetry: the device has told how it is
	NeedSettings   Need = "settings"   // Chart.Settings
	NeedCalls      Need = "calls"      // refused calls among Chart.Entries
	NeedKey        Need = "key"        // Chart.Key
	NeedHooks      Need = "hooks"      // Chart.Hooks, and the entries of their tries
	NeedAcquirer   Need = "acquirer"   // Chart.Acquirer
	NeedFleet      Need = "fleet"      // Chart.Fleet: how the other terminals are
	NeedComponents Need = "components" // Chart.Components: the components of the service status
	NeedProbe      Need = "probe"      // Chart.Probe: the terminal's own checks, asked for just now
	NeedPlacing    Need = "placing"    // Chart.Placing: the charger, and the terminal that was bound to it
	NeedCharge     Need = "charge"     // Chart.Charge: charging sessions, and the link with who runs the charger
)

// Who can act.
type Who string

// Those who can act.
const (
	Shop      Who = "shop"      // the staff at the terminal
	Developer Who = "developer" // of the cash register
	Merchant  Who = "merchant"  // who runs the account
	Operator  Who = "operator"  // who runs this installation
	Acquirer  Who = "acquirer"  // or the scheme behind it
	Nobody    Who = "nobody"    // it passes, or works as it should
)

// Contact is whom to call when the fix does not help. The installation says where each is.
type Contact string

// The contacts.
const (
	PointOfSale    Contact = "pos_support" // activation, IPEK, configuration errors, cards not supported
	GeneralSupport Contact = "support"     // declines (1000) and everything else
)

// Source is who says so: the folder of the rule.
type Source string

// The sources.
const (
	FromMultiSafepay Source = "multisafepay"
	FromAdyen        Source = "adyen"
	FromNetwork      Source = "network"
	FromAcquirer     Source = "acquirer"
	FromKassa        Source = "kassa"
	FromUnattended   Source = "unattended" // doctor/charge and doctor/placing
)

// Rule is one cause, with how it is seen and what to do about it.
type Rule struct {
	// ID is the row of the table that it comes from (CONN-01, C5, RC-51, KAS-03), Code the name of the
	// cause (link_unstable). Both are unique.
	ID     string
	Code   string
	Source Source
	// About are the subjects of which it can be the cause. The first is the one that its evidence is about.
	About []Kind
	// Needs are the parts of the chart without which nothing can be said.
	Needs []Need
	// Look holds the chart against the rule; nil for one that only people can check.
	Look func(*Chart) Sign
	// Explains are the codes of what this is the cause of: they are hidden when it is present for certain.
	Explains []string
	// Symptoms are texts that people see when this is the cause, in the words of screens and answers.
	Symptoms []string
	// Rank orders causes that stand beside each other: the lower, the nearer to what was asked about.
	// Groups of ten: RankOrder, RankCard, RankTerminal and so on.
	Rank int
	Who  Who
	// Contact is whom to call; empty when nobody can help who is not there.
	Contact Contact
	// Action is where to do it.
	Action Action
	Says   Says
	// Runbook is for support staff: what to look at, and what to do next. English.
	Runbook string
	// Developer is for who wrote the cash register: request, field, status. English; empty when the code is
	// none of their business.
	Developer string
}

// The ranks. What is known of the very order comes before what is known of its terminal, and that
// before what is known of the surroundings.
const (
	RankOrder    = 10
	RankCard     = 20
	RankTerminal = 30
	RankNetwork  = 40
	RankAcquirer = 50
	RankHook     = 60
	RankNotice   = 90 // worth knowing, and not in the way
)

// Says is what a rule says to people. {name} stands for an argument of the sign.
type Says struct {
	Title Text // the cause, in a few words
	Shop  Text // one sentence for the staff: what it is, and what to press or do
	Fix   Text // for who can act
	// Question is asked of a guided rule: a yes is a finding.
	Question Text
}

// Text is one text in the languages of the shops.
type Text struct {
	EN string `json:"en"`
	NL string `json:"nl"`
	FR string `json:"fr"`
	IT string `json:"it"`
	ES string `json:"es"`
}

// Languages lists the languages (ISO 639-1) that every text exists in.
func Languages() []string { return []string{"en", "nl", "fr", "it", "es"} }

// In gives the text in a language, in English when there is no such one.
func (t Text) In(lang string) string {
	switch strings.ToLower(lang) {
	case "nl":
		return t.NL
	case "fr":
		return t.FR
	case "it":
		return t.IT
	case "es":
		return t.ES
	}
	return t.EN
}

// Fill puts the arguments in the place of their {names}.
func (t Text) Fill(args map[string]string) Text {
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, "{"+name+"}", value)
	}
	r := strings.NewReplacer(pairs...)
	return Text{EN: r.Replace(t.EN), NL: r.Replace(t.NL), FR: r.Replace(t.FR), IT: r.Replace(t.IT), ES: r.Replace(t.ES)}
}

// Action is a fix that can be pressed: a page of the dashboard or a call of the API, with {name} as in texts.
type Action struct {
	Label string `json:"label,omitempty"`
	Href  string `json:"href,omitempty"`
}

// Guided tells that only people can check it.
func (r Rule) Guided() bool { return r.Look == nil }

// Book is the rules of an installation.
type Book struct {
	rules  []Rule
	byCode map[string]Rule
}

// NewBook makes a book of the rules of all groups; ids and codes must be unique, and each rule whole.
func NewBook(groups ...[]Rule) (*Book, error) {
	b := &Book{byCode: make(map[string]Rule)}
	ids := make(map[string]bool)
	for _, r := range slices.Concat(groups...) {
		switch {
		case r.ID == "" || r.Code == "" || r.Source == "" || len(r.About) == 0 || r.Who == "" || r.Says.Title.EN == "":
			return nil, fmt.Errorf("doctor: rule %s %s is not whole", r.ID, r.Code)
		case ids[r.ID] || b.byCode[r.Code].ID != "":
			return nil, fmt.Errorf("doctor: there are two rules %s %s", r.ID, r.Code)
		case r.Look == nil && r.Says.Question.EN == "":
			return nil, fmt.Errorf("doctor: rule %s is guided and asks nothing", r.ID)
		}
		ids[r.ID], b.byCode[r.Code] = true, r
		b.rules = append(b.rules, r)
	}
	slices.SortStableFunc(b.rules, func(x, y Rule) int { return x.Rank - y.Rank })
	return b, nil
}

// Rules gives the rules by rank.
func (b *Book) Rules() []Rule { return slices.Clone(b.rules) }

// Rule finds a rule by its code.
func (b *Book) Rule(code string) (Rule, bool) {
	r, ok := b.byCode[code]
	return r, ok
}
