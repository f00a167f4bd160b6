package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Facts is what is known of a terminal and of what it depends on.
type Facts struct {
	Now         time.Time
	Environment string // of the installation

	// The record.
	TID               string
	Found             bool
	RecordEnvironment string
	// Life is the terminal's state of life, May and MayNot whether it may take payments, and why not.
	Life, MayNot string
	May          bool
	Group, Shop  string
	POIID        string

	Link Link
	// Heartbeat is how often the terminal is to be heard of.
	Heartbeat time.Duration
	Pings     []Ping
	// Checks are the terminal's own, as it answered; Unanswered tells why there are none.
	Checks     []Check
	Unanswered string

	// CloudMode is the terminal's setting: it waits for payments from the cloud. WebSocket is the
	// operator's: it may have them.
	CloudMode, WebSocket bool

	Keys     bool   // the initial key is loaded and confirmed
	KCV      string // its check value
	Software string // with its version, as the terminal reports it; empty when it has not

	Acquirer  int // links on which the acquirer is signed on
	Endpoints []Endpoint
}

// Link is what is known of the terminal's connection.
type Link struct {
	State string // online, stale, offline or unknown
	// Linked tells that there is a link, be it for management only.
	Linked bool
	Reason string // why it is not online, in one word; Words says it in several
	Words  string
	Since  time.Time
	Seen   time.Time // when it was last heard of; zero for never
	// Address and Security are those of the last connection.
	Address, Security string
	// Lost is how many connections ended within a day.
	Lost int
}

// Ping is one round trip, or why there was none.
type Ping struct {
	Took   time.Duration
	Failed string
}

// Check is one of the terminal's own checks.
type Check struct {
	Name   string
	OK     bool
	Took   time.Duration
	Detail string
}

// Endpoint is the health of a webhook endpoint by its last deliveries.
type Endpoint struct {
	URL    string
	Good   bool
	Reason string
	At     time.Time // of the last try; zero for none
}

func checkRecord(f Facts) finding {
	if !f.Found {
		return finding{detail: "there is no terminal " + f.TID + " here", reason: "terminal_unknown",
			fix: "look at `kassa terminals`; a terminal of the other environment is known there only"}
	}
	e := Evidence{Source: "estate", Says: fmt.Sprintf("terminal %s, environment %s", f.TID, f.RecordEnvironment)}
	if f.RecordEnvironment != f.Environment {
		return finding{detail: fmt.Sprintf("the record is of the %s environment, this is %s", f.RecordEnvironment, f.Environment),
			evidence: []Evidence{e}, reason: "terminal_in_other_environment", fix: "board the terminal in this environment"}
	}
	return finding{detail: "terminal " + f.TID + " of the " + f.Environment + " environment", evidence: []Evidence{e}}
}

func checkAssigned(f Facts) finding {
	says := "life " + f.Life + ", group " + orNone(f.Group) + ", shop " + orNone(f.Shop) + ", device " + orNone(f.POIID)
	e := []Evidence{{Source: "estate", Says: says}}
	switch {
	case f.POIID == "":
		return finding{detail: "no device has been activated as this terminal", evidence: e, reason: "not_onboarded",
			fix: "type the activation code in at the device, or scan it; `kassa terminals code " + f.TID + "` makes a new one"}
	case !f.May:
		return finding{detail: f.MayNot, evidence: e, reason: "not_allowed", fix: fixOf(f.Life)}
	}
	return finding{detail: "assigned to group " + orNone(f.Group) + ", nothing is against payments", evidence: e}
}

func fixOf(life string) string {
	switch life {
	case "blocked":
		return "find out who blocked it and why; unblock it when that is settled"
	case "tampered":
		return "stop using the device, and return it: a tampered terminal takes no cards"
	case "inventory":
		return "assign it to a group"
	}
	return "make the shop active, or move the terminal to one that is"
}

func checkSocket(f Facts) finding {
	if f.Link.Seen.IsZero() && f.Link.State == "offline" && !f.Link.Linked {
		return finding{detail: "it has never connected to this installation", reason: "never_connected",
			fix: "give the device power and a network; its own connection test (Diagnostics) names the step that fails"}
	}
	says := "last connection"
	if f.Link.Address != "" {
		says += " from " + f.Link.Address
	}
	if f.Link.Security != "" {
		says += ", " + f.Link.Security
	}
	e := []Evidence{{At: f.Link.Since, Source: "link", Says: says + fmt.Sprintf("; %d lost in 24 h", f.Link.Lost)}}
	if f.Link.State == "offline" && !f.Link.Linked {
		words := orNone(f.Link.Words)
		e = append(e, Evidence{At: f.Link.Since, Source: "link", Says: "offline: " + words})
		return finding{detail: fmt.Sprintf("offline for %s: %s", age(f.Now, f.Link.Since), words), evidence: e,
			reason: f.Link.Reason, fix: fixOfLink(f.Link.Reason)}
	}
	return finding{detail: says, evidence: e}
}

func fixOfLink(reason string) string {
	switch reason {
	case "shut_down":
		return "it was switched off: switch it on"
	case "replaced":
		return "another connection with the same key took its place: see whether a second device shows the same number"
	case "never_connected":
		return "give the device power and a network"
	case "unbound":
		return "activate a device as this terminal"
	}
	return "look at its power and its network: the router, the Wi-Fi password, the cable of the base"
}

func checkHeartbeat(f Facts) finding {
	e := []Evidence{{At: f.Link.Seen, Source: "link", Says: "state " + f.Link.State + ", last heard of"}}
	quiet := f.Now.Sub(f.Link.Seen)
	switch {
	case f.Link.State == "unknown":
		return finding{detail: "it has not come back since this installation was started", evidence: e, reason: "server_restarted",
			fix: "wait a minute; when it stays away, look at its power and its network"}
	case f.Link.State == "stale", f.Heartbeat > 0 && quiet > 2*f.Heartbeat:
		return finding{detail: fmt.Sprintf("not heard of for %s; it should be every %s", age(f.Now, f.Link.Seen), f.Heartbeat), evidence: e,
			reason: "heartbeat_late", fix: "the link is open but silent: a weak Wi-Fi or a firewall that cuts idle connections"}
	}
	return finding{detail: "heard of " + age(f.Now, f.Link.Seen) + " ago", evidence: e}
}

func checkPing(f Facts) finding {
	var took []time.Duration
	var e []Evidence
	for i, p := range f.Pings {
		says := p.Failed
		if says == "" {
			took, says = append(took, p.Took), p.Took.Round(time.Millisecond/10).String()
		}
		e = append(e, Evidence{Source: "terminal", Says: fmt.Sprintf("ping %d: %s", i+1, says)})
	}
	if len(took) == 0 {
		return finding{detail: "none of the pings was answered", evidence: e, reason: "no_answer",
			fix: "the connection is open but nothing comes back: restart the terminal, or its router"}
	}
	slices.Sort(took)
	median, jitter := took[len(took)/2], took[len(took)-1]-took[0]
	detail := fmt.Sprintf("%d of %d answered, p50 %s, jitter %s", len(took), len(f.Pings),
		median.Round(time.Millisecond/10), jitter.Round(time.Millisecond/10))
	if len(took) < len(f.Pings) {
		return finding{detail: detail, evidence: e, reason: "link_unsteady", fix: "look at the strength of the Wi-Fi, or use a cable"}
	}
	return finding{detail: detail, evidence: e}
}

func checkTerminal(f Facts) finding {
	if len(f.Checks) == 0 {
		if f.Unanswered == "" {
			return finding{detail: "the terminal tells nothing of itself", skipped: true}
		}
		return finding{detail: "the terminal did not check itself: " + f.Unanswered, reason: "no_self_test", fix: "update the terminal's software, or try again"}
	}
	var e []Evidence
	var bad *Check
	for i, c := range f.Checks {
		mark := "good"
		if !c.OK {
			mark = "bad"
			if bad == nil {
				bad = &f.Checks[i]
			}
		}
		says := c.Name + " " + mark
		if c.Detail != "" {
			says += ": " + c.Detail
		}
		if c.Took > 0 {
			says += " (" + c.Took.String() + ")"
		}
		e = append(e, Evidence{Source: "terminal", Says: says})
	}
	if bad != nil {
		return finding{detail: strings.TrimSuffix(bad.Name+": "+bad.Detail, ": "), evidence: e, reason: "terminal_" + strings.ToLower(bad.Name), fix: fixOfCheck(bad.Name)}
	}
	return finding{detail: fmt.Sprintf("%d checks, all good", len(f.Checks)), evidence: e}
}

// fixOfCheck tells what to do about one of the terminal's own checks (poilink has their names).
func fixOfCheck(name string) string {
	switch name {
	case "resolve":
		return "the network's DNS does not know the cloud's name: use the router's DNS, or another one"
	case "connect":
		return "a firewall keeps the terminal from the cloud: let it through to the host and port that it names"
	case "tls":
		return "something between breaks the certificate: exempt the terminal from inspection, and look at its clock"
	case "write", "read":
		return "the connection opens, but what is sent does not come through: look for a proxy or a firewall between"
	case "clock":
		return "the terminal's clock is wrong: let it reach a time server"
	case "disk":
		return "its memory is full: restart it, and send it back when that does not help"
	case "battery":
		return "put it on its base: below a tenth the radio is switched off"
	case "printer":
		return "put in a new roll of paper, and close the lid"
	case "cardReader", "security":
		return "it takes no cards like this: return the device"
	}
	return "see the terminal's own diagnostics"
}

func checkCloud(f Facts) finding {
	e := []Evidence{{Source: "estate", Says: fmt.Sprintf("cloud.webSocketEnabled %v", f.WebSocket)},
		{Source: "terminal", Says: fmt.Sprintf("cloud mode %v", f.CloudMode)}}
	switch {
	case !f.WebSocket:
		return finding{detail: "WebSocket is switched off for this terminal: it is managed, but takes no cloud payments", evidence: e,
			reason: "cloud_connection_disabled", fix: "ask the operator to set cloud.webSocketEnabled"}
	case !f.CloudMode:
		return finding{detail: "the terminal is in standalone mode: it shows only what is started on it", evidence: e,
			reason: "cloud_mode_off", fix: "switch cloud mode on in the terminal's settings"}
	}
	return finding{detail: "WebSocket is enabled, cloud mode is on", evidence: e}
}

func checkKeys(f Facts) finding {
	e := []Evidence{{Source: "estate", Says: "check value " + orNone(f.KCV)}, {Source: "terminal", Says: "software " + orNone(f.Software)}}
	if !f.Keys {
		return finding{detail: "its initial key is missing or was not confirmed", evidence: e, reason: "ipek_missing",
			fix: "let it connect once more: keys are injected when a device without them connects"}
	}
	return finding{detail: "keys loaded, software " + orNone(f.Software), evidence: e}
}

func checkAcquirer(f Facts) finding {
	e := []Evidence{{Source: "acquirer", Says: fmt.Sprintf("%d links signed on", f.Acquirer)}}
	if f.Acquirer == 0 {
		return finding{detail: "no link to the acquirer is signed on", evidence: e, reason: "acquirer_down",
			fix: "nothing to do at the terminal: look at the operator's status page"}
	}
	return finding{detail: fmt.Sprintf("%d links signed on", f.Acquirer), evidence: e}
}

func checkWebhook(f Facts) finding {
	if len(f.Endpoints) == 0 {
		return finding{detail: "there is no webhook endpoint", skipped: true}
	}
	var e []Evidence
	var bad *Endpoint
	for i, w := range f.Endpoints {
		says := w.URL + ": "
		switch {
		case !w.Good:
			says += w.Reason
			bad = &f.Endpoints[i]
		case w.At.IsZero():
			says += "nothing was sent yet"
		default:
			says += "acknowledged"
		}
		e = append(e, Evidence{At: w.At, Source: "webhook", Says: says})
	}
	if bad != nil {
		return finding{detail: "the last delivery to " + bad.URL + " failed: " + bad.Reason, evidence: e,
			reason: "webhook_not_acknowledged", fix: "look at /api/v1/deliveries, and send them again when the endpoint is right"}
	}
	return finding{detail: fmt.Sprintf("%d endpoints, none with a failure", len(f.Endpoints)), evidence: e}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// age says how long ago an instant was.
func age(now, then time.Time) string {
	if then.IsZero() {
		return "an unknown time"
	}
	return max(0, now.Sub(then)).Round(time.Second).String()
}
