package terminal

import "strings"

// Network is how a terminal reaches the internet.
type Network string

// The networks.
const (
	WiFi Network = "wifi"
	LAN  Network = "lan"
	SIM  Network = "sim"
)

// Model is what terminals of one kind have in common.
type Model struct {
	// Prefix is the first part of the POIID ([model]-[serial]).
	Prefix string `json:"prefix"`
	Name   string `json:"name"`
	// Android terminals have a touch screen with menus and apps; the others have a key pad and an
	// admin menu.
	Android bool `json:"android"`
	Printer bool `json:"printer"`
	// Cable tells that power and network come by one cable, and that there is no battery.
	Cable    bool      `json:"cable"`
	Battery  bool      `json:"battery"`
	Networks []Network `json:"networks"`
	// Unattended terminals sell charging points to drivers: a touch screen and a contactless reader, and neither a
	// PIN pad nor a printer nor staff.
	Unattended bool `json:"unattended"`
	// Shape is how the page draws it.
	Shape string `json:"shape"`
	// Keyboard tells that text can be typed from the first day. The Smartpad's keyboard on the screen is
	// off until somebody asks for it.
	Keyboard bool `json:"keyboard"`
}

// Models lists the kinds of terminal. The first is what an unknown prefix is taken for.
func Models() []Model {
	return []Model{
		{Prefix: "P2", Name: "Sunmi P2", Android: true, Printer: true, Battery: true, Networks: []Network{WiFi, SIM}, Shape: "tall", Keyboard: true},
		{Prefix: "P2SE", Name: "Sunmi P2 SE", Android: true, Battery: true, Networks: []Network{WiFi, SIM}, Shape: "slim", Keyboard: true},
		{Prefix: "P2PAD", Name: "Sunmi P2 Smartpad", Android: true, Cable: true, Networks: []Network{LAN, WiFi}, Shape: "pad"},
		{Prefix: "P3MIX", Name: "Sunmi P3 MIX", Android: true, Printer: true, Battery: true, Networks: []Network{WiFi, LAN, SIM}, Shape: "desk", Keyboard: true},
		{Prefix: "CTAP", Name: "CTAP terminal", Printer: true, Networks: []Network{LAN, WiFi}, Shape: "classic", Keyboard: true},
		{Prefix: "V400M", Name: "V400m", Printer: true, Battery: true, Networks: []Network{WiFi, SIM}, Shape: "classic", Keyboard: true},
		{Prefix: "EV1", Name: "EV1 unattended", Unattended: true, Cable: true, Networks: []Network{LAN, SIM}, Shape: "post"},
	}
}

// ModelOf is the model of a POIID.
func ModelOf(poiid string) Model {
	prefix, _, _ := strings.Cut(poiid, "-")
	models := Models()
	for _, m := range models {
		if strings.EqualFold(m.Prefix, prefix) {
			return m
		}
	}
	return models[0]
}

func (m *Machine) model() Model { return ModelOf(m.cfg.POIID) }
