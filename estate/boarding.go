package estate

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Where numbering begins when the caller names no id.
const (
	firstAccount = 10_000_001
	firstGroup   = 57_001
)

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

func (r *Registry) groupChange(g Group, body any) journaled {
	return journaled{
		stream: "group/" + g.ID, state: g, facts: []fact{{g.ID, body}},
		show: func() { r.showGroup(g) },
	}
}

// BoardTerminal makes a place for a POI in a group. An empty TID gets the next free one. The
// activation code is given here and never again; it expires after 30 days.
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
	t, code, c, err := r.planTerminal(now, t, nil)
	if err != nil {
		return Terminal{}, "", err
	}
	if err = r.write(now, c); err != nil {
		return Terminal{}, "", err
	}
	return t, code, nil
}

// planTerminal prepares a new terminal. planned are those of the same batch, which nobody else sees.
func (r *Registry) planTerminal(now time.Time, t Terminal, planned map[string]bool) (_ Terminal, code string, _ journaled, err error) {
	no := func(err error) (Terminal, string, journaled, error) { return Terminal{}, "", journaled{}, err }
	g, ok := r.groups[t.Group]
	if !ok {
		return no(fmt.Errorf("%w: group", ErrUnknown))
	}
	if err := checkName("terminal name", t.Name); err != nil {
		return no(err)
	}
	if t.Provider != "" && t.Provider != CTAP {
		return no(fmt.Errorf("%w: provider: SMARTPOS or CTAP", ErrInvalid))
	}
	if err := r.checkPlace(g, t.Shop); err != nil {
		return no(err)
	}
	if t.TID, err = r.newTID(t.TID, planned); err != nil {
		return no(err)
	}
	if code, err = r.giveCode(now, &t); err != nil {
		return no(err)
	}
	t.Account, t.Environment, t.CreatedAt = g.Account, r.env, now
	return t, code, r.terminalChange(t, TerminalBoarded{TID: t.TID, Group: g.ID, Shop: t.Shop, Name: t.Name, Provider: t.Provider}), nil
}

// checkPlace tells whether terminals may stand in a group and a shop.
func (r *Registry) checkPlace(g Group, shop string) error {
	a := r.accounts[g.Account]
	if c := g.Merchant.Country; !a.Offered(c) {
		return fmt.Errorf("%w: group %s is in %s", ErrCountry, g.ID, c)
	}
	if shop == "" {
		return nil
	}
	s, ok := r.shops[shop]
	switch {
	case !ok || s.Account != g.Account:
		return fmt.Errorf("%w: shop", ErrUnknown)
	case s.Status == ShopClosed:
		return fmt.Errorf("%w: shop %s is closed", ErrInvalid, s.Reference)
	case !a.Offered(s.Address.Country):
		return fmt.Errorf("%w: shop %s is in %s", ErrCountry, s.Reference, s.Address.Country)
	}
	return nil
}

// giveCode gives a terminal a new activation code, which no other terminal has.
func (r *Registry) giveCode(now time.Time, t *Terminal) (string, error) {
	code, err := newCode(r.random)
	if err != nil {
		return "", err
	}
	hash := r.codeHash(code)
	if _, twice := r.codes[hash]; twice {
		return "", fmt.Errorf("%w: activation code", ErrExists)
	}
	t.CodeHash, t.CodeExpires = hash, now.Add(codeLife)
	return code, nil
}

// terminalChange is one step of a terminal.
func (r *Registry) terminalChange(t Terminal, facts ...any) journaled {
	c := journaled{stream: "terminal/" + t.TID, state: t, show: func() { r.showTerminal(t) }}
	for _, f := range facts {
		c.facts = append(c.facts, fact{t.Group, f})
	}
	return c
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
	code, err := r.giveCode(now, &t)
	if err != nil {
		return "", err
	}
	if err := r.write(now, r.terminalChange(t, ActivationCodeRenewed{TID: tid})); err != nil {
		return "", err
	}
	return code, nil
}

// BoardDevice makes a POI known, so that its key is pinned at its first link. One that was retired or
// returned may be boarded again, as a new one; an alarm or developer mode that nobody has cleared stays.
func (r *Registry) BoardDevice(now time.Time, poiid string) (Device, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, c, err := r.planDevice(now, poiid, "")
	if err != nil {
		return Device{}, err
	}
	return d, r.write(now, c)
}

func (r *Registry) planDevice(now time.Time, poiid, account string) (Device, journaled, error) {
	if !validPOIID(poiid) {
		return Device{}, journaled{}, fmt.Errorf("%w: POIID is [model]-[serial], letters and digits", ErrInvalid)
	}
	former, known := r.devices[poiid]
	if known && !former.Retired && former.Returned == nil {
		return Device{}, journaled{}, fmt.Errorf("%w: device", ErrExists)
	}
	if former.Developer && r.env == Live {
		return Device{}, journaled{}, fmt.Errorf("%w: device %s is in developer mode, and takes no live payments", ErrState, poiid)
	}
	if !known && len(r.devices) >= maxDevices {
		return Device{}, journaled{}, fmt.Errorf("%w: devices", ErrFull)
	}
	d := Device{
		POIID: poiid, Number: former.Number, Account: account, BoardedAt: now, Tampered: former.Tampered, Developer: former.Developer, Former: former.Former,
	}
	return d, r.deviceChange(d, DeviceBoarded{POIID: poiid, Account: account}), nil
}

// deviceChange is one step of a device.
func (r *Registry) deviceChange(d Device, facts ...any) journaled {
	c := journaled{stream: "device/" + d.POIID, state: d, show: func() { r.showDevice(d) }}
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

func (r *Registry) newTID(asked string, planned map[string]bool) (string, error) {
	if len(r.terminals)+len(planned) >= maxTerminals {
		return "", fmt.Errorf("%w: terminals", ErrFull)
	}
	if asked == "" {
		for n := int64(len(r.terminals) + len(planned) + 1); ; n++ {
			tid := strings.ToUpper(strconv.FormatInt(n, 36))
			tid = strings.Repeat("0", tidLength-len(tid)) + tid
			if _, taken := r.terminals[tid]; !taken && !planned[tid] {
				return tid, nil
			}
		}
	}
	if len(asked) != tidLength || !alphanumeric(asked) {
		return "", fmt.Errorf("%w: TID is 8 letters or digits", ErrInvalid)
	}
	if _, taken := r.terminals[asked]; taken || planned[asked] {
		return "", fmt.Errorf("%w: TID", ErrExists)
	}
	return asked, nil
}

func checkGroup(g Group) error {
	if len(g.WebhookURL) > maxURL {
		return fmt.Errorf("%w: webhook URL is longer than %d bytes", ErrInvalid, maxURL)
	}
	if !printable(g.Merchant.MID + g.Merchant.MCC + g.Merchant.Country) {
		return fmt.Errorf("%w: merchant has MID, MCC and country of ASCII", ErrInvalid)
	}
	// DE42 is ans 15, DE18 n4.
	if len(g.Merchant.MID) > 15 || len(g.Merchant.MCC) > 4 || len(g.Merchant.Country) > 2 {
		return fmt.Errorf("%w: merchant has MID of 15, MCC of 4 and country of 2 characters", ErrInvalid)
	}
	for _, s := range []string{g.Merchant.Name, g.Merchant.Address, g.Merchant.City} {
		if len(s) > maxName || !plainText(s) {
			return fmt.Errorf("%w: merchant text is longer than %d bytes, or has control characters", ErrInvalid, maxName)
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
	if name == "" || len(name) > maxName || !plainText(name) {
		return fmt.Errorf("%w: %s has 1 to %d bytes, and no control characters", ErrInvalid, what, maxName)
	}
	return nil
}

// plainText tells whether a text is one line of what can be read: names stand on screens, on receipts, in mail
// and in people's terminals, where anything else could pass for more than a name.
func plainText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
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
