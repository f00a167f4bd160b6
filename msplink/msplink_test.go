package msplink_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kassa/msplink"
)

// vector is a line of testdata/payments.json, which the script is held to as well: page and app name the
// field that is wrong, empty when none is.
type vector struct {
	Name string `json:"name"`
	In   struct {
		Amount                                                       int64
		OrderID, Callback, NotificationURL, PackageName, Description string
		Items, CheckoutOptions, Reference, RecurringModel, SessionID string
		Printing, Tipping                                            *bool
		AutoClose, Refund                                            bool
	} `json:"in"`
	Page, App string
}

func (v vector) payment() msplink.Payment {
	return msplink.Payment{
		AmountMinor: v.In.Amount, OrderID: v.In.OrderID, Callback: v.In.Callback, NotificationURL: v.In.NotificationURL,
		Printing: v.In.Printing, Tipping: v.In.Tipping, PackageName: v.In.PackageName, Description: v.In.Description,
		Items: v.In.Items, CheckoutOptions: v.In.CheckoutOptions, Reference: v.In.Reference, RecurringModel: v.In.RecurringModel,
		SessionID: v.In.SessionID, AutoClose: v.In.AutoClose, Refund: v.In.Refund,
	}
}

func vectors(t testing.TB) (list []vector) {
	t.Helper()
	raw, err := os.ReadFile("testdata/payments.json")
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func field(err error) string {
	if e, ok := errors.AsType[*msplink.Error](err); ok {
		return e.Field
	}
	if err != nil {
		return "no field: " + err.Error()
	}
	return ""
}

// ofPage and ofApp are what arrives of a payment on each way.
func ofPage(p msplink.Payment) msplink.Payment {
	return msplink.Payment{
		AmountMinor: p.AmountMinor, OrderID: p.OrderID, Callback: p.Callback, NotificationURL: p.NotificationURL,
		Printing: p.Printing, Tipping: p.Tipping,
	}
}

func ofApp(p msplink.Payment) msplink.Payment {
	p.Callback, p.NotificationURL, p.Printing, p.Tipping = "", "", nil, nil
	return p
}

func TestBuildAndRead(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			p := v.payment()
			link, err := p.Link()
			if field(err) != v.Page {
				t.Errorf("a link: %v, want a problem with %q", err, v.Page)
			}
			if err == nil {
				back, err := msplink.ParseLink(link)
				if diff := cmp.Diff(ofPage(p), back); err != nil || diff != "" {
					t.Errorf("%s is read with %v\n%s", link, err, diff)
				}
			}
			in, err := p.Intent()
			if field(err) != v.App {
				t.Errorf("an intent: %v, want a problem with %q", err, v.App)
			}
			if err == nil {
				roundTrip(t, in, ofApp(p))
			}
		})
	}
}

// roundTrip reads an intent after it went through JSON, as to the virtual terminal.
func roundTrip(t *testing.T, in msplink.Intent, want msplink.Payment) {
	t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out msplink.Intent
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	back, err := msplink.ParseIntent(out)
	if diff := cmp.Diff(want, back); err != nil || diff != "" {
		t.Errorf("%s is read with %v\n%s", raw, err, diff)
	}
}

func TestSoftPOS(t *testing.T) {
	p := msplink.Payment{AmountMinor: 1205, OrderID: "a-1", PackageName: "com.example.register", Description: "Tea"}
	in, err := p.SoftPOS("com.example.register.PaidActivity")
	if err != nil || in.Extras["amount"] != "12.05" || in.Action != msplink.ActionSoftPOS {
		t.Fatalf("%+v %v", in, err)
	}
	roundTrip(t, in, p)
	if _, err := p.SoftPOS(""); field(err) != "callback_activity" {
		t.Errorf("without an activity: %v", err)
	}
}

func TestParseLink(t *testing.T) {
	const good = "amount=1250&order_id=web-1&callback=https%3A%2F%2Fs.example%2F"
	for _, c := range []struct{ name, link, field string }{
		{"as documented", "msp://?" + good, ""},
		{"in capitals", "MSP://?" + good, ""},
		{"with a slash", "msp:///?" + good, ""},
		{"without slashes", "msp:?" + good, ""},
		{"a parameter that nobody knows", "msp://?colour=red&" + good, ""},
		{"as Chrome's intent", "intent://?" + good + "#Intent;scheme=msp;package=com.multisafepay.pos.sunmi;end", ""},
		{"intent of another app", "intent://?" + good + "#Intent;scheme=msp;package=com.example.evil;end", "package"},
		{"intent of another scheme", "intent://?" + good + "#Intent;scheme=https;end", "link"},
		{"intent without its end", "intent://?" + good, "link"},
		{"another scheme", "https://?" + good, "link"},
		{"no scheme", "?" + good, "link"},
		{"nothing", "", "link"},
		{"a host", "msp://pay.example/?" + good, "link"},
		{"a callback that is not encoded", "msp://?amount=1&order_id=a&callback=https://s.example/#paid", "link"},
		{"a half of an escape", "msp://?amount=1&order_id=a&callback=%zz", "link"},
		{"a line break", "msp://?amount=1\r\n&order_id=a", "link"},
		{"no parameters", "msp://", "amount"},
		{"no amount", "msp://?order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"a decimal amount", "msp://?amount=12.50&order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"a sign", "msp://?amount=%2B5&order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"below 0", "msp://?amount=-5&order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"hexadecimal", "msp://?amount=0x10&order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"other digits", "msp://?amount=%D9%A1&order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"beyond a long", "msp://?amount=99999999999999999999&order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"zero", "msp://?amount=0&order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"two amounts", "msp://?amount=1&amount=2&order_id=a&callback=https%3A%2F%2Fs.example", "amount"},
		{"two callbacks", "msp://?callback=https%3A%2F%2Fevil.example&" + good, "callback"},
		{"no callback", "msp://?amount=1&order_id=a", "callback"},
		{"an empty callback", "msp://?amount=1&order_id=a&callback=", "callback"},
		{"a callback that runs", "msp://?amount=1&order_id=a&callback=javascript%3Aalert(1)", "callback"},
		{"a callback with a line break", "msp://?amount=1&order_id=a&callback=https%3A%2F%2Fs.example%2F%0d%0aX%3A1", "callback"},
		{"a callback of any host", "msp://?amount=1&order_id=a&callback=%2F%2Fevil.example", "callback"},
		{"printing", "msp://?printing=yes&" + good, "printing"},
		{"tipping", "msp://?tipping=1&" + good, "tipping"},
		{"webhook", "msp://?notification_url=file%3A%2F%2F%2Fetc%2Fpasswd&" + good, "notification_url"},
		{"too long", "msp://?x=" + strings.Repeat("a", msplink.MaxLink) + "&" + good, "link"},
	} {
		p, err := msplink.ParseLink(c.link)
		if field(err) != c.field {
			t.Errorf("%s: %v, want a problem with %q", c.name, err, c.field)
		}
		want := msplink.Payment{AmountMinor: 1250, OrderID: "web-1", Callback: "https://s.example/"}
		if diff := cmp.Diff(want, p); err == nil && diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestParseIntent(t *testing.T) {
	const sunmi = `"package":"com.multisafepay.pos.sunmi","class":"com.multisafepay.pos.middleware.IntentActivity"`
	const rest = `"order_id":"a","package_name":"com.example.register"`
	const soft = `"action":"com.phonepos.mspsoftposapp.ACTION_MANUAL_PAYMENT","package":"com.phonepos.mspsoftposapp"`
	const softRest = `"order_id":"a","callback_package":"com.example.register","callback_activity":"x.Y"`
	for _, c := range []struct{ name, in, field, says string }{
		{"as documented", `{` + sunmi + `,"extras":{"amount":1250,"currency":"EUR",` + rest + `}}`, "", ""},
		{"the package without kernels", `{"package":"com.multisafepay.pos.nokernels","class":"com.multisafepay.pos.middleware.IntentActivity","extras":{"amount":1250,` + rest + `}}`, "", ""},
		{"extras that nobody knows", `{` + sunmi + `,"extras":{"amount":1250,"colour":"red","n":1.5,` + rest + `}}`, "", ""},
		{"no extras", `{` + sunmi + `}`, "amount", "is missing"},
		{"amount as text", `{` + sunmi + `,"extras":{"amount":"1250",` + rest + `}}`, "amount", "not a String"},
		{"amount as an int", `{` + sunmi + `,"extras":{"amount":{"int":1250},` + rest + `}}`, "amount", "not an int"},
		{"amount in euros", `{` + sunmi + `,"extras":{"amount":12.50,` + rest + `}}`, "amount", "not a double"},
		{"amount beyond a long", `{` + sunmi + `,"extras":{"amount":99999999999999999999,` + rest + `}}`, "amount", "not a double"},
		{"amount 0", `{` + sunmi + `,"extras":{"amount":0,` + rest + `}}`, "amount", "more than 0"},
		{"amount true", `{` + sunmi + `,"extras":{"amount":true,` + rest + `}}`, "amount", "not a boolean"},
		{"no package_name", `{` + sunmi + `,"extras":{"amount":1250,"order_id":"a"}}`, "package_name", "which app to return to"},
		{"dollars", `{` + sunmi + `,"extras":{"amount":1250,"currency":"USD",` + rest + `}}`, "currency", "EUR"},
		{"refund as text", `{` + sunmi + `,"extras":{"amount":1250,"refund":"true",` + rest + `}}`, "refund", "not a String"},
		{"another package", `{"package":"com.multisafepay.pos","class":"com.multisafepay.pos.middleware.IntentActivity","extras":{}}`, "package", "<queries>"},
		{"another class", `{"package":"com.multisafepay.pos.sunmi","class":"com.multisafepay.pos.MainActivity","extras":{}}`, "class", "IntentActivity"},
		{"no class", `{"package":"com.multisafepay.pos.sunmi","extras":{}}`, "class", "is missing"},
		{"no package", `{"class":"com.multisafepay.pos.middleware.IntentActivity","extras":{}}`, "package", "is missing"},
		{"another action", `{"action":"android.intent.action.VIEW","extras":{}}`, "action", "no app takes"},
		{"an extra that is a list", `{` + sunmi + `,"extras":{"amount":[1]}}`, "extras", "amount"},
		{"an extra that is nothing", `{` + sunmi + `,"extras":{"amount":null}}`, "extras", "amount"},
		{"SoftPOS", `{` + soft + `,"extras":{"amount":"12.50","skip_manual_input":true,` + softRest + `}}`, "", ""},
		{"SoftPOS, one decimal", `{` + soft + `,"extras":{"amount":"12.5",` + softRest + `}}`, "", ""},
		{"SoftPOS in cents", `{` + soft + `,"extras":{"amount":1250,` + softRest + `}}`, "amount", "not a long"},
		{"SoftPOS, too fine", `{` + soft + `,"extras":{"amount":"12.501",` + softRest + `}}`, "amount", "12.50"},
		{"SoftPOS, below 0", `{` + soft + `,"extras":{"amount":"-12.50",` + softRest + `}}`, "amount", "12.50"},
		{"SoftPOS, a point and nothing", `{` + soft + `,"extras":{"amount":"12.",` + softRest + `}}`, "amount", "12.50"},
		{"SoftPOS without a package", `{` + soft + `,"extras":{"amount":"12.50","order_id":"a","callback_activity":"x.Y"}}`, "callback_package", "which app"},
		{"SoftPOS without an activity", `{` + soft + `,"extras":{"amount":"12.50","order_id":"a","callback_package":"a.b"}}`, "callback_activity", "where to"},
		{"SoftPOS as on a terminal", `{"package":"com.phonepos.mspsoftposapp","class":"com.multisafepay.pos.middleware.IntentActivity","extras":{}}`, "class", "ManualPayInputActivity"},
	} {
		var in msplink.Intent
		err := json.Unmarshal([]byte(c.in), &in)
		var p msplink.Payment
		if err == nil {
			p, err = msplink.ParseIntent(in)
		}
		if field(err) != c.field || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want a problem with %q that says %q", c.name, err, c.field, c.says)
		}
		want := msplink.Payment{AmountMinor: 1250, OrderID: "a", PackageName: "com.example.register"}
		if diff := cmp.Diff(want, p); err == nil && diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
	in, err := msplink.Payment{AmountMinor: 5, OrderID: "a", PackageName: "a.b", Refund: true}.Intent()
	if err != nil || in.Action != msplink.ActionRefund {
		t.Fatalf("%+v %v", in, err)
	}
	in.Package, in.Class, in.Extras["refund"] = "", "", false
	if p, err := msplink.ParseIntent(in); err != nil || !p.Refund {
		t.Errorf("an intent with nothing but the action of a refund: %+v %v", p, err)
	}
}

func TestReturn(t *testing.T) {
	for _, c := range []struct{ callback, id, want string }{
		{"https://s.example", "17", "https://s.example?status=Completed&order_id=a%2F1&transaction_id=17"},
		{"https://s.example/paid", "", "https://s.example/paid?status=Completed&order_id=a%2F1"},
		{"https://s.example/paid?", "", "https://s.example/paid?status=Completed&order_id=a%2F1"},
		{"https://s.example/paid?b=2&a=1%20x", "", "https://s.example/paid?b=2&a=1%20x&status=Completed&order_id=a%2F1"},
		{"https://s.example/#/paid?x=1", "", "https://s.example/?status=Completed&order_id=a%2F1#/paid?x=1"},
		{"https://s.example/?status=Cancelled&x=1&order%5Fid=b&transaction_id=9#t", "17", "https://s.example/?x=1&status=Completed&order_id=a%2F1&transaction_id=17#t"},
	} {
		if got, err := msplink.Return(c.callback, msplink.Completed, "a/1", c.id); err != nil || got != c.want {
			t.Errorf("%s: %s %v, want %s", c.callback, got, err, c.want)
		}
	}
	if got, err := msplink.Return("javascript:alert(1)", msplink.Completed, "a", ""); field(err) != "callback" {
		t.Errorf("returned to %q", got)
	}
}

// FuzzParseLink: whatever a page opens, a link that is taken leads back to where its callback said, and
// nowhere that a browser would run.
func FuzzParseLink(f *testing.F) {
	for _, v := range vectors(f) {
		if link, err := v.payment().Link(); err == nil {
			f.Add(link)
		}
		f.Add("msp://?amount=5&order_id=a&callback=" + url.QueryEscape(v.In.Callback))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := msplink.ParseLink(raw)
		if err != nil {
			if field(err) == "" || strings.HasPrefix(field(err), "no field") {
				t.Fatalf("no field: %v", err)
			}
			return
		}
		again, err := p.Link()
		if err != nil {
			t.Fatalf("%+v was read, and cannot be built: %v", p, err)
		}
		if back, err := msplink.ParseLink(again); err != nil || !cmp.Equal(p, back) {
			t.Fatalf("%+v became %+v (%v)", p, back, err)
		}
		to, err := msplink.Return(p.Callback, msplink.Cancelled, p.OrderID, "1")
		if err != nil {
			t.Fatal(err)
		}
		was, err1 := url.Parse(p.Callback)
		is, err2 := url.Parse(to)
		if err1 != nil || err2 != nil || was.Host != is.Host || was.Scheme != is.Scheme || was.EscapedPath() != is.EscapedPath() || is.User != nil ||
			is.Scheme != "http" && is.Scheme != "https" || is.Host == "" || strings.ContainsAny(to, "\r\n\t \\") {
			t.Fatalf("%q returns to %q", p.Callback, to)
		}
		if q := is.Query(); is.RawQuery != "" && (len(q["status"]) > 1 || q.Get("order_id") == "" && !strings.Contains(is.RawQuery, ";")) {
			t.Fatalf("%q returns to %q", p.Callback, to)
		}
	})
}

// FuzzParseIntent: no JSON makes the payment app stumble, and what it takes is what an app could build.
func FuzzParseIntent(f *testing.F) {
	f.Add([]byte(`{"package":"com.multisafepay.pos.sunmi","class":"com.multisafepay.pos.middleware.IntentActivity","extras":{"amount":1250,"order_id":"a","package_name":"a.b"}}`))
	f.Add([]byte(`{"action":"com.phonepos.mspsoftposapp.ACTION_MANUAL_PAYMENT","extras":{"amount":"12.5","order_id":"a","callback_package":"a.b","callback_activity":"c"}}`))
	f.Add([]byte(`{"extras":{"amount":{"int":1},"refund":true}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in msplink.Intent
		if json.Unmarshal(raw, &in) != nil {
			return
		}
		p, err := msplink.ParseIntent(in)
		if err != nil {
			if field(err) == "" || strings.HasPrefix(field(err), "no field") {
				t.Fatalf("no field: %v", err)
			}
			return
		}
		if _, err := p.Intent(); err != nil {
			t.Fatalf("%+v was read, and cannot be built: %v", p, err)
		}
	})
}
