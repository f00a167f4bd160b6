package estate

import (
	"fmt"
	"time"
)

// MakeAccount adds an account. An empty id gets the next free number.
func (r *Registry) MakeAccount(now time.Time, a Account) (Account, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	id, err := newID(a.ID, r.accounts, firstAccount, maxAccounts)
	if err != nil {
		return Account{}, fmt.Errorf("account: %w", err)
	}
	a.ID = id
	a = named(a)
	if err := r.checkAccount(a); err != nil {
		return Account{}, err
	}
	return a, r.write(now, r.accountChange(a, AccountMade{a}))
}

// ChangeAccount changes an account; its id stays.
func (r *Registry) ChangeAccount(now time.Time, id string, change func(*Account)) (Account, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	former, ok := r.accounts[id]
	if !ok {
		return Account{}, fmt.Errorf("%w: account", ErrUnknown)
	}
	a := former
	change(&a)
	a.ID = id
	a = named(a)
	if a == former {
		return a, nil
	}
	if err := r.checkAccount(a); err != nil {
		return Account{}, err
	}
	return a, r.write(now, r.accountChange(a, AccountChanged{a}))
}

func (r *Registry) accountChange(a Account, body any) journaled {
	return journaled{
		stream: "account/" + a.ID, state: a, facts: []fact{{a.ID, body}},
		show: func() { r.showAccount(a) },
	}
}

// named gives an account the codes that it has when nobody chose others.
func named(a Account) Account {
	if a.Merchant == "" {
		a.Merchant = "Kassa" + a.ID
	}
	if a.Company == "" {
		a.Company = "Kassa"
	}
	return a
}

func (r *Registry) checkAccount(a Account) error {
	if err := checkName("account name", a.Name); err != nil {
		return err
	}
	for what, code := range map[string]string{"merchant": a.Merchant, "company": a.Company} {
		if !wordOf(code, "_") || len(code) > maxMerchant {
			return fmt.Errorf("%w: %s: 1 to %d letters, digits and _", ErrInvalid, what, maxMerchant)
		}
	}
	if id, taken := r.merchants[a.Merchant]; taken && id != a.ID {
		return fmt.Errorf("%w: merchant: another account has this code", ErrExists)
	}
	return nil
}

func (r *Registry) showAccount(a Account) {
	a = named(a) // one that was made before accounts had codes
	delete(r.merchants, r.accounts[a.ID].Merchant)
	r.accounts[a.ID] = a
	r.merchants[a.Merchant] = a.ID
}

// AccountByMerchant finds an account by its merchant code.
func (r *Registry) AccountByMerchant(code string) (Account, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	a, ok := r.accounts[r.merchants[code]]
	return a, ok
}
