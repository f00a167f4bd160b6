package terminal

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kassa/poilink"
	"kassa/virtual/terminal/words"
)

// Managed is what the administrator set from the cloud.
type Managed struct {
	Version uint64 `json:"version"`
	// Names are the settings of the cloud that were taken. What is secret is not kept in clear.
	Names map[string]json.RawMessage `json:"names,omitempty"`
	// Own is what they come to among the terminal's own settings; while it is there nobody changes those by hand.
	Own     map[string]string `json:"own,omitempty"`
	Refused map[string]string `json:"refused,omitempty"`
}

// What the administrator sets beside the settings of the menus.
const (
	keptAPI       = "apiEnabled"
	keptWebSocket = "webSocketEnabled"
	keptDeveloper = "developer"
	keptHeader1   = "header1"
	keptHeader2   = "header2"
	keptSlogan    = "slogan"
	keptEvents    = "events" // notifications are wanted
	keptSteps     = "steps"  // the steps of a payment are wanted
	keptNotify    = "notify" // what the idle screen offers: a Notification
	keptPrint     = "print:" // with the name of a flag of receiptPrinting
)

// maskedValue stands for a secret.
const maskedValue = `"***"`

// takeSettings makes the cloud's settings the terminal's. An older version is nothing new, and a repeat gets
// the same answer.
func (m *Machine) takeSettings(s poilink.Settings) {
	if m.d.Managed != nil && s.Version < m.d.Managed.Version {
		return
	}
	before := m.d.Managed
	if before == nil || s.Version > before.Version {
		next := &Managed{
			Version: s.Version, Names: map[string]json.RawMessage{}, Own: map[string]string{}, Refused: map[string]string{},
		}
		for _, name := range slices.Sorted(maps.Keys(s.Values)) {
			own, problem := m.takeSetting(name, s.Values[name])
			if problem != "" {
				next.Refused[name] = problem
				continue
			}
			next.Names[name] = s.Values[name]
			if strings.HasPrefix(name, "passcodes.") {
				next.Names[name] = json.RawMessage(maskedValue)
			}
			maps.Copy(next.Own, own)
		}
		if next.Own[keptDeveloper] == on {
			m.develop()
		}
		cloud, network := m.is(setCloudMode), m.setting(setLanguage)
		m.persist(Record{Kind: RecordManaged, Managed: next})
		if string(s.Values["device.cloudMode"]) == "true" && before != nil && before.Own[setCloudMode] == off {
			m.keep(setCloudMode, on) // it was taken back
		}
		if m.v.on && m.v.stage == stageNone && m.v.screen.Name != ScreenActivation && (m.v.place == nil || m.v.place.page == pageHome || cloud != m.is(setCloudMode) || network != m.setting(setLanguage)) {
			m.settledScreen()
		}
		if cloud != m.is(setCloudMode) {
			m.tellReport()
		}
	}
	m.tellApplied()
}

// settledScreen shows a resting screen anew; a result or a text of the register stays.
func (m *Machine) settledScreen() {
	if n := m.v.screen.Name; n == ScreenIdle || n == ScreenHome || n == ScreenMenu || n == ScreenEntry || n == ScreenManagerPIN {
		m.rest()
	}
}

func (m *Machine) tellApplied() {
	a := poilink.SettingsApplied{Version: m.d.Managed.Version, Values: maps.Clone(m.d.Managed.Names), Refused: m.d.Managed.Refused}
	if a.Values == nil {
		a.Values = map[string]json.RawMessage{}
	}
	if _, no := a.Refused["localization.language"]; no {
		a.Values["localization.language"] = json.RawMessage(strconv.Quote(m.setting(setLanguage)))
	}
	if raw, err := json.Marshal(a); err != nil || len(raw) > poilink.MaxFrame/2 {
		a.Values = map[string]json.RawMessage{} // the cloud knows what it sent
	}
	m.up(poilink.Frame{Type: poilink.TypeSettingsApplied, SettingsApplied: &a})
}

// administered tells whether a setting may not be changed by hand.
func (m *Machine) administered(id string) bool {
	if m.d.Managed == nil {
		return false
	}
	_, ok := m.d.Managed.Own[id]
	return ok
}

// takeSetting maps a setting of the cloud to the terminal's own, or says why it is not taken.
func (m *Machine) takeSetting(name string, value json.RawMessage) (own map[string]string, problem string) {
	if id, ok := flagSettings()[name]; ok {
		return takeFlag(id, value)
	}
	if flag, ok := strings.CutPrefix(name, "receiptPrinting."); ok {
		return takeFlag(keptPrint+flag, value)
	}
	switch name {
	case "device.cloudMode": // true is the rule, which the PIN may break; false holds
		own, problem = takeFlag(setCloudMode, value)
		if own[setCloudMode] == on {
			own = nil
		}
		return own, problem
	case "localization.language":
		return takeLanguage(value)
	case "gratuities":
		return takeGratuities(value)
	case "nexo.displayUrls":
		return map[string]string{keptSteps: filled(value)}, ""
	case "nexo.eventUrls", "nexo.nexoEventUrls":
		return map[string]string{keptEvents: filled(value)}, ""
	case "nexo.notification":
		return takeNotification(value)
	}
	return m.takeText(name, value)
}

// flagSettings are the settings that are true or false, with the terminal's own name of each.
func flagSettings() map[string]string {
	return map[string]string{
		"cloud.apiEnabled": keptAPI, "cloud.webSocketEnabled": keptWebSocket, "device.developerMode": keptDeveloper,
		"refunds.referenced.enableStandaloneRefunds":     setRefunds,
		"refunds.unreferenced.enableUnreferencedRefunds": setUnreferenced,
	}
}

func takeFlag(id string, value json.RawMessage) (map[string]string, string) {
	switch string(value) {
	case "true":
		return map[string]string{id: on}, ""
	case "false":
		return map[string]string{id: off}, ""
	}
	return nil, "must be true or false"
}

func (m *Machine) takeText(name string, value json.RawMessage) (map[string]string, string) {
	ids := map[string]string{
		"receiptOptions.headerLine1": keptHeader1, "receiptOptions.headerLine2": keptHeader2,
		"signature.deviceSlogan": keptSlogan, "passcodes.adminMenuPin": keptPIN,
	}
	id, ok := ids[name]
	var text string
	switch {
	case !ok:
		return nil, "no effect on this terminal"
	case json.Unmarshal(value, &text) != nil:
		return nil, "must be text"
	case id == keptPIN && (text == "" || len(text) > longPIN || strings.Trim(text, "0123456789") != ""):
		return nil, "must be 1 to 6 digits"
	case id == keptPIN:
		text = m.pinPrint(text)
	}
	return map[string]string{id: clip(text, maxLabel)}, ""
}

func takeLanguage(value json.RawMessage) (map[string]string, string) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return nil, "must be text"
	}
	code, _, _ := strings.Cut(strings.ReplaceAll(text, "_", "-"), "-")
	if !slices.Contains(words.Languages(), code) {
		return nil, clip(text, 20) + " is not a language of this terminal"
	}
	return map[string]string{setLanguage: code}, ""
}

// takeGratuities reads Adyen's list: a tip is asked for where there is an entry for the currency, in per cent
// or in minor units.
func takeGratuities(value json.RawMessage) (map[string]string, string) {
	var list []struct {
		Currency     string   `json:"currency"`
		Predefined   bool     `json:"usePredefinedTipEntries"`
		Entries      []string `json:"predefinedTipEntries"`
		AllowsCustom bool     `json:"allowCustomAmount"`
	}
	if json.Unmarshal(value, &list) != nil {
		return nil, "must be a list of gratuities"
	}
	if len(list) == 0 {
		return map[string]string{setTipping: off}, ""
	}
	g := list[0]
	for _, other := range list {
		if other.Currency == "EUR" {
			g = other
			break
		}
	}
	own := map[string]string{setTipping: on}
	if !g.Predefined {
		return own, ""
	}
	var tips []string
	for _, e := range g.Entries {
		if n := number(e); n > 0 {
			e = strconv.Itoa(n/100) + "." + strconv.Itoa(n/10%10) + strconv.Itoa(n%10)
		}
		tips = append(tips, e)
	}
	if _, err := suggestions(strings.Join(tips, ","), 0); err != nil {
		return nil, "predefinedTipEntries: " + err.Error()
	}
	own[setTips] = strings.Join(tips, ",")
	return own, ""
}

// filled tells whether anything is set in a value.
func filled(value json.RawMessage) string {
	if strings.ContainsAny(strings.NewReplacer("null", "", "localUrls", "", "publicUrls", "", "eventLocalUrls", "", "eventPublicUrls", "").Replace(string(value)), "abcdefghijklmnopqrstuvwxyz") {
		return on
	}
	return off
}
