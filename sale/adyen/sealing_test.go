package adyen_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"kassa/nexo/secured"
	"kassa/sale/adyen"
)

const passphrase = "Kassa-t3st-passphrase!"

// seal encrypts a message as a cash register does.
func seal(t *testing.T, identifier string, version int, message string) string {
	t.Helper()
	keys, err := secured.Derive([]byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	s, err := keys.Seal([]byte(message), []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	var clear struct {
		SaleToPOIRequest struct{ MessageHeader json.RawMessage }
	}
	if err := json.Unmarshal([]byte(message), &clear); err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf(`{"SaleToPOIRequest":{"MessageHeader":%s,"NexoBlob":%q,"SecurityTrailer":{"AdyenCryptoVersion":1,"KeyIdentifier":%q,"KeyVersion":%d,"Nonce":%q,"Hmac":%q}}}`,
		clear.SaleToPOIRequest.MessageHeader, text(s.Blob), identifier, version, text(s.Nonce), text(s.HMAC))
}

// unseal opens an answer.
func unseal(t *testing.T, r reply) reply {
	t.Helper()
	var e struct {
		SaleToPOIResponse struct {
			MessageHeader   map[string]any
			NexoBlob        []byte
			SecurityTrailer struct {
				Nonce, Hmac                    []byte
				KeyIdentifier                  string
				KeyVersion, AdyenCryptoVersion int
			}
		}
	}
	if err := json.Unmarshal([]byte(r.Raw), &e); err != nil {
		t.Fatalf("%v: %s", err, r.Raw)
	}
	s, trailer := e.SaleToPOIResponse, e.SaleToPOIResponse.SecurityTrailer
	if trailer.KeyIdentifier != "key-1" || trailer.KeyVersion != 3 || trailer.AdyenCryptoVersion != 1 {
		t.Errorf("trailer %+v", trailer)
	}
	keys, err := secured.Derive([]byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	clear, err := keys.Open(secured.Sealed{Blob: s.NexoBlob, Nonce: trailer.Nonce, HMAC: trailer.Hmac})
	if err != nil {
		t.Fatalf("%v: %s", err, r.Raw)
	}
	got := reply{Status: r.Status, Header: r.Header, Raw: string(clear)}
	if err := json.Unmarshal(clear, &got.JSON); err != nil {
		t.Fatal(err)
	}
	inner, _ := json.Marshal(got.at("SaleToPOIResponse", "MessageHeader"))
	if outer, _ := json.Marshal(s.MessageHeader); string(inner) != string(outer) {
		t.Errorf("header %s, within %s", outer, inner)
	}
	return got
}

func TestSecuredMessages(t *testing.T) {
	inWorld(t, func(w *world) {
		w.keys = []adyen.EncryptionKey{{Identifier: "key-1", Version: 3, Passphrase: passphrase}}
		message := envelope("Payment", "1", paymentBody("order-1", "10"))
		sealed := seal(w.t, "key-1", 3, message)
		for i, path := range []string{"/sync", v1Path + "sync", "/sync"} {
			// The second and third are repeats, which are known by what is within.
			raw := w.post(path, accountKey, sealed)
			r := unseal(w.t, raw)
			if r.result("Payment") != "Success <nil>" || r.in("Payment", "SaleData", "SaleTransactionID", "TransactionID") != "order-1" {
				t.Errorf("%d: %s", i, r.Raw)
			}
			if strings.Contains(raw.Raw, "order-1") || strings.Contains(raw.Raw, "9999") {
				t.Errorf("in clear: %s", raw.Raw)
			}
		}
		if w.sent("SendAuthorisation") != 1 {
			t.Errorf("%d authorisations", w.sent("SendAuthorisation"))
		}
		if r := w.post("/async", accountKey, seal(w.t, "key-1", 3, envelope("Payment", "2", paymentBody("order-2", "10")))); r.Raw != "ok" {
			t.Error(r.Raw)
		}
		if r := w.post(v1Path+"async", accountKey, seal(w.t, "key-1", 3, envelope("Payment", "3", paymentBody("order-3", "10")))); r.Raw != "ok" {
			t.Error(r.Raw)
		}
	})
}

func TestBrokenCiphertext(t *testing.T) {
	inWorld(t, func(w *world) {
		w.keys = []adyen.EncryptionKey{{Identifier: "key-1", Version: 3, Passphrase: passphrase}}
		message := envelope("Payment", "1", paymentBody("order-1", "10"))
		sealed := seal(w.t, "key-1", 3, message)
		at := strings.Index(sealed, `"NexoBlob":"`) + 20
		for name, body := range map[string]string{
			"another blob":     sealed[:at] + map[bool]string{true: "B", false: "A"}[sealed[at] == 'A'] + sealed[at+1:],
			"no base64":        sealed[:at] + "*" + sealed[at+1:],
			"another key":      seal(w.t, "key-2", 3, message),
			"another version":  seal(w.t, "key-1", 4, message),
			"no trailer":       sealed[:strings.Index(sealed, `,"SecurityTrailer"`)] + "}}",
			"another scheme":   strings.Replace(sealed, `"AdyenCryptoVersion":1`, `"AdyenCryptoVersion":2`, 1),
			"another header":   strings.Replace(sealed, `"SaleID":"till-7"`, `"SaleID":"till-8"`, 1),
			"another terminal": strings.Replace(sealed, poiid, spare, 1),
		} {
			r := w.post("/sync", accountKey, body)
			if r.Status != 200 || r.rejected() != "message=Nexo+Service%3a+crypto+error" {
				t.Errorf("%s: %d %s", name, r.Status, r.Raw)
			}
		}
		w.keys = nil
		if r := w.post("/sync", accountKey, sealed); r.rejected() != "message=Nexo+Service%3a+crypto+error" {
			t.Errorf("without a key: %s", r.Raw)
		}
		w.nothing()
	})
}
