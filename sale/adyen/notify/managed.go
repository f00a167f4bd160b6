package notify

import (
	"encoding/json"
	"fmt"
	"strconv"

	"kassa/estate"
	"kassa/journal"
)

// management is a notification about the estate.
type management struct {
	Type        string `json:"type"`
	Environment string `json:"environment"`
	CreatedAt   string `json:"createdAt"`
	Data        place  `json:"data"`
}

// place is what of the estate it is about.
type place struct {
	CompanyID        string `json:"companyId,omitempty"`
	MerchantID       string `json:"merchantId,omitempty"`
	StoreID          string `json:"storeId,omitempty"`
	TerminalID       string `json:"terminalId,omitempty"`
	UniqueTerminalID string `json:"uniqueTerminalId,omitempty"`
	UpdateSource     string `json:"updateSource,omitempty"`
	User             string `json:"user,omitempty"`
}

// assignment is the one notification that has no type.
type assignment struct {
	Account      string `json:"assignedToAccount"`
	Store        string `json:"assignedToStore,omitempty"` // the merchant's reference
	StoreID      string `json:"assignedToStoreId,omitempty"`
	EventDate    string `json:"eventDate"`
	PSPReference string `json:"pspReference"`
	Terminal     string `json:"uniqueTerminalId"`
}

// The types of notifications about the estate.
const (
	settingsModified    = "terminalSettings.modified"
	boardingTriggered   = "terminalBoarding.triggered"
	assignmentCompleted = "terminalAssignment.completed"
)

// managed renders what a fact of the estate tells.
func (n *Notifier) managed(e journal.Entry) ([]Notice, error) {
	switch e.Kind {
	case "SettingsChanged":
		return n.settings(e)
	case "TerminalActivated", "TerminalMoved":
	default:
		return nil, nil
	}
	var f struct {
		TID       string `json:"tid"`
		Group     string `json:"group"`
		Shop      string `json:"shop"`
		Inventory bool   `json:"inventory"`
	}
	if err := json.Unmarshal(e.Payload, &f); err != nil {
		return nil, fmt.Errorf("notify: %s: %w", e.Kind, err)
	}
	t, ok := n.Directory.Terminal(f.TID)
	if !ok || t.POIID == "" {
		return nil, nil // a place without a device is no terminal to Adyen
	}
	account, _ := n.Directory.Account(t.Account)
	if e.Kind == "TerminalActivated" {
		return n.tell(e, account, t.Group, estate.EndpointBoarding, boardingTriggered, management{
			Type: boardingTriggered, Environment: n.Environment, CreatedAt: eventDate(e.At),
			Data: place{CompanyID: account.Company, MerchantID: account.Merchant, StoreID: t.Shop, UniqueTerminalID: t.POIID},
		})
	}
	shop, _ := n.Directory.Shop(f.Shop)
	return n.tell(e, account, f.Group, estate.EndpointAssignment, assignmentCompleted, assignment{
		Account: account.Merchant, Store: shop.Reference, StoreID: shop.ID, EventDate: eventDate(e.At),
		PSPReference: "KASSAE" + fmt.Sprintf("%010s", strconv.FormatUint(e.Seq, 10)), Terminal: t.POIID,
	})
}

func (n *Notifier) tell(e journal.Entry, a estate.Account, group, kind, event string, body any) ([]Notice, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("notify: encode %s: %w", event, err)
	}
	return n.notices(n.wanted(kind, event, a.ID, group), Notice{
		Stream: e.Stream, Event: event, Body: text,
	}), nil
}

// settings renders that settings of an account, shop or terminal were changed. Groups are not of Adyen's tree:
// their settings are those of the merchant account.
func (n *Notifier) settings(e journal.Entry) ([]Notice, error) {
	var f estate.SettingsChanged
	if err := json.Unmarshal(e.Payload, &f); err != nil {
		return nil, fmt.Errorf("notify: %s: %w", e.Kind, err)
	}
	var at place
	account, group := "", ""
	switch f.Owner.Level {
	case estate.LevelAccount:
		account = f.Owner.ID
	case estate.LevelGroup:
		g, _ := n.Directory.Group(f.Owner.ID)
		account, group = g.Account, g.ID
	case estate.LevelShop:
		s, _ := n.Directory.Shop(f.Owner.ID)
		account, at.StoreID = s.Account, s.ID
	case estate.LevelTerminal:
		t, _ := n.Directory.Terminal(f.Owner.ID)
		account, group, at.StoreID, at.TerminalID = t.Account, t.Group, t.Shop, t.POIID
	}
	a, ok := n.Directory.Account(account)
	if !ok {
		return nil, nil
	}
	at.CompanyID, at.MerchantID, at.UpdateSource, at.User = a.Company, a.Merchant, "Customer Area", f.By.Key
	if f.By.Key != "" {
		at.UpdateSource = "Management Api"
	}
	return n.tell(e, a, group, estate.EndpointTerminalSetting, settingsModified, management{
		Type: settingsModified, Environment: n.Environment, CreatedAt: eventDate(e.At), Data: at,
	})
}
