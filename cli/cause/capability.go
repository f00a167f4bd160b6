package cause

import "slices"

// Capability is something that still works in a shop, or comes about there, so that somebody can run into a fault. Two
// faults are independent as long as neither takes from the other what it needs to be seen.
type Capability string

// The capabilities.
const (
	Network  Capability = "the terminal is on, and on a network"
	Address  Capability = "the cloud knows from where the terminal calls"
	Linked   Capability = "the terminal has a link that lasts"
	Tells    Capability = "the terminal tells how it is"
	Taken    Capability = "the cloud takes orders for the terminal"
	Made     Capability = "an order is made"
	Shows    Capability = "the terminal shows an order"
	Presents Capability = "a card is presented"
	Reads    Capability = "the terminal reads the card"
	Chooses  Capability = "the terminal agrees with the card on a way to pay"
	Opens    Capability = "the cloud opens what the terminal seals"
	Asks     Capability = "the payment comes as far as the host"
	Answers  Capability = "the issuer answers what it would answer any card"
	Approves Capability = "the payment is approved"
	Ends     Capability = "the order ends, so that its webhook is sent"
	Waits    Capability = "nothing has shown that the terminal serves orders"
	Later    Capability = "what is asked about was there when it happened"
	Live     Capability = "the payment is a live one"
	Probes   Capability = "the terminal checks itself when it is asked to"
)

// restsOn gives what a capability cannot do without, directly.
func (c Capability) restsOn() []Capability {
	switch c {
	case Linked, Address:
		return []Capability{Network}
	case Tells:
		return []Capability{Linked}
	case Made:
		return []Capability{Taken}
	case Shows:
		return []Capability{Linked, Made}
	case Presents:
		return []Capability{Shows}
	case Reads:
		return []Capability{Presents}
	case Chooses:
		return []Capability{Reads}
	case Opens:
		return []Capability{Chooses}
	case Asks:
		return []Capability{Opens}
	case Answers:
		return []Capability{Asks}
	case Approves:
		return []Capability{Answers}
	}
	return nil
}

// Loss is a capability that a fault takes away while it lasts, or that its meeting leaves no room for.
type Loss struct {
	Of  Capability
	Why string
}

// loses makes a list of one loss.
func loses(of Capability, why string) []Loss { return []Loss{{of, why}} }

// whole gives capabilities with all that they rest on.
func whole(list []Capability) (all []Capability) {
	for _, c := range list {
		all = append(append(all, c), whole(c.restsOn())...)
	}
	return all
}

// losses are all that a recipe takes: who shows an order has shown that it serves orders, and an order is made once
// the other fault is there.
func (r Recipe) losses() []Loss {
	list := r.Takes
	if slices.Contains(whole(r.Needs), Shows) {
		list = append(slices.Clone(list), Loss{Waits, "the terminal served the order, so that nothing kept it from the terminal"})
	}
	if r.About == "order" {
		list = append(slices.Clone(list), Loss{Later, "the order is made after that"}, Loss{Live, "its payment is one of the test environment"})
	}
	return list
}

// Excludes tells why somebody who runs into one fault cannot run into another as well: one takes what the other
// needs. It is empty when they are independent.
func (r Recipe) Excludes(other Recipe) string {
	for _, pair := range [][2]Recipe{{r, other}, {other, r}} {
		needs := whole(pair[1].Needs)
		for _, l := range pair[0].losses() {
			if slices.Contains(needs, l.Of) {
				return pair[0].Code + ": " + l.Why
			}
		}
	}
	return ""
}

// gone is what a terminal takes with it that is not there.
func gone() []Loss { return loses(Network, "the terminal is out of reach") }

// unsteady is what links cannot do that break again and again.
func unsteady() []Loss { return loses(Linked, "no link lasts long enough for an order or a report") }

// closed is what a terminal cannot do that the cloud keeps away.
func closed() []Loss {
	return []Loss{{Linked, "the cloud closes its link"}, {Taken, "orders for the terminal are refused"}}
}
