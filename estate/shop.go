package estate

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Shop is a place of business with terminals; Adyen calls it a store.
type Shop struct {
	ID      string `json:"id"` // "ST", the environment's letter T or L, and 20 letters and digits
	Account string `json:"account"`
	// Reference is the merchant's own name for it: letters, digits, - and _, unique in the account. When
	// it is empty it becomes the id.
	Reference   string `json:"reference"`
	Description string `json:"description"`
	// ShopperStatement is what cardholders read on their statement; up to 22 characters, not all digits.
	ShopperStatement  string     `json:"shopperStatement,omitempty"`
	Phone             string     `json:"phone,omitempty"` // E.164
	Address           Address    `json:"address"`
	ExternalReference string     `json:"externalReference,omitempty"`
	Status            ShopStatus `json:"status"`
	CreatedAt         time.Time  `json:"createdAt"`
}

// Address is where a shop stands.
type Address struct {
	Country    string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Line1      string `json:"line1,omitempty"`
	Line2      string `json:"line2,omitempty"`
	Line3      string `json:"line3,omitempty"`
	City       string `json:"city,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	State      string `json:"state,omitempty"`
}

// ShopStatus is whether a shop does business.
type ShopStatus string

// The statuses of a shop.
const (
	ShopActive   ShopStatus = "active"
	ShopInactive ShopStatus = "inactive" // no new payments; captures and refunds go on
	ShopClosed   ShopStatus = "closed"   // for good; its terminals go to the inventory
)

// MakeShop adds a shop to an account. Its id, status and instant are made here.
func (r *Registry) MakeShop(now time.Time, s Shop) (Shop, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	if _, ok := r.accounts[s.Account]; !ok {
		return Shop{}, fmt.Errorf("%w: account", ErrUnknown)
	}
	if len(r.shops) >= maxShops {
		return Shop{}, fmt.Errorf("%w: shops", ErrFull)
	}
	random, err := draw(r.random, idAlphabet, idLength)
	if err != nil {
		return Shop{}, err
	}
	s.ID, s.Status, s.CreatedAt = "ST"+r.env.letter()+random, ShopActive, now
	if s.Reference == "" {
		s.Reference = s.ID
	}
	if err := r.checkShop(s); err != nil {
		return Shop{}, err
	}
	return s, r.write(now, r.shopChange(s, ShopMade{s}))
}

// ChangeShop changes a shop; its id and its account stay. A shop that is closed stays closed: its
// terminals go to the inventory in the same step, and may be moved from there.
func (r *Registry) ChangeShop(now time.Time, id string, change func(*Shop)) (Shop, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	former, ok := r.shops[id]
	if !ok {
		return Shop{}, fmt.Errorf("%w: shop", ErrUnknown)
	}
	s := former
	change(&s)
	s.ID, s.Account, s.CreatedAt = former.ID, former.Account, former.CreatedAt
	if s.Reference == "" {
		s.Reference = s.ID
	}
	switch {
	case reflect.DeepEqual(s, former):
		return s, nil
	case former.Status == ShopClosed:
		return Shop{}, fmt.Errorf("%w: status: a closed shop cannot be changed or opened again", ErrInvalid)
	}
	if err := r.checkShop(s); err != nil {
		return Shop{}, err
	}
	changes := []journaled{r.shopChange(s, ShopChanged{s})}
	if s.Status == ShopClosed {
		for _, t := range r.terminals {
			if t.Shop == id && !t.Retired {
				t.Shop, t.Inventory, t.SettingsSince = "", true, r.nextSettings()
				changes = append(changes, r.terminalChange(t, TerminalMoved{TID: t.TID, Group: t.Group, From: id, Inventory: true}))
			}
		}
		if len(changes) > maxTogether {
			return Shop{}, fmt.Errorf("%w: status: a shop of more than %d terminals is closed after some have been moved", ErrInvalid, maxTogether-1)
		}
	}
	return s, r.write(now, changes...)
}

func (r *Registry) shopChange(s Shop, body any) journaled {
	return journaled{
		stream: "shop/" + s.ID, state: s, facts: []fact{{s.Account, body}},
		show: func() { r.showShop(s) },
	}
}

func (r *Registry) showShop(s Shop) {
	if former, ok := r.shops[s.ID]; ok {
		delete(r.references, referenceKey(former.Account, former.Reference))
	}
	r.shops[s.ID] = s
	r.references[referenceKey(s.Account, s.Reference)] = s.ID
}

func referenceKey(account, reference string) string { return account + "/" + reference }

func (r *Registry) checkShop(s Shop) error {
	if !wordOf(s.Reference, "-_") || len(s.Reference) > maxReference {
		return fmt.Errorf("%w: reference: 1 to %d letters, digits, - and _", ErrInvalid, maxReference)
	}
	if id, taken := r.references[referenceKey(s.Account, s.Reference)]; taken && id != s.ID {
		return fmt.Errorf("%w: reference: another shop of the account has it", ErrExists)
	}
	switch s.Status {
	case ShopActive, ShopInactive, ShopClosed:
	default:
		return fmt.Errorf("%w: status: active, inactive or closed", ErrInvalid)
	}
	if s.Description == "" || len(s.Description) > maxShopText || !plainText(s.Description) {
		return fmt.Errorf("%w: description: 1 to %d bytes, and no control characters", ErrInvalid, maxShopText)
	}
	if n := len([]rune(s.ShopperStatement)); n > maxStatement || !plainText(s.ShopperStatement) || n > 0 && strings.Trim(s.ShopperStatement, "0123456789") == "" {
		return fmt.Errorf("%w: shopperStatement: up to %d characters, not digits alone", ErrInvalid, maxStatement)
	}
	if s.Phone != "" && !validPhone(s.Phone) {
		return fmt.Errorf("%w: phone: + and 7 to 15 digits (E.164)", ErrInvalid)
	}
	if a := s.Address; a.Country != "" && (len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return fmt.Errorf("%w: address.country: two capital letters (ISO 3166-1)", ErrInvalid)
	}
	for _, text := range []string{s.Address.Line1, s.Address.Line2, s.Address.Line3, s.Address.City, s.Address.PostalCode, s.Address.State, s.ExternalReference} {
		if len(text) > maxShopText || !plainText(text) {
			return fmt.Errorf("%w: address and externalReference: texts of up to %d bytes, without control characters", ErrInvalid, maxShopText)
		}
	}
	return nil
}

func validPhone(s string) bool {
	digits, ok := strings.CutPrefix(s, "+")
	return ok && len(digits) >= 7 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == "" && digits[0] != '0'
}

// wordOf tells whether s is made of letters, digits and the marks given.
func wordOf(s, marks string) bool {
	for _, c := range []byte(s) {
		if !alphanumeric(string(c)) && strings.IndexByte(marks, c) < 0 {
			return false
		}
	}
	return s != ""
}

// Shop finds a shop.
func (r *Registry) Shop(id string) (Shop, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s, ok := r.shops[id]
	return s, ok
}

// ShopByReference finds a shop of an account by the merchant's own name for it.
func (r *Registry) ShopByReference(account, reference string) (Shop, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s, ok := r.shops[r.references[referenceKey(account, reference)]]
	return s, ok
}

// ShopsOf lists the shops of an account by id.
func (r *Registry) ShopsOf(account string) []Shop {
	return listed(r, func() map[string]Shop { return r.shops },
		func(s Shop) bool { return s.Account == account }, func(s Shop) string { return s.ID })
}

// TerminalsOfShop lists the terminals of a shop by TID.
func (r *Registry) TerminalsOfShop(shop string) []Terminal {
	return r.terminalsWhere(func(t Terminal) bool { return shop != "" && t.Shop == shop })
}

// TerminalsOf lists the terminals of an account by TID.
func (r *Registry) TerminalsOf(account string) []Terminal {
	return r.terminalsWhere(func(t Terminal) bool { return t.Account == account })
}
