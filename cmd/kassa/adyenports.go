package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"

	"kassa/auth"
	"kassa/estate"
	"kassa/sale/adyen"
)

// adyenPorts gives the Adyen door what it asks for.
type adyenPorts struct{ c *cloud }

// joinAdyen makes the door.
func (c *cloud) joinAdyen() (err error) {
	p := adyenPorts{c}
	c.adyen, err = adyen.New(adyen.Config{
		Orders: c.engine, Captures: c.engine, Records: c.store, Feed: c.store, Write: c.store.Submit, Directory: p, Terminals: p, Settings: p,
		Devices: devicePorts{c}, Refused: c.refusals.refused, HostReachable: func() bool { return c.acquirer.State() > 0 },
		Secret: []byte(c.secure.LookupHash([]byte("adyen requests"))), Zone: merchantZone(), Random: rand.Reader, Now: c.now,
	})
	return err
}

// Identify tells whose key it is. The operator's token takes no payments.
func (p adyenPorts) Identify(key, remote string) (adyen.Caller, adyen.Problem) {
	caller, problem := p.c.guard.Identify(key, remote)
	if problem.Bad() || caller.Operator() {
		return adyen.Caller{}, adyen.Problem{Code: string(problem.Code), Text: problem.Text()}
	}
	return adyen.Caller{
		Account: caller.Account, Group: caller.Group, TakesPayments: caller.Can(auth.PaymentsTake), Refunds: caller.Can(auth.PaymentsRefund),
	}, adyen.Problem{}
}

func (p adyenPorts) TerminalByPOIID(poiid string) (estate.Terminal, bool) {
	t, ok := p.c.registry.TerminalByPOIID(poiid)
	return t, ok && t.POIID == poiid && !t.Retired
}

func (p adyenPorts) Group(id string) (estate.Group, bool) { return p.c.registry.Group(id) }

// Merchant is the merchantAccount code of an account.
func (p adyenPorts) Merchant(account string) string {
	a, _ := p.c.registry.Account(account)
	return a.Merchant
}

// Reach tells what stands between a request and the terminal's screen.
func (p adyenPorts) Reach(tid string) adyen.Unreachable {
	t, ok := p.c.registry.Terminal(tid)
	if !ok || t.Retired {
		return adyen.NotInUse
	}
	if t.POIID == "" {
		return adyen.NotActivated
	}
	may, _ := t.May()
	switch {
	case t.Tampered:
		return adyen.Tampered
	case !may:
		return adyen.NotInUse
	case !p.c.registry.SettingOn(tid, "cloud.webSocketEnabled"), !p.c.registry.SettingOn(tid, "cloud.apiEnabled"):
		return adyen.NotEnabled
	case !p.c.pois.Online(tid):
		return adyen.Offline
	case !p.c.pois.CloudMode(tid):
		return adyen.CloudModeOff
	}
	return ""
}

func (p adyenPorts) Setting(tid, name string) []byte {
	value, _, _ := p.c.registry.Setting(estate.Owner{Level: estate.LevelTerminal, ID: tid}, name)
	return value
}

// Keys gives the key of the setting nexo.encryptionKey, if there is one.
func (p adyenPorts) Keys(tid string) ([]adyen.EncryptionKey, error) {
	value := p.Setting(tid, "nexo.encryptionKey")
	if value == nil {
		return nil, nil
	}
	var key struct {
		Identifier, Passphrase string
		Version                int64
	}
	if err := json.Unmarshal(value, &key); err != nil {
		return nil, fmt.Errorf("nexo.encryptionKey of %s: %w", tid, err)
	}
	return []adyen.EncryptionKey{{Identifier: key.Identifier, Version: key.Version, Passphrase: key.Passphrase}}, nil
}
