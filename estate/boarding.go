package estate

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Where numbering begins when the caller names no id.
const (
	firstAccount = 10_000_001
	firstGroup   = 57_001
)

// MakeAccount adds an account. An empty id gets the next free number.
func (r *Registry) MakeAccount(now time.Time, a Account) (Account, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	id, err := newID(a.ID, r.accounts, firstAccount, maxAccounts)
	if err != nil {
		return Account{}, fmt.Errorf("account: %w", err)
	}
	if err := checkName("account name", a.Name); err != nil {
		return Account{}, err
	}
	a.ID = id
	return a, r.write(now, change{
		stream: "account/" + a.ID, state: a, facts: []fact{{a.ID, AccountMade{a}}},
		show: func() { r.showAccount(a) },
	})
}

// MakeGroup adds a terminal group to an account. An empty id gets the next free number.
func (r *Registry) MakeGroup(now time.Time, g Group) (Group, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if _, ok := r.accounts[g.Account]; !ok {
		return Group{}, fmt.Errorf("%w: account", ErrUnknown)
	}
	id, err := newID(g.ID, r.groups, firstGroup, maxGroups)
	if err != nil {
		return Group{}, fmt.Errorf("group: %w", err)
	}
	if err := checkGroup(g); err != nil {
		return Group{}, err
	}
	g.ID = id
	return g, r.write(now, r.groupChange(g, GroupMade{g}))
}

// ChangeGroup changes a terminal group: its name, its webhook URL, its merchant, what its terminals may
// do or its fees. Its id and its account stay.
func (r *Registry) ChangeGroup(now time.Time, id string, change func(*Group)) (Group, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	former, ok := r.groups[id]
	if !ok {
		return Group{}, fmt.Errorf("%w: group", ErrUnknown)
	}
	g := former
	g.Fees = slices.Clone(former.Fees)
	change(&g)
	g.ID, g.Account = former.ID, former.Account
	if err := checkGroup(g); err != nil || reflect.DeepEqual(g, former) {
		return g, err
	}
	return g, r.write(now, r.groupChange(g, GroupChanged{g}))
}

func (r *Registry) groupChange(g Group, body any) change {
	return change{
		stream: "group/" + g.ID, state: g, facts: []fact{{g.ID, body}},
		show: func() { r.showGroup(g) },
	}
}

// BoardTerminal makes a place for a POI in a group. An empty TID gets the next free one. The
// activation code is given here and never again.
func (r *Registry) BoardTerminal(now time.Time, group, name, tid string) (t Terminal, code string, err error) {
	return r.board(now, Terminal{Group: group, Name: name, TID: tid})
}

// BoardCTAP makes a place for a terminal that is no SmartPOS, as BoardTerminal does.
func (r *Registry) BoardCTAP(now time.Time, group, name string) (t Terminal, code string, err error) {
	return r.board(now, Terminal{Group: group, Name: name, Provider: CTAP})
}

func (r *Registry) board(now time.Time, t Terminal) (_ Terminal, code string, err error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	g, ok := r.groups[t.Group]
	if !ok {
		return Terminal{}, "", fmt.Errorf("%w: group", ErrUnknown)
	}
	if err := checkName("terminal name", t.Name); err != nil {
		return Terminal{}, "", err
	}
	if t.TID, err = r.newTID(t.TID); err != nil {
		return Terminal{}, "", err
	}
	if code, err = newCode(r.random); err != nil {
		return Terminal{}, "", err
	}
	t.Account, t.Environment, t.CreatedAt, t.CodeHash = g.Account, r.env, now, r.codeHash(code)
	if _, twice := r.codes[t.CodeHash]; twice {
		return Terminal{}, "", fmt.Errorf("%w: activation code", ErrExists)
	}
	err = r.write(now, change{
		stream: "terminal/" + t.TID, state: t,
		facts: []fact{{g.ID, TerminalBoarded{TID: t.TID, Group: g.ID, Name: t.Name, Provider: t.Provider}}},
		show:  func() { r.showTerminal(t) },
	})
	if err != nil {
		return Terminal{}, "", err
	}
	return t, code, nil
}

// RenewCode gives a terminal that no device is bound to a new activation code, here and never again.
// The former one is void.
func (r *Registry) RenewCode(now time.Time, tid string) (string, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	t, ok := r.terminals[tid]
	switch {
	case !ok || t.Retired:
		return "", fmt.Errorf("%w: terminal", ErrUnknown)
	case t.POIID != "":
		return "", fmt.Errorf("%w: a device is bound to this terminal", ErrExists)
	}
	code, err := newCode(r.random)
	if err != nil {
		return "", err
	}
	former := t.CodeHash
	t.CodeHash = r.codeHash(code)
	err = r.write(now, change{
		stream: "terminal/" + tid, state: t, facts: []fact{{t.Group, ActivationCodeRenewed{TID: tid}}},
		show: func() { delete(r.codes, former); r.showTerminal(t) },
	})
	if err != nil {
		return "", err
	}
	return code, nil
}

// BoardDevice makes a POI known, so that its key is pinned at its first link.
func (r *Registry) BoardDevice(now time.Time, poiid string) (Device, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if !validPOIID(poiid) {
		return Device{}, fmt.Errorf("%w: POIID is [model]-[serial], letters and digits", ErrInvalid)
	}
	former, known := r.devices[poiid]
	if known && !former.Retired {
		return Device{}, fmt.Errorf("%w: device", ErrExists)
	}
	if !known && len(r.devices) >= maxDevices {
		return Device{}, fmt.Errorf("%w: devices", ErrFull)
	}
	d := Device{POIID: poiid, Number: former.Number}
	return d, r.write(now, r.deviceChange(d, DeviceBoarded{POIID: poiid}))
}

// deviceChange is one step of a device.
func (r *Registry) deviceChange(d Device, facts ...any) change {
	c := change{stream: "device/" + d.POIID, state: d, show: func() { r.showDevice(d) }}
	for _, f := range facts {
		c.facts = append(c.facts, fact{r.terminals[d.TID].Group, f})
	}
	return c
}

func newID[T any](asked string, have map[string]T, first, limit int) (string, error) {
	if len(have) >= limit {
		return "", ErrFull
	}
	if asked == "" {
		for n := first + len(have); ; n++ {
			if _, taken := have[strconv.Itoa(n)]; !taken {
				return strconv.Itoa(n), nil
			}
		}
	}
	if len(asked) > 18 || strings.Trim(asked, "0123456789") != "" || asked[0] == '0' {
		return "", fmt.Errorf("%w: id is a number", ErrInvalid)
	}
	if _, taken := have[asked]; taken {
		return "", ErrExists
	}
	return asked, nil
}

// tidLength: DE41 is ans 8.
const tidLength = 8

func (r *Registry) newTID(asked string) (string, error) {
	if len(r.terminals) >= maxTerminals {
		return "", fmt.Errorf("%w: terminals", ErrFull)
	}
	if asked == "" {
		for n := int64(len(r.terminals) + 1); ; n++ {
			tid := strings.ToUpper(strconv.FormatInt(n, 36))
			tid = strings.Repeat("0", tidLength-len(tid)) + tid
			if _, taken := r.terminals[tid]; !taken {
				return tid, nil
			}
		}
	}
	if len(asked) != tidLength || !alphanumeric(asked) {
		return "", fmt.Errorf("%w: TID is 8 letters or digits", ErrInvalid)
	}
	if _, taken := r.terminals[asked]; taken {
		return "", fmt.Errorf("%w: TID", ErrExists)
	}
	return asked, nil
}

func checkGroup(g Group) error {
	if len(g.WebhookURL) > maxURL {
		return fmt.Errorf("%w: webhook URL is longer than %d bytes", ErrInvalid, maxURL)
	}
	// DE42 is ans 15, DE18 n4.
	if len(g.Merchant.MID) > 15 || len(g.Merchant.MCC) > 4 || len(g.Merchant.Country) > 2 {
		return fmt.Errorf("%w: merchant has MID of 15, MCC of 4 and country of 2 characters", ErrInvalid)
	}
	for _, s := range []string{g.Merchant.Name, g.Merchant.Address, g.Merchant.City} {
		if len(s) > maxName {
			return fmt.Errorf("%w: merchant text is longer than %d bytes", ErrInvalid, maxName)
		}
	}
	if g.CreditLimit < 0 || g.CreditLimit > maxCreditLimit {
		return fmt.Errorf("%w: the limit of refunds without a payment is 0 to %d cents", ErrInvalid, maxCreditLimit)
	}
	if err := checkFees(g.Fees); err != nil {
		return err
	}
	return checkName("group name", g.Name)
}

func checkFees(fees []Fee) error {
	if len(fees) > maxFees {
		return fmt.Errorf("%w: more than %d fees", ErrInvalid, maxFees)
	}
	seen := make(map[string]bool)
	for _, f := range fees {
		switch {
		case seen[f.Method]:
			return fmt.Errorf("%w: two fees for one method", ErrInvalid)
		case f.Method != "" && (len(f.Method) > maxMethod || !alphanumeric(f.Method)):
			return fmt.Errorf("%w: a fee's method has up to %d letters and digits", ErrInvalid, maxMethod)
		case f.FixedMinor < 0 || f.FixedMinor > maxFee || f.MinimumMinor < 0 || f.MinimumMinor > maxFee:
			return fmt.Errorf("%w: a fee's fixed part and minimum are 0 to %d cents", ErrInvalid, maxFee)
		case f.BasisPoints < 0 || f.BasisPoints > maxBasisPoints:
			return fmt.Errorf("%w: a fee's share is 0 to %d basis points", ErrInvalid, maxBasisPoints)
		}
		seen[f.Method] = true
	}
	return nil
}

func checkName(what, name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("%w: %s has 1 to %d bytes", ErrInvalid, what, maxName)
	}
	return nil
}

func validPOIID(s string) bool {
	model, serial, ok := strings.Cut(s, "-")
	return ok && len(s) <= maxPOIID && model != "" && serial != "" && alphanumeric(strings.NewReplacer("-", "", "_", "", ".", "").Replace(s))
}

func alphanumeric(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
