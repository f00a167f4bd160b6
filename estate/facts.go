package estate

import (
	"fmt"
	"strings"
)

// The facts of the estate. The journal keeps each as JSON under the name of its type; an activation
// code or a key is in none.

// AccountMade is the first fact of an account.
type AccountMade struct {
	Account Account `json:"account"`
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
	POIID string `json:"poiid"`
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
	POIID      string      `json:"poiid"`
	Reason     RefusalCode `json:"reason"`
	WrongCodes int         `json:"wrongCodes,omitempty"`
}

// KeyMade makes an API key.
type KeyMade struct {
	Account string `json:"account"`
	Group   string `json:"group,omitempty"`
	Role    Role   `json:"role"`
	Hint    string `json:"hint"`
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

// factKind is the name under which a fact is kept.
func factKind(body any) string {
	name := fmt.Sprintf("%T", body)
	return name[strings.LastIndexByte(name, '.')+1:]
}
