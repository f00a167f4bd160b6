package terminal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kassa/virtual/terminal/words"
)

// SettingKind is how a setting is changed.
type SettingKind string

// The kinds of setting.
const (
	Toggle SettingKind = "toggle" // on or off
	Choice SettingKind = "choice" // one of Choices
	Text   SettingKind = "text"
	Number SettingKind = "number" // 0 to 600
)

// Setting is one row of the terminal's settings.
type Setting struct {
	ID      string      `json:"id"`
	Page    string      `json:"page"` // where in the settings it stands
	Label   string      `json:"label"`
	Kind    SettingKind `json:"kind"`
	Value   string      `json:"value"`
	Choices []string    `json:"choices,omitempty"`
	// Effect is false where the virtual terminal has nothing that the setting could change.
	Effect bool `json:"effect"`
}

// The settings that the rest of the device asks for.
const (
	setCloudMode     = "cloudMode"
	setManual        = "manualInput"
	setTipping       = "tipping"
	setTips          = "tips"
	setEmployees     = "employees"
	setAutoPrint     = "autoPrint"
	setManualReceipt = "manualReceipt"
	setItems         = "displayItems"
	setInsertOrder   = "insertOrder"
	setRefunds       = "allowRefunds"
	setCardCheck     = "allowCardCheck"
	setUnreferenced  = "unreferencedRefunds"
	setClose         = "closeTimeout"
	setCancelButton  = "cancelButton"
	setLanguage      = "language"
	setPrinter       = "externalPrinter"
	setNetwork       = "network"
	setKeyboard      = "keyboard"
	on               = "on"
	off              = "off"

	// What is kept beside them.
	keptPIN   = "pin"      // keyed hash
	keptWrong = "pinWrong" // wrong PINs in a row
	keptLock  = "pinLock"  // no PIN is looked at before
)

// catalogue is the settings of a model with their first values. It is a table of data.
func catalogue(m Model) []Setting {
	onOff := []string{on, off}
	var networks []string
	for _, n := range m.Networks {
		networks = append(networks, string(n))
	}
	printers := []string{"", "kitchen"}
	list := []Setting{
		{setItems, "global", "Display items", Toggle, on, onOff, true},
		{setTipping, "global", "Tipping", Toggle, off, onOff, true},
		{setTips, "global", "Suggested tips", Text, "5%,10%,15%", nil, true},
		{setEmployees, "global", "Employees", Text, "", nil, true},
		{setManualReceipt, "global", "Print or e-mail receipt", Toggle, on, onOff, true},
		{setAutoPrint, "global", "Auto-print", Toggle, on, onOff, m.Printer},
		{"hideLogo", "global", "Hide logo", Toggle, off, onOff, false},
		{setInsertOrder, "payment", "Insert order", Toggle, off, onOff, true},
		{setRefunds, "payment", "Allow refunds", Toggle, off, onOff, true},
		{setCardCheck, "payment", "Allow zero amount", Toggle, off, onOff, true},
		{setCloudMode, "payment", "Cloud mode", Toggle, on, onOff, true},
		{setManual, "payment", "Manual input", Toggle, off, onOff, true},
		{"methods", "payment", "Additional payment methods", Toggle, off, onOff, false},
		{setClose, "payment", "Close timeout", Number, "5", nil, true},
		{"changeMethod", "payment", "Change payment method", Toggle, off, onOff, false},
		{setUnreferenced, "payment", "Unreferenced refunds", Toggle, off, onOff, true},
		{"recurring", "payment", "Recurring payment", Toggle, off, onOff, false},
		{setCancelButton, "navigation", "Cancel button", Toggle, on, onOff, true},
		{"systemNavigation", "navigation", "System navigation", Toggle, on, onOff, false},
		{setLanguage, "language", "Language", Choice, words.English, words.Languages(), true},
		{setPrinter, "printer", "External printer", Choice, "", printers, true},
		{setNetwork, "network", "Network", Choice, networks[0], networks, true},
	}
	if !m.Keyboard {
		list = append(list, Setting{setKeyboard, "global", "Virtual keyboard", Toggle, off, onOff, true})
	}
	if !m.Android { // no system beneath the payment program
		list = slices.DeleteFunc(list, func(s Setting) bool { return s.Page == "navigation" || s.ID == "methods" })
	}
	return list
}

// settings are the model's with their present values.
func (m *Machine) settings() []Setting {
	list := catalogue(m.model())
	for i, s := range list {
		list[i].Value = m.setting(s.ID)
	}
	return list
}

func (m *Machine) setting(id string) string {
	if m.d.Managed != nil {
		if v, ok := m.d.Managed.Own[id]; ok {
			return v
		}
	}
	if v, ok := m.d.Settings[id]; ok {
		return v
	}
	for _, s := range catalogue(m.model()) {
		if s.ID == id {
			return s.Value
		}
	}
	return ""
}

func (m *Machine) is(id string) bool { return m.setting(id) == on }

// say is a text of the device in the language that is set. Its English is its name.
func (m *Machine) say(text string, args ...any) string {
	return words.Say(m.language(), text, args...)
}

// keep writes a setting, or what is kept beside them, down.
func (m *Machine) keep(id, value string) {
	if m.d.Settings[id] != value {
		m.persist(Record{Kind: RecordSetting, Setting: id, Value: value})
	}
}

// set changes a setting, or says why not.
func (m *Machine) set(id, value string) string {
	list := m.settings()
	i := slices.IndexFunc(list, func(s Setting) bool { return s.ID == id })
	if i < 0 {
		return fmt.Sprintf("no setting %q on this model", id)
	}
	s := list[i]
	if problem := s.accepts(value); problem != "" {
		return problem
	}
	if m.administered(id) {
		return m.say("Set by the administrator")
	}
	if (id == setCloudMode || id == setManual) && (m.d.Open != nil || m.d.Asked != nil) {
		return id + ": not while a payment is on the screen"
	}
	m.keep(id, value)
	switch {
	case id == setCloudMode, id == setManual, id == setClose, id == setRefunds:
		m.tellReport()
	case id == setNetwork && s.Value != value && m.v.on:
		m.dropLink()
	case id == setPrinter:
		m.paperIn()
	}
	return ""
}

func (s Setting) accepts(value string) string {
	switch s.Kind {
	case Toggle, Choice:
		if !slices.Contains(s.Choices, value) {
			return fmt.Sprintf("%s: must be one of %q", s.ID, s.Choices)
		}
	case Number:
		if n, err := strconv.Atoi(value); err != nil || n < 0 || n > 600 {
			return s.ID + ": must be a number from 0 to 600"
		}
	case Text:
		if len(value) > maxDescription || !printable(value) {
			return fmt.Sprintf("%s: must be text of at most %d bytes", s.ID, maxDescription)
		}
	}
	if s.ID == setTips {
		if _, err := suggestions(value, 0); err != nil {
			return s.ID + ": " + err.Error()
		}
	}
	if s.ID == setEmployees {
		if _, err := employees(value); err != nil {
			return s.ID + ": " + err.Error()
		}
	}
	return ""
}

// own tells whether the terminal shows only what is started on it.
func (m *Machine) own() bool { return !m.is(setCloudMode) || m.is(setManual) }

// closeAfter is how long a result stays; 0 is until somebody closes it.
func (m *Machine) closeAfter() time.Duration {
	n, err := strconv.Atoi(m.setting(setClose))
	if err != nil {
		return endShown
	}
	return time.Duration(n) * time.Second
}

// The manager's PIN.
const (
	firstPIN    = "1324"
	managerPIN  = 4 // digits
	longPIN     = 6 // digits of one that the administrator sets
	mostWrong   = 5
	pinLockTime = 15 * time.Minute
)

// pinPrint is a keyed hash: the journal holds no PIN, not even the manager's.
func (m *Machine) pinPrint(pin string) string {
	h := hmac.New(sha256.New, m.cfg.Secret[:])
	h.Write([]byte("manager PIN\n" + pin))
	return hex.EncodeToString(h.Sum(nil))
}

// pinProblem looks at a manager's PIN. Wrong ones are counted in the journal, so that a power cut
// gives no more tries.
func (m *Machine) pinProblem(pin string) string {
	if lock, err := time.Parse(time.RFC3339, m.d.Settings[keptLock]); err == nil && m.now.Before(lock) {
		return m.say("Too many wrong PINs. Wait 15 minutes")
	}
	right := m.setting(keptPIN)
	if right == "" {
		right = m.pinPrint(firstPIN)
	}
	if hmac.Equal([]byte(right), []byte(m.pinPrint(pin))) {
		m.keep(keptWrong, "")
		return ""
	}
	wrong, _ := strconv.Atoi(m.d.Settings[keptWrong])
	if wrong++; wrong < mostWrong {
		m.keep(keptWrong, strconv.Itoa(wrong))
		return m.say("Wrong PIN. %d tries left", mostWrong-wrong)
	}
	m.keep(keptLock, m.now.Add(pinLockTime).UTC().Format(time.RFC3339))
	m.keep(keptWrong, "")
	return m.say("Too many wrong PINs. Wait 15 minutes")
}

func validPIN(pin string) bool {
	return len(pin) == managerPIN && strings.Trim(pin, "0123456789") == ""
}
