package dashboard

import (
	"strings"
	"testing"
)

func TestMaskHides(t *testing.T) {
	const pan, key = "4111111111111111", "test_0123456789ABCDEFGHIJabcdefghij12345"
	m := masker{shown: []string{"letmein-please"}}
	for _, c := range []struct{ body, secret string }{
		{`{"order_id":"` + pan + `"}`, pan},
		{`{"order_id":` + pan + `}`, pan},
		{`{"description":"card 4111 1111 1111 1111 ok"}`, "4111 1111"},
		{`{"description":"4111-1111-1111-1111 123"}`, "4111-1111"},
		{`{"var1":"\u0034\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031\u0031"}`, `\u0034\u0031`},
		{`{"var1":"41111111111111112512101"}`, pan},
		{`{"var1":";` + pan + `=25121010000"}`, pan},
		{`{"var1":"0000` + pan + `"}`, pan},
		{`{"var1":"x5500005555555559x"}`, "5500005555555559"},
		{`{"` + pan + `":1}`, pan},
		{`{"amount":` + pan, pan},
		{`{"description":"` + pan, pan},
		{`card=4111+1111+1111+1111&x=1`, "4111+1111"},
		{`a=%34111111111111111`, "%34111111111111111"},
		{"the card is " + pan, pan},
		{`{"var1":"` + key + `"}`, key[5:]},
		{`{"var1":["a",{"b":"x ` + key + `!"}]}`, key[5:]},
		{"key " + key, key[5:]},
		{`{"tid":"00000ABC","code":"K7PLM2QX"}`, "K7PLM2QX"},
		{`{"rows":[{"name":"Bar","code":"K7PLM2QX","line":2}]}`, "K7PLM2QX"},
		{`{"api_key":"letmein"}`, "letmein"},
		{`{"a":{"events_token":"abc"}}`, "abc"},
		{`{"token":{"deep":["abc",{"x":12}]},"y":1}`, "abc"},
		{`{"card_holder_name":"J. Jansen"}`, "Jansen"},
		{`{"gateway_info":{"card_cvc":123}}`, "123"},
		{`Jansen","card_expiry_date":3112,"card_cvc":"987"}}`, "987"},
		{`order: {"card_cvc" : 987, "x": 1}`, "987"},
		{`order = {'card_cvc': '987'}`, "987"},
		{`{"passcodes":{"adminMenuPin":"8371"}}`, "8371"},
		{`{"adminMenuPin":"8371"}`, "8371"},
		{`{"encryptionKey":{"identifier":"k","passphrase":"horse battery","version":1}}`, "horse"},
		{`{"profiles":[{"ssid":"shop","psk":"horse","eapPwd":"x"}]}`, "horse"},
		{`{"hmacKey":"00112233"}`, "00112233"},
		{`{"var1":"letmein-please"}`, "letmein"},
		{`{"var1":"eyJhbGciOiJIUzI1NiJ9.eyJwaWQiOiI4MDM1In0.c2lnbmF0dXJlc2lnbmF0dXJl"}`, "c2lnbmF0dXJl"},
		{`{"var1":"8035000ABCdefGHIjkl0123456789mnopqr"}`, "8035000ABC"},
		{`{"var1":"deadbeefdeadbeefdeadbeefdeadbeef01234567"}`, "deadbeef"},
	} {
		if got := m.body([]byte(c.body)); strings.Contains(got, c.secret) || got == c.body {
			t.Errorf("%s became %s", c.body, got)
		}
	}
}

func TestMaskLeavesTheRest(t *testing.T) {
	for _, body := range []string{
		`{"type":"redirect","order_id":"demo-1","currency":"EUR","amount":1250,"gateway_info":{"terminal_id":"00000ABC"}}`,
		`{"order_id":"550e8400-e29b-41d4-a716-446655440000","created":"2026-11-25T14:15:14"}`,
		`{"order_id":"tour-1795262400000000000","transaction_id":1795262412345678}`,
		`{"a":[1, 2.5, -3, true, null], "b": {} }`,
		`{"var1":null,"api_key":"","last4":"1111","authorization_code":"705151","phone1":"+31201234567"}`,
		`amount=100&currency=EUR`,
		"hello",
		`not JSON: {"order_id": "demo-1", "amount": 1250}`,
	} {
		if got := (masker{}).body([]byte(body)); got != body {
			t.Errorf("%s became %s", body, got)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add(`{"a":"`, `"}`)
	f.Add(`{"order_id":`, `,"b":{}}`)
	f.Add("card=", "&x")
	f.Fuzz(func(t *testing.T, before, after string) {
		const pan = "5500005555555559"
		got := masker{}.body([]byte(before + pan + after))
		if strings.Contains(got, pan) {
			t.Errorf("%q became %q", before+pan+after, got)
		}
	})
}
