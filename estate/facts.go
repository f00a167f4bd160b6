package estate

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The facts of the estate. The journal keeps each as JSON under the name of its type; an activation
// code or a key is in none.

// AccountMade is the first fact of an account.
type AccountMade struct {
	Account Account `json:"account"`
}

// AccountChanged tells what an account is from now on.
type AccountChanged struct {
	Account Account `json:"account"`
}

// ShopMade is the first fact of a shop.
type ShopMade struct {
	Shop Shop `json:"shop"`
}

// ShopChanged tells what a shop is from now on.
type ShopChanged struct {
	Shop Shop `json:"shop"`
}

// GroupMade is the first fact of a terminal group.
type GroupMade struct {
	Group Group `json:"group"`
}

// GroupChanged tells what a terminal group is from now on.
type GroupChanged struct {
	Group Group `json:"group"`
}

// TerminalBoarded makes a place for a POI, with an activation code.
type TerminalBoarded struct {
	TID      string   `json:"tid"`
	Group    string   `json:"group"`
	Shop     string   `json:"shop,omitempty"`
	Name     string   `json:"name"`
	Provider Provider `json:"provider,omitempty"`
}

// ActivationCodeRenewed voids a terminal's activation code for a new one.
type ActivationCodeRenewed struct {
	TID string `json:"tid"`
}

// TerminalRetired takes a terminal out of use, with the device that was bound to it.
type TerminalRetired struct {
	TID   string `json:"tid"`
	POIID string `json:"poiid,omitempty"`
}

// DeviceBoarded makes a POI known by its serial.
type DeviceBoarded struct {
	POIID   string `json:"poiid"`
	Account string `json:"account,omitempty"`
}

// DeviceKeyPinned ties a device to the key that it proved at its first link.
type DeviceKeyPinned struct {
	POIID string `json:"poiid"`
	// Fingerprint is the beginning of the SHA-256 of the public key, hex.
	Fingerprint string `json:"fingerprint"`
}

// DeviceNumberTaken tells that a number was spent on an initial key, which may never arrive.
type DeviceNumberTaken struct {
	POIID  string `json:"poiid"`
	Number uint32 `json:"number"`
}

// KeyInjected tells that an initial key is on its way to a device.
type KeyInjected struct {
	POIID  string `json:"poiid"`
	Number uint32 `json:"number"`
	IKID   string `json:"ikid"`
	KCV    string `json:"kcv"`
}

// KeysConfirmed tells that the device has loaded that key: the IPEK is configured.
type KeysConfirmed struct {
	POIID string `json:"poiid"`
	IKID  string `json:"ikid"`
}

// KeysMismatched tells that a device reported another key than the one it was sent.
type KeysMismatched struct {
	POIID    string `json:"poiid"`
	IKID     string `json:"ikid"`
	Reported string `json:"reported"`
}

// TerminalActivated binds a device to a terminal.
type TerminalActivated struct {
	TID   string `json:"tid"`
	POIID string `json:"poiid"`
}

// ActivationRefused tells why a device was not bound.
type ActivationRefused struct {
	POIID string `json:"poiid"`
	// TID is the terminal that the code was of; empty for a code of none.
	TID        string      `json:"tid,omitempty"`
	Reason     RefusalCode `json:"reason"`
	WrongCodes int         `json:"wrongCodes,omitempty"`
}

// TerminalMoved gives a terminal another place in its account.
type TerminalMoved struct {
	TID       string `json:"tid"`
	Group     string `json:"group"`
	Shop      string `json:"shop,omitempty"`
	FromGroup string `json:"fromGroup,omitempty"`
	From      string `json:"fromShop,omitempty"`
	Inventory bool   `json:"inventory,omitempty"`
	By        string `json:"by,omitempty"`
}

// TerminalUnbound takes a device from its terminal; the device forgets who it was.
type TerminalUnbound struct {
	TID   string `json:"tid"`
	POIID string `json:"poiid"`
	By    string `json:"by,omitempty"`
}

// TerminalBlocked lets a terminal take no payments.
type TerminalBlocked struct {
	TID string `json:"tid"`
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"`
}

// TerminalUnblocked lets it take payments again.
type TerminalUnblocked struct {
	TID string `json:"tid"`
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"`
}

// DeveloperModeSet tells that a device went into developer mode. TID is empty for one that is bound to no terminal.
type DeveloperModeSet struct {
	TID   string `json:"tid,omitempty"`
	POIID string `json:"poiid,omitempty"`
	On    bool   `json:"on"`
	By    string `json:"by,omitempty"`
}

// DeviceTampered is an alarm of a device's sensors; its initial key counts no more.
type DeviceTampered struct {
	POIID string `json:"poiid"`
	What  string `json:"what,omitempty"`
}

// TamperCleared tells that a device was inspected. It needs a new initial key.
type TamperCleared struct {
	POIID string `json:"poiid"`
	By    string `json:"by,omitempty"`
}

// DeviceReturned takes a device out of use, to be sent back.
type DeviceReturned struct {
	POIID string `json:"poiid"`
	Case  string `json:"case"`
	By    string `json:"by,omitempty"`
	Why   string `json:"why,omitempty"`
}

// DeviceRepaired brings a device back that was sent back.
type DeviceRepaired struct {
	POIID string `json:"poiid"`
	By    string `json:"by,omitempty"`
}

// DeviceReplaced puts a device in the place of another one at a terminal.
type DeviceReplaced struct {
	TID   string `json:"tid"`
	POIID string `json:"poiid"`
	Old   string `json:"old"`
	By    string `json:"by,omitempty"`
}

// DeviceRetired takes a device out of use that another one has replaced.
type DeviceRetired struct {
	POIID string `json:"poiid"`
	By    string `json:"by,omitempty"`
}

// KeyInjectionAsked tells that somebody wants a new initial key for a device.
type KeyInjectionAsked struct {
	POIID string `json:"poiid"`
	By    string `json:"by,omitempty"`
}

// KeyInjectionFailed tells why a device has no new initial key.
type KeyInjectionFailed struct {
	POIID  string           `json:"poiid"`
	Reason InjectionFailure `json:"reason"`
}

// DeviceAssigned puts a device into the stock of an account, or of the operator.
type DeviceAssigned struct {
	POIID   string `json:"poiid"`
	Account string `json:"account,omitempty"`
	By      string `json:"by,omitempty"`
}

// KeyMade makes an API key.
type KeyMade struct {
	ID       string       `json:"id,omitempty"`
	Account  string       `json:"account"`
	Group    string       `json:"group,omitempty"`
	Role     Role         `json:"role"`
	Name     string       `json:"name,omitempty"`
	Only     []Permission `json:"only,omitempty"`
	Networks []string     `json:"networks,omitempty"`
	Expires  time.Time    `json:"expires,omitzero"`
	Replaces string       `json:"replaces,omitempty"`
	Hint     string       `json:"hint"`
	By       string       `json:"by,omitempty"`
}

// KeyRevoked ends an API key at once.
type KeyRevoked struct {
	ID string `json:"id"`
	By string `json:"by,omitempty"`
}

// KeyRotated tells when a key that has a successor expires.
type KeyRotated struct {
	ID        string    `json:"id"`
	Successor string    `json:"successor"`
	Expires   time.Time `json:"expires"`
	By        string    `json:"by,omitempty"`
}

// KeyUsed tells that a key was in use; not every use is written down.
type KeyUsed struct {
	ID   string `json:"id"`
	From string `json:"from,omitempty"`
}

// SettingsChanged tells which settings of a level were set or left to the level above. Values of
// secrets are masked.
type SettingsChanged struct {
	Owner Owner                      `json:"owner"`
	Set   map[string]json.RawMessage `json:"set,omitempty"`
	Unset []string                   `json:"unset,omitempty"`
	By    Actor                      `json:"by"`
}

// SettingsReported tells what a terminal did with settings that it was sent.
type SettingsReported struct {
	TID     string            `json:"tid"`
	Version uint64            `json:"version"`
	Refused map[string]string `json:"refused,omitempty"`
}

// SettingWished asks the operator for a setting that only he may change.
type SettingWished struct {
	Wish Wish `json:"wish"`
}

// SettingWishDecided tells what the operator said.
type SettingWishDecided struct {
	Wish Wish `json:"wish"`
}

// LinkUp tells that a POI opened a link. With an older one still open, it replaced that.
type LinkUp struct {
	POIID    string `json:"poiid"`
	Epoch    uint64 `json:"epoch"`
	Software string `json:"software,omitempty"`
}

// LinkDown tells that a POI has no link any more. A LinkDown of an older epoch than the last LinkUp
// says nothing about the present.
type LinkDown struct {
	POIID  string `json:"poiid"`
	Epoch  uint64 `json:"epoch"`
	Reason string `json:"reason"`
}

// CloneSuspected is an alarm: two links with a device's key were alive at once, so that somebody may have
// copied it. The addresses are those of a proxy where there is one.
type CloneSuspected struct {
	POIID        string `json:"poiid"`
	Epoch        uint64 `json:"epoch"`      // of the newer link
	OlderEpoch   uint64 `json:"olderEpoch"` // of the one that it replaced
	Address      string `json:"address,omitempty"`
	OlderAddress string `json:"olderAddress,omitempty"`
}

// factKind is the name under which a fact is kept.
func factKind(body any) string {
	name := fmt.Sprintf("%T", body)
	return name[strings.LastIndexByte(name, '.')+1:]
}
