package estate_test

import (
	"errors"
	"strings"
	"testing"

	"kassa/estate"

	"github.com/google/go-cmp/cmp"
)

func (w *world) shop(reference string) estate.Shop {
	w.t.Helper()
	s, err := w.MakeShop(noon, estate.Shop{
		Account: w.group.Account, Reference: reference, Description: "Koffie Damrak", ShopperStatement: "KOFFIE DAMRAK",
		Phone: "+31201234567", Address: estate.Address{Country: "NL", Line1: "Damrak 1", City: "Amsterdam", PostalCode: "1012 LG"},
	})
	must(w.t, err)
	return s
}

func TestShops(t *testing.T) {
	w := newWorld(t)
	s := w.shop("damrak")
	if !strings.HasPrefix(s.ID, "STT") || len(s.ID) != 23 || s.Status != estate.ShopActive {
		t.Errorf("made: %+v", s)
	}
	nameless, err := w.MakeShop(noon, estate.Shop{Account: w.group.Account, Description: "x"})
	if err != nil || nameless.Reference != nameless.ID {
		t.Errorf("without a reference: %+v %v", nameless, err)
	}
	for name, change := range map[string]func(*estate.Shop){
		"reference form":   func(s *estate.Shop) { s.Reference = "dam rak" },
		"status":           func(s *estate.Shop) { s.Status = "open" },
		"no description":   func(s *estate.Shop) { s.Description = "" },
		"statement digits": func(s *estate.Shop) { s.ShopperStatement = "123" },
		"statement long":   func(s *estate.Shop) { s.ShopperStatement = strings.Repeat("x", 23) },
		"phone":            func(s *estate.Shop) { s.Phone = "020-1234567" },
		"country":          func(s *estate.Shop) { s.Address.Country = "nl" },
		"address":          func(s *estate.Shop) { s.Address.Line1 = strings.Repeat("x", 500) },
	} {
		if _, err := w.ChangeShop(noon, s.ID, change); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.ChangeShop(noon, nameless.ID, func(s *estate.Shop) { s.Reference = "damrak" }); !errors.Is(err, estate.ErrExists) {
		t.Errorf("a reference twice: %v", err)
	}
	if _, err := w.MakeShop(noon, estate.Shop{Account: "9", Description: "x"}); !errors.Is(err, estate.ErrUnknown) {
		t.Errorf("an account that is not there: %v", err)
	}
	changed, err := w.ChangeShop(noon, s.ID, func(s *estate.Shop) { s.Reference, s.ID, s.Account = "dam", "STTX", "9" })
	must(t, err)
	for range 2 {
		if _, ok := w.ShopByReference(w.group.Account, "damrak"); ok {
			t.Error("the former reference still finds it")
		}
		if got, ok := w.ShopByReference(w.group.Account, "dam"); !ok || got.ID != s.ID || !cmp.Equal(got, changed) {
			t.Errorf("by its reference: %+v", got)
		}
		if _, ok := w.ShopByReference("9", "dam"); ok {
			t.Error("another account finds it")
		}
		if list := w.ShopsOf(w.group.Account); len(list) != 2 {
			t.Errorf("shops: %+v", list)
		}
		w.Registry = openOn(t, w.store)
	}
}

func TestAClosedShopStaysClosed(t *testing.T) {
	w := newWorld(t)
	s := w.shop("damrak")
	term, code := w.board("Counter")
	must(t, w.MoveTerminal(noon, term.TID, estate.Place{Group: w.group.ID, Shop: s.ID}, "me"))
	may := func() string {
		got, _ := w.Terminal(term.TID)
		_, why := got.May()
		return why
	}
	if why := may(); why != "" {
		t.Fatalf("in an open shop: %s", why)
	}
	_, err := w.ChangeShop(noon, s.ID, func(s *estate.Shop) { s.Status = estate.ShopInactive })
	must(t, err)
	if why := may(); !strings.Contains(why, "inactive") {
		t.Errorf("in an inactive shop: %q", why)
	}
	_, err = w.ChangeShop(noon, s.ID, func(s *estate.Shop) { s.Status = estate.ShopClosed })
	must(t, err)
	for range 2 {
		got, _ := w.Terminal(term.TID)
		if !got.Inventory || got.Shop != "" || !strings.Contains(may(), "inventory") {
			t.Errorf("its terminal: %+v", got)
		}
		if _, err := w.ChangeShop(noon, s.ID, func(s *estate.Shop) { s.Status = estate.ShopActive }); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("opened again: %v", err)
		}
		if err := w.MoveTerminal(noon, term.TID, estate.Place{Group: w.group.ID, Shop: s.ID}, ""); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("a terminal moves into a closed shop: %v", err)
		}
		w.Registry = openOn(t, w.store)
	}
	must(t, w.MoveTerminal(noon, term.TID, estate.Place{Group: w.group.ID}, ""))
	if why := may(); why != "" {
		t.Errorf("moved out of the inventory: %s", why)
	}
	w.configured("VT1-1")
	if _, no := w.activate(noon, "VT1-1", code); no.Refused() {
		t.Errorf("its code: %q", no.Code)
	}
}

func TestAccountsHaveAMerchantCode(t *testing.T) {
	w := newWorld(t)
	a, _ := w.Account(w.group.Account)
	if a.Merchant != "Kassa"+a.ID || a.Company != "Kassa" {
		t.Errorf("by itself: %+v", a)
	}
	_, err := w.ChangeAccount(noon, a.ID, func(a *estate.Account) { a.Merchant, a.Company = "KoffiePOS", "Koffie" })
	must(t, err)
	for range 2 {
		if got, ok := w.AccountByMerchant("KoffiePOS"); !ok || got.ID != a.ID || got.Company != "Koffie" {
			t.Errorf("by its code: %+v", got)
		}
		if _, ok := w.AccountByMerchant("Kassa" + a.ID); ok {
			t.Error("the former code still finds it")
		}
		w.Registry = openOn(t, w.store)
	}
	if _, err := w.MakeAccount(noon, estate.Account{Name: "x", Merchant: "KoffiePOS"}); !errors.Is(err, estate.ErrExists) {
		t.Errorf("a code twice: %v", err)
	}
	for _, code := range []string{"Koffie POS", "Koffie-POS", strings.Repeat("x", 81)} {
		if _, err := w.ChangeAccount(noon, a.ID, func(a *estate.Account) { a.Merchant = code }); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("code %q: %v", code, err)
		}
	}
}
