package estate_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"kassa/estate"

	"github.com/google/go-cmp/cmp"
)

var (
	admin    = estate.Actor{Key: "key_1", Role: estate.RoleAdmin}
	operator = estate.Actor{Key: "key_0", Role: estate.RoleOperator}
)

func (w *world) set(at estate.Owner, name, value string) error {
	return w.ChangeSettings(noon, at, map[string]json.RawMessage{name: json.RawMessage(value)}, nil, admin)
}

func (w *world) effective(at estate.Owner, name string) (string, estate.Owner) {
	w.t.Helper()
	for _, v := range w.Effective(at) {
		if v.Name == name {
			return string(v.Value), v.Origin
		}
	}
	return "", estate.Owner{}
}

func TestSettingsAreInherited(t *testing.T) {
	w := newWorld(t)
	s := w.shop("damrak")
	term, _ := w.board("Counter")
	must(t, w.MoveTerminal(noon, term.TID, estate.Place{Group: w.group.ID, Shop: s.ID}, ""))
	const name = "localization.language"
	at := estate.Owner{Level: estate.LevelTerminal, ID: term.TID}
	chain := []estate.Owner{
		{Level: estate.LevelAccount, ID: w.group.Account}, {Level: estate.LevelGroup, ID: w.group.ID}, {Level: estate.LevelShop, ID: s.ID}, at,
	}
	languages := []string{`"en"`, `"nl"`, `"fr"`, `"it"`}
	if got, origin := w.effective(at, "hardware.restartHour"); got != "6" || origin.Level != estate.LevelDefault {
		t.Errorf("the default: %s of %v", got, origin)
	}
	last, _ := w.Desired(term.TID)
	for i, owner := range chain {
		must(t, w.set(owner, name, languages[i]))
		version, values := w.Desired(term.TID)
		if got, origin := w.effective(at, name); got != languages[i] || origin != owner || string(values[name]) != languages[i] || version <= last {
			t.Errorf("set at %v: %s of %v; version %d after %d", owner, got, origin, version, last)
		}
		last = version
	}
	w.Registry = openOn(t, w.store)
	for i, owner := range slices.Backward(chain) {
		if got, origin := w.effective(at, name); got != languages[i] || origin != owner {
			t.Errorf("before it is unset at %v: %s of %v", owner, got, origin)
		}
		must(t, w.ChangeSettings(noon, owner, nil, []string{name}, admin))
		if version, _ := w.Desired(term.TID); version <= last {
			t.Errorf("unset at %v: version %d after %d", owner, version, last)
		} else {
			last = version
		}
	}
	if got, _ := w.effective(at, name); got != "" {
		t.Errorf("set by nobody: %s", got)
	}
	other, err := w.MakeGroup(noon, estate.Group{Account: w.group.Account, Name: "Utrecht"})
	must(t, err)
	must(t, w.MoveTerminal(noon, term.TID, estate.Place{Group: other.ID}, ""))
	if version, _ := w.Desired(term.TID); version <= last {
		t.Errorf("moved: version %d after %d", version, last)
	}
	if got := w.TerminalsUnder(estate.Owner{Level: estate.LevelGroup, ID: other.ID}); !slices.Equal(got, []string{term.TID}) {
		t.Errorf("terminals under the group: %v", got)
	}
}

// TestWhatATerminalNeedsToKnow of where its notifications go: that there is an address, and no password.
func TestWhatATerminalNeedsToKnow(t *testing.T) {
	w := newWorld(t)
	term, _ := w.board("Counter")
	at := estate.Owner{Level: estate.LevelTerminal, ID: term.TID}
	must(t, w.set(at, "nexo.eventUrls", `{"eventPublicUrls":[{"url":"https://till.example/e","username":"u","password":"p4ss"}]}`))
	must(t, w.set(at, "nexo.encryptionKey", `{"identifier":"k","passphrase":"long enough","version":1}`))
	_, values := w.Desired(term.TID)
	if got := string(values["nexo.eventUrls"]); !strings.Contains(got, "till.example") || strings.Contains(got, "p4ss") || values["nexo.encryptionKey"] != nil {
		t.Errorf("%s", values)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	at := estate.Owner{Level: estate.LevelGroup, ID: w.group.ID}
	before := len(w.facts())
	for name, values := range map[string][]string{
		"device.cloudMode":                   {`"yes"`, `1`},
		"hardware.restartHour":               {`24`, `-1`, `1.5`, `"6"`},
		"localization.language":              {`"english"`, `1`},
		"localization.timezone":              {`"../../etc"`},
		"passcodes.adminMenuPin":             {`"1234567"`, `"abc"`, `1234`},
		"passcodes.screenLockPin":            {`"123"`},
		"receiptOptions.headerLine1":         {`"` + strings.Repeat("x", 101) + `"`, `{`},
		"gratuities":                         {`{}`, `[{"currency":"eur"}]`, `[{"currency":"EUR","usePredefinedTipEntries":true}]`, `[{"currency":"EUR","allowCustomAmount":true,"predefinedTipEntries":["1","2","3","4"]}]`, `[{"currency":"EUR","predefinedTipEntries":["x"]}]`, `[{"currency":"EUR","more":1}]`},
		"nexo.encryptionKey":                 {`{}`, `{"identifier":"x","passphrase":""}`, `{"identifier":"x","passphrase":"***","version":1}`},
		"nexo.eventUrls":                     {`{"eventPublicUrls":[{"url":"ftp://x"}]}`, `{"eventPublicUrls":[{"url":"https://u:p@x/"}]}`, `[]`},
		"nexo.displayUrls":                   {`{"publicUrls":[{"url":"/x"}]}`},
		"nexo.notification":                  {`{"category":"Other"}`},
		"storeAndForward.maxAmount":          {`[{"amount":-1,"currencyCode":"EUR"}]`, `[{"amount":1,"currencyCode":"euro"}]`},
		"storeAndForward.supportedCardTypes": {`{"gold":true}`, `[]`},
		"surcharge.configurations":           {`[{"brand":"visa"}]`, `[{"brand":"visa","currencies":[{"currencyCode":"EUR","percentage":101}]}]`},
		"wifiProfiles.profiles":              {`[{"ssid":"x"}]`, `[{"ssid":"","authType":"wpa2-psk","bssType":"infra","wsec":"auto"}]`, `{}`},
		"wifiProfiles.settings":              {`{"band":"6GHz"}`},
		"payment.hideMinorUnitsInCurrencies": {`["euro"]`},
		"kioskMode.allowedAppsInKioskMode":   {`[""]`},
		"cloud.disabledMethods":              {`["visa"]`, `"VISA"`, `[""]`},
		"payAtTable.paymentInstrument":       {`"Coins"`},
		"connectivity.simcardStatus":         {`"ACTIVATED"`}, // of a terminal only
		"no.such.setting":                    {`true`},
	} {
		for _, value := range values {
			err := w.set(at, name, value)
			var refused *estate.SettingsError
			if !errors.Is(err, estate.ErrInvalid) || !errors.As(err, &refused) || refused.Problems[0].Name != name || refused.Problems[0].Rule == "" {
				t.Errorf("%s = %s: %v", name, value, err)
			}
		}
	}
	for _, d := range estate.Definitions() {
		if err := w.set(at, d.Name, `{"deep":[[[[]]]],"x"`); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("%s = no JSON: %v", d.Name, err)
		}
	}
	err := w.ChangeSettings(noon, at, map[string]json.RawMessage{"localization.language": []byte(`"nl"`), "hardware.restartHour": []byte("99"), "x": nil}, nil, admin)
	var refused *estate.SettingsError
	if !errors.As(err, &refused) || len(refused.Problems) != 2 || len(w.facts()) != before || len(w.SettingsAt(at)) != 0 {
		t.Errorf("one bad of three: %v", err)
	}
	for _, owner := range []estate.Owner{{Level: estate.LevelGroup, ID: "1"}, {Level: "planet", ID: "1"}, {Level: estate.LevelTerminal, ID: "x"}, {}} {
		if err := w.set(owner, "device.cloudMode", "true"); !errors.Is(err, estate.ErrUnknown) {
			t.Errorf("owner %v: %v", owner, err)
		}
	}
}

// everySetting has a value for each setting.
func everySetting() map[string]json.RawMessage {
	objects := map[string]string{
		"gratuities":                         `[{"currency":"EUR","usePredefinedTipEntries":true,"predefinedTipEntries":["5%","500"],"allowCustomAmount":true}]`,
		"connectivity.terminalIPAddressURL":  `{"eventLocalUrls":[],"eventPublicUrls":[{"url":"https://x.example/e","username":"u","password":"p","encrypted":true}]}`,
		"kioskMode.allowedAppsInKioskMode":   `["com.example.till"]`,
		"cloud.disabledMethods":              `["MAESTRO"]`,
		"nexo.displayUrls":                   `{"localUrls":[{"url":"http://10.0.0.1/d","encrypted":false}],"publicUrls":[]}`,
		"nexo.eventUrls":                     `{"eventPublicUrls":[{"url":"https://x.example/e","username":"u","password":"p","encrypted":true}]}`,
		"nexo.nexoEventUrls":                 `["https://x.example/e"]`,
		"nexo.encryptionKey":                 `{"identifier":"mykey","passphrase":"mysupersecretpassphrase","version":1}`,
		"nexo.notification":                  `{"category":"SaleWakeUp","details":"","enabled":true,"showButton":true,"title":"Wake"}`,
		"storeAndForward.maxAmount":          `[{"amount":15000,"currencyCode":"EUR"}]`,
		"storeAndForward.supportedCardTypes": `{"credit":true,"debit":true,"deferredDebit":true,"prepaid":true,"unknown":false}`,
		"payment.hideMinorUnitsInCurrencies": `["JPY"]`,
		"surcharge.configurations":           `[{"brand":"visa","commercial":true,"country":["NL"],"currencies":[{"currencyCode":"EUR","amount":10,"percentage":1.5,"maxAmount":100}],"sources":["Credit"]}]`,
		"wifiProfiles.profiles":              `[{"authType":"wpa2-eap","bssType":"infra","ssid":"shop","wsec":"ccmp","psk":"4R8R2R3V456X","channel":0,"defaultProfile":true,"autoWifi":false,"hiddenSsid":false,"name":"p","eap":"peap","eapIdentity":"i","eapPwd":"secret","eapCaCert":{"data":"MD1rKS05M2JqRVFNQ","name":"ca"},"eapClientKey":{"data":"PRIVATE","name":"k"},"eapClientPwd":"secret"}]`,
		"wifiProfiles.settings":              `{"band":"All","roaming":true,"timeout":5}`,
	}
	set := make(map[string]json.RawMessage)
	for _, d := range estate.Definitions() {
		switch d.Form {
		case estate.FormBool:
			set[d.Name] = []byte("true")
		case estate.FormInt:
			set[d.Name] = []byte("7")
		case estate.FormEnum:
			set[d.Name], _ = json.Marshal(d.Enum[0])
		case estate.FormJSON:
			set[d.Name] = []byte(objects[d.Name])
		case estate.FormText:
			set[d.Name] = []byte(`"7"`)
			for what, value := range map[string]string{"urrency": `"EUR"`, "anguage": `"nl"`, "timezone": `"Europe/Amsterdam"`, "screenLock": `"1234"`} {
				if strings.Contains(d.Name, what) {
					set[d.Name] = []byte(value)
				}
			}
		}
	}
	return set
}

func TestEverySettingOfAdyenCanBeKept(t *testing.T) {
	w := newWorld(t)
	term, _ := w.board("Counter")
	at := estate.Owner{Level: estate.LevelTerminal, ID: term.TID}
	set := everySetting()
	must(t, w.ChangeSettings(noon, at, set, nil, operator))
	for range 2 {
		shown := w.SettingsAt(at)
		for name, value := range set {
			got, origin, ok := w.Setting(at, name)
			if !ok || origin != at || !sameJSON(t, got, value) {
				t.Errorf("%s is %s of %v, want %s", name, got, origin, value)
			}
			if shown[name] == nil {
				t.Errorf("%s is not shown", name)
			}
		}
		w.Registry = openOn(t, w.store)
	}
	kept, err := json.Marshal(w.SettingsAt(at))
	must(t, err)
	streams, err := w.store.Streams("settings", "", 10)
	must(t, err)
	facts, err := json.Marshal(w.facts())
	must(t, err)
	for _, secret := range []string{"mysupersecretpassphrase", "4R8R2R3V456X", `"secret"`, "PRIVATE"} {
		for where, text := range map[string]string{"what is shown": string(kept), "the state": string(streams[0].State), "the facts": string(facts)} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds the secret %s", where, secret)
			}
		}
	}
	// What was shown may be sent back as it is.
	before := len(w.facts())
	must(t, w.ChangeSettings(noon, at, w.SettingsAt(at), nil, operator))
	if len(w.facts()) != before {
		t.Error("sending back what was shown changed something")
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	must(t, json.Unmarshal(a, &x))
	must(t, json.Unmarshal(b, &y))
	return cmp.Equal(x, y)
}

func TestWebSocketIsTheOperators(t *testing.T) {
	w := newWorld(t)
	term, _ := w.board("Counter")
	at := estate.Owner{Level: estate.LevelTerminal, ID: term.TID}
	const name = "cloud.webSocketEnabled"
	if !w.SettingOn(term.TID, name) {
		t.Error("off by default")
	}
	if err := w.set(at, name, "false"); !errors.Is(err, estate.ErrNotAllowed) || !w.SettingOn(term.TID, name) {
		t.Errorf("a merchant sets it: %v", err)
	}
	wish, err := w.AskSetting(noon, term.TID, name, []byte("false"), "key_1")
	must(t, err)
	if again, _ := w.AskSetting(noon, term.TID, name, []byte("false"), "key_1"); again.ID != wish.ID || wish.Status != estate.WishOpen {
		t.Errorf("asked twice: %+v %+v", wish, again)
	}
	before, _ := w.Desired(term.TID)
	w.Registry = openOn(t, w.store)
	got, err := w.DecideWish(noon, wish.ID, true, "key_0")
	must(t, err)
	if after, values := w.Desired(term.TID); got.Status != estate.WishGranted || string(values[name]) != "false" || after <= before || w.SettingOn(term.TID, name) {
		t.Errorf("granted: %+v, %s", got, values[name])
	}
	if _, err := w.DecideWish(noon, wish.ID, false, "key_0"); !errors.Is(err, estate.ErrState) {
		t.Errorf("decided twice: %v", err)
	}
	other, err := w.AskSetting(noon, term.TID, name, []byte("true"), "key_1")
	must(t, err)
	if got, err := w.DecideWish(noon, other.ID, false, "key_0"); err != nil || got.Status != estate.WishRefused || w.SettingOn(term.TID, name) {
		t.Errorf("refused: %+v %v", got, err)
	}
	if list := w.Wishes(w.group.Account); len(list) != 2 || len(w.Wishes("9")) != 0 {
		t.Errorf("wishes: %+v", list)
	}
	for setting, value := range map[string]string{name: `"no"`, "localization.language": `"nl"`, "no.such": "1"} {
		if _, err := w.AskSetting(noon, term.TID, setting, []byte(value), ""); !errors.Is(err, estate.ErrInvalid) {
			t.Errorf("wish for %s = %s: %v", setting, value, err)
		}
	}
}

func TestWhatATerminalReports(t *testing.T) {
	w := newWorld(t)
	term, _ := w.board("Counter")
	if _, ok := w.Reported(term.TID); ok {
		t.Error("reported before it did")
	}
	report := map[string]json.RawMessage{"localization.language": []byte(`"nl"`), "passcodes.adminMenuPin": []byte(`"1234"`), "nonsense": []byte("1")}
	must(t, w.Applied(noon, term.TID, 7, report, map[string]string{"hardware.restartHour": "no clock", "nonsense": "x"}))
	must(t, w.Applied(noon, term.TID, 6, nil, nil))
	before := len(w.facts())
	must(t, w.Applied(noon, term.TID, 7, report, map[string]string{"hardware.restartHour": "no clock"}))
	if len(w.facts()) != before {
		t.Error("the same report again is a fact")
	}
	for range 2 {
		got, ok := w.Reported(term.TID)
		want := map[string]json.RawMessage{"localization.language": []byte(`"nl"`), "passcodes.adminMenuPin": []byte(`"***"`)}
		if !ok || got.Version != 7 || !got.At.Equal(noon) || !cmp.Equal(got.Values, want) || !cmp.Equal(got.Refused, map[string]string{"hardware.restartHour": "no clock"}) {
			t.Errorf("reported: %+v", got)
		}
		w.Registry = openOn(t, w.store)
	}
	if err := w.Applied(noon, "x", 1, nil, nil); !errors.Is(err, estate.ErrUnknown) {
		t.Errorf("a terminal that is not there: %v", err)
	}
}

// TestMethodsThatAreSwitchedOff hold for the terminals below the level where they are.
func TestMethodsThatAreSwitchedOff(t *testing.T) {
	w := newWorld(t)
	term, _ := w.board("Counter")
	if w.MethodDisabled(term.TID, "MAESTRO") {
		t.Error("a brand is switched off that nobody has named")
	}
	must(t, w.set(estate.Owner{Level: estate.LevelGroup, ID: w.group.ID}, "cloud.disabledMethods", `["MAESTRO","VPAY"]`))
	if !w.MethodDisabled(term.TID, "MAESTRO") || w.MethodDisabled(term.TID, "VISA") {
		t.Error("MAESTRO is to be switched off, and VISA is not")
	}
	if _, values := w.Desired(term.TID); values["cloud.disabledMethods"] != nil {
		t.Error("it is told to the terminal, which does not decide it")
	}
}
