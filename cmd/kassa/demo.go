package main

import (
	"fmt"

	"kassa/estate"
)

// The demo estate: one account with two groups, so that a key of the wrong group can be tried.
const (
	demoAccount    = "10000001"
	demoGroup      = "107265"
	demoOtherGroup = "57958"
)

// demo makes what is missing of the demo estate, and says what there is. The last terminal belongs
// to the other group.
func (c *cloud) demo(terminals int, facts *demoFacts) error {
	now, r := c.now(), c.registry
	if _, ok := r.Account(demoAccount); !ok {
		if _, err := r.MakeAccount(now, estate.Account{ID: demoAccount, Name: "Demo BV"}); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	for _, g := range []estate.Group{
		{
			ID: demoGroup, Account: demoAccount, Name: "Bar", Merchant: demoMerchant("Bar De Punt", "KASSA0000000001"),
			CreditLimit: 6000, CardChecks: true, Fees: demoFees(),
		},
		{ID: demoOtherGroup, Account: demoAccount, Name: "Terrace", Merchant: demoMerchant("Terras De Punt", "KASSA0000000002")},
	} {
		if _, ok := r.Group(g.ID); !ok {
			if _, err := r.MakeGroup(now, g); err != nil {
				return fmt.Errorf("demo: %w", err)
			}
		}
	}
	facts.Group, facts.Other = "Bar", "Terrace"
	var err error
	if facts.GroupKey, _, err = c.key(estate.RoleAdmin, demoAccount, demoGroup); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if facts.OtherKey, _, err = c.key(estate.RoleAdmin, demoAccount, demoOtherGroup); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if facts.AccountKey, _, err = c.key(estate.RoleAdmin, demoAccount, ""); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	account, _ := r.Account(demoAccount)
	facts.Merchant = account.Merchant
	for i := range terminals {
		t, err := c.demoTerminal(i, i == terminals-1)
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		facts.Terminals = append(facts.Terminals, t)
	}
	return nil
}

// demoFees are made up, of the size that shops pay.
func demoFees() []estate.Fee {
	return []estate.Fee{
		{Method: "VISA", FixedMinor: 10, BasisPoints: 120}, {Method: "MASTERCARD", FixedMinor: 10, BasisPoints: 120},
		{Method: "MISTERCASH", FixedMinor: 20, MinimumMinor: 25}, {BasisPoints: 250, MinimumMinor: 30},
	}
}

func demoMerchant(name, mid string) estate.Merchant {
	return estate.Merchant{Name: name, Address: "Kade 1", City: "Amsterdam", Country: "NL", MID: mid, MCC: "5813"}
}

// demoStep is how far apart the demo terminals are that have had the same place, one after the other.
const demoStep = 100

// demoTerminal is the demo terminal at a place: another one where the former was retired, with another device where
// that has gone to another terminal.
func (c *cloud) demoTerminal(i int, other bool) (demoTerminal, error) {
	now, r := c.now(), c.registry
	tid, serial := i, i
	for t, ok := r.Terminal(demoTID(tid)); ok && t.Retired; t, ok = r.Terminal(demoTID(tid)) {
		tid += demoStep
	}
	d := demoTerminal{TID: demoTID(tid), Name: fmt.Sprintf("Bar %d", i+1), Group: "Bar"}
	for taken, ok := r.Device(demoPOIID(serial)); ok && taken.TID != "" && taken.TID != d.TID; taken, ok = r.Device(demoPOIID(serial)) {
		serial += demoStep
	}
	d.POIID = demoPOIID(serial)
	group := demoGroup
	if other {
		group, d.Group, d.Name = demoOtherGroup, "Terrace", "Terrace 1"
	}
	if _, ok := r.Device(d.POIID); !ok {
		if _, err := r.BoardDevice(now, d.POIID); err != nil {
			return d, err
		}
	}
	t, ok := r.Terminal(d.TID)
	var err error
	switch {
	case !ok:
		_, d.Code, err = r.BoardTerminal(now, group, d.Name, d.TID)
	case t.POIID == "":
		d.Name = t.Name
		d.Code, err = r.RenewCode(now, d.TID)
	default:
		d.Name, d.POIID = t.Name, t.POIID
	}
	return d, err
}

func demoPOIID(i int) string { return fmt.Sprintf("P2-KS%08d", i+1) }

// demoTID counts from 00000ABC in base 26, so that the first ones are those of the examples in
// MultiSafepay's documentation.
func demoTID(i int) string {
	const first = (0*26+1)*26 + 2 // ABC
	n := first + i
	tail := ""
	for range 4 {
		tail = string(rune('A'+n%26)) + tail
		n /= 26
	}
	if tail[0] == 'A' {
		return "00000" + tail[1:]
	}
	return "0000" + tail
}
