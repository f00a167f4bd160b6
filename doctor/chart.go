package doctor

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kassa"
	"kassa/estate"
	"kassa/journal"
)

// Chart is all that is known of a subject. Pointers that are nil, and parts that Has denies, are not known.
// It holds data of one account only, beside what is the installation's.
type Chart struct {
	Now         time.Time          `json:"now"`
	Environment string             `json:"environment"` // test or live
	OtherURL    string             `json:"otherURL,omitempty"`
	Heartbeat   time.Duration      `json:"heartbeat,omitempty"`
	Subject     Subject            `json:"subject"`
	Symptom     string             `json:"symptom,omitempty"` // what the asker sees, in the words of a screen or an answer
	Parts       []Need             `json:"parts"`             // those that are there
	Order       *kassa.Order       `json:"order,omitempty"`
	Dialect     string             `json:"dialect,omitempty"`
	Recent      []kassa.Order      `json:"recent,omitempty"` // other orders of the terminal, the newest first, at most 50
	Account     *estate.Account    `json:"account,omitempty"`
	Group       *estate.Group      `json:"group,omitempty"`
	Shop        *estate.Shop       `json:"shop,omitempty"`
	Terminal    *estate.Terminal   `json:"terminal,omitempty"`
	Tampered    bool               `json:"tampered,omitempty"` // that of the terminal's device
	Device      *estate.Device     `json:"device,omitempty"`
	Reach       *Link              `json:"reach,omitempty"`
	Telemetry   *Telemetry         `json:"telemetry,omitempty"` // the last that its device told
	Settings    map[string]Setting `json:"settings,omitempty"`  // in effect at the terminal, by name
	Key         *KeyFacts          `json:"key,omitempty"`
	Hooks       []Hook             `json:"hooks,omitempty"`
	Acquirer    *AcquirerFacts     `json:"acquirer,omitempty"`
	Fleet       *FleetFacts        `json:"fleet,omitempty"`
	Components  []Component        `json:"components,omitempty"`
	Probe       *Probe             `json:"probe,omitempty"`
	Charge      *Charge            `json:"charge,omitempty"`
	Placing     *Placing           `json:"placing,omitempty"`
	// Entries are those of the journal that have to do with the subject, in order: of the order, its terminal,
	// device, links, telemetry, calls, streams, key, settings, tries of its webhooks, and of the acquirer's link.
	Entries []journal.Entry `json:"entries,omitempty"`
}

// Has tells whether a part of the chart is there.
func (c *Chart) Has(n Need) bool { return slices.Contains(c.Parts, n) }

// KeyFacts is what is known of a key. What was shown of a key that does not exist here is only its hint.
type KeyFacts struct {
	ID       string      `json:"id,omitempty"` // empty for one that was never made here
	Hint     string      `json:"hint"`         // its last four characters
	Account  string      `json:"account,omitempty"`
	Group    string      `json:"group,omitempty"` // the id of the one group that it opens; empty for all
	Role     estate.Role `json:"role,omitempty"`
	Can      []string    `json:"can,omitempty"`     // permissions
	Problem  string      `json:"problem,omitempty"` // an estate.KeyProblem
	Expires  time.Time   `json:"expires,omitzero"`
	Revoked  time.Time   `json:"revoked,omitzero"`
	Used     time.Time   `json:"used,omitzero"`
	Networks []string    `json:"networks,omitempty"`
}

// Setting is one setting of a terminal.
type Setting struct {
	Value    json.RawMessage `json:"value"`
	Origin   string          `json:"origin,omitempty"`   // default, account, group, shop or terminal
	Reported json.RawMessage `json:"reported,omitempty"` // what the terminal says it has
	Refused  string          `json:"refused,omitempty"`  // why it did not take it
}

// On tells whether a setting is true; false too when it is not known.
func (c *Chart) On(setting string) bool { return string(c.Settings[setting].Value) == "true" }

// Telemetry is how a device said that it is, in one TelemetryReported fact. Pointers are nil for what its model
// does not have, or has not told.
type Telemetry struct {
	At         time.Time `json:"at"`
	Seq        uint64    `json:"seq,omitempty"`
	POIID      string    `json:"poiid"`
	TID        string    `json:"tid,omitempty"`
	Model      string    `json:"model,omitempty"`
	Firmware   string    `json:"firmware,omitempty"`
	Software   string    `json:"software,omitempty"`
	Network    string    `json:"network,omitempty"` // wifi, ethernet or cellular
	SSID       string    `json:"ssid,omitempty"`
	Signal     int       `json:"signal,omitempty"`  // 1 to 100; 0 when it is not known
	Battery    *int      `json:"battery,omitempty"` // per cent
	Charging   bool      `json:"charging,omitempty"`
	Printer    string    `json:"printer,omitempty"` // OK, NoPaper, PaperLow; empty without one
	CardReader bool      `json:"cardReader"`
	PED        bool      `json:"ped"`
	Security   bool      `json:"security"`
	Tampered   string    `json:"tampered,omitempty"`
	// IKID and KCV are of the initial key that it holds; empty without one.
	IKID string `json:"ikid,omitempty"`
	KCV  string `json:"kcv,omitempty"`
	// ClockSkewMS is how far its clock is ahead of the cloud's, in milliseconds.
	ClockSkewMS int64  `json:"clockSkewMS,omitempty"`
	CloudMode   bool   `json:"cloudMode"`
	ManualInput bool   `json:"manualInput"`
	APIEnabled  bool   `json:"apiEnabled"`
	WSEnabled   bool   `json:"webSocketEnabled"`
	Screen      string `json:"screen,omitempty"` // what it shows now
	// LastFailure is why it could not connect before it did: the step (resolve, connect, tls, write, read), how
	// often, and since when.
	LastFailure *ConnectFailure `json:"lastFailure,omitempty"`
	// Booted is when the device was last switched on, by the cloud's clock.
	Booted time.Time `json:"booted,omitzero"`
	// CloseTimeout is after how many seconds a result leaves the screen by itself, 0 for never; AllowRefunds tells
	// whether refunds can be made at the terminal.
	CloseTimeout *int  `json:"closeTimeout,omitempty"`
	AllowRefunds *bool `json:"allowRefunds,omitempty"`
}

// ConnectFailure is how a device failed to connect before it succeeded.
type ConnectFailure struct {
	Step   string    `json:"step"`
	Times  int       `json:"times"`
	Since  time.Time `json:"since"`
	Detail string    `json:"detail,omitempty"`
}

// Hook is an address that webhooks go to, with how the last tries ended (the newest last).
type Hook struct {
	Endpoint string `json:"endpoint,omitempty"` // its id; empty where the address is the order's or the group's
	Dialect  string `json:"dialect"`
	URL      string `json:"url"` // without its query
	// Problem is what is wrong with the address itself; empty when it may be called.
	Problem string `json:"problem,omitempty"`
	Waiting int    `json:"waiting"`
	Parked  int    `json:"parked"`
	Tries   []Try  `json:"tries,omitempty"`
}

// Try is one try of a webhook.
type Try struct {
	At       time.Time `json:"at"`
	Seq      uint64    `json:"seq,omitempty"`
	Delivery string    `json:"delivery"`
	Order    string    `json:"order,omitempty"`
	Status   int       `json:"status,omitempty"` // HTTP; 0 when there was no reply
	Reply    string    `json:"reply,omitempty"`  // its beginning, masked
	Failure  string    `json:"failure,omitempty"`
}

// AcquirerFacts is how the link to the acquirer is.
type AcquirerFacts struct {
	SignedOn int       `json:"signedOn"` // links on which it is signed on
	Since    time.Time `json:"since,omitzero"`
}

// FleetFacts is how the terminals of the subject's account are, and those that share its shop.
type FleetFacts struct {
	Terminals int `json:"terminals"`
	Offline   int `json:"offline"`
	// SameShop and SameShopOffline are of its shop, SameAddress… of those that came from the same address.
	SameShop           int `json:"sameShop"`
	SameShopOffline    int `json:"sameShopOffline"`
	SameAddress        int `json:"sameAddress"`
	SameAddressOffline int `json:"sameAddressOffline"`
	// Software is the newest version that a terminal of this model reports in the installation.
	Software string `json:"software,omitempty"`
}

// Component is a component of the service status.
type Component struct {
	Name  string    `json:"name"`
	State string    `json:"state"` // operational, degraded or down
	Since time.Time `json:"since,omitzero"`
	Says  string    `json:"says,omitempty"`
}

// Probe is what the terminal itself found just now.
type Probe struct {
	At     time.Time `json:"at"`
	Checks []Check   `json:"checks,omitempty"`
	Failed string    `json:"failed,omitempty"` // why there was no answer
}

// Of gives the entries of some kinds of facts, in order.
func (c *Chart) Of(kinds ...string) []journal.Entry {
	var list []journal.Entry
	for _, e := range c.Entries {
		if slices.Contains(kinds, e.Kind) {
			list = append(list, e)
		}
	}
	return list
}

// Last gives the newest entry of some kinds of facts.
func (c *Chart) Last(kinds ...string) (journal.Entry, bool) {
	for _, e := range slices.Backward(c.Entries) {
		if slices.Contains(kinds, e.Kind) {
			return e, true
		}
	}
	return journal.Entry{}, false
}

// Read reads the payload of an entry; false when it is not of that form.
func Read[T any](e journal.Entry) (body T, ok bool) {
	return body, json.Unmarshal(e.Payload, &body) == nil
}

// Recorded makes evidence of the newest entry of some kinds, or when there is none of what is said alone.
func (c *Chart) Recorded(source, ref, says string, kinds ...string) Evidence {
	if e, ok := c.Last(kinds...); ok {
		return Entry(e, source, says)
	}
	return Evidence{Source: source, Ref: ref, Says: says}
}

// Calls gives the refused calls about the subject, in order.
func (c *Chart) Calls() []Call {
	var list []Call
	for _, e := range c.Of(CallRefused) {
		if call, ok := Read[Call](e); ok {
			call.Entry = e
			list = append(list, call)
		}
	}
	return list
}

// Refused gives the newest refused call that had one of some reasons.
func (c *Chart) Refused(reasons ...string) (Call, bool) {
	for _, call := range slices.Backward(c.Calls()) {
		if slices.Contains(reasons, call.Reason) {
			return call, true
		}
	}
	return Call{}, false
}

// Shows tells whether the asker sees a text, whatever the case.
func (c *Chart) Shows(text string) bool {
	return c.Symptom != "" && strings.Contains(strings.ToLower(c.Symptom), strings.ToLower(text))
}
