package terminalapi_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kassa/terminalapi"
)

const passphrase = "p@ssw0rd123456"

// terminal encrypts as a terminal does, with keys that were published for the passphrase, so that
// neither the derivation nor the scheme of the client is held against itself.
type terminal struct{ mac, key, iv []byte }

func newTerminal(t *testing.T) terminal {
	t.Helper()
	read := func(s string) []byte {
		raw, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	return terminal{mac: read("733636253b5b98f9a483b1a678d73a58dab2accafbc029ecbe12d60eaa909e32"),
		key: read("cf2c822761b9f5305bf69970bfa7b659a6724a119db21f8b0e949779f2ea022c"), iv: read("bb9ba8092e6027c735398dc65977c051")}
}

func (k terminal) mode(nonce []byte) (cipher.Block, []byte) {
	block, _ := aes.NewCipher(k.key)
	iv := make([]byte, 16)
	for i := range iv {
		iv[i] = k.iv[i] ^ nonce[i]
	}
	return block, iv
}

type sealed struct {
	MessageHeader   map[string]any
	NexoBlob        string
	SecurityTrailer struct {
		AdyenCryptoVersion, KeyVersion int
		KeyIdentifier, Nonce, Hmac     string
	}
}

func (k terminal) open(t *testing.T, raw []byte) []byte {
	t.Helper()
	var outer struct{ SaleToPOIRequest sealed }
	if err := json.Unmarshal(raw, &outer); err != nil {
		t.Fatal(err)
	}
	s := outer.SaleToPOIRequest
	blob, err1 := base64.StdEncoding.DecodeString(s.NexoBlob)
	nonce, err2 := base64.StdEncoding.DecodeString(s.SecurityTrailer.Nonce)
	if err := errors.Join(err1, err2); err != nil || len(nonce) != 16 || s.SecurityTrailer.AdyenCryptoVersion != 1 || s.SecurityTrailer.KeyVersion != 3 || s.SecurityTrailer.KeyIdentifier != "till" {
		t.Fatalf("%v %+v", err, s.SecurityTrailer)
	}
	block, iv := k.mode(nonce)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(blob, blob)
	text := blob[:len(blob)-int(blob[len(blob)-1])]
	h := hmac.New(sha256.New, k.mac)
	h.Write(text)
	if base64.StdEncoding.EncodeToString(h.Sum(nil)) != s.SecurityTrailer.Hmac {
		t.Fatal("the HMAC does not fit")
	}
	return text
}

func (k terminal) seal(t *testing.T, envelope string) string {
	t.Helper()
	var outer struct {
		SaleToPOIResponse struct{ MessageHeader map[string]any }
	}
	if err := json.Unmarshal([]byte(envelope), &outer); err != nil {
		t.Fatal(err)
	}
	nonce := []byte("0123456789abcdef")
	h := hmac.New(sha256.New, k.mac)
	h.Write([]byte(envelope))
	pad := 16 - len(envelope)%16
	blob := []byte(envelope + strings.Repeat(string(rune(pad)), pad))
	block, iv := k.mode(nonce)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(blob, blob)
	s := sealed{MessageHeader: outer.SaleToPOIResponse.MessageHeader, NexoBlob: base64.StdEncoding.EncodeToString(blob)}
	s.SecurityTrailer.AdyenCryptoVersion, s.SecurityTrailer.KeyVersion, s.SecurityTrailer.KeyIdentifier = 1, 3, "till"
	s.SecurityTrailer.Nonce, s.SecurityTrailer.Hmac = base64.StdEncoding.EncodeToString(nonce), base64.StdEncoding.EncodeToString(h.Sum(nil))
	raw, err := json.Marshal(map[string]any{"SaleToPOIResponse": s})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// encrypted pays over an encrypted exchange, where respond makes the answer out of the clear one.
func encrypted(t *testing.T, clear string, respond func(terminal, string) string) (terminalapi.Paid, error) {
	t.Helper()
	k := newTerminal(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		if strings.Contains(string(raw), "PaymentRequest") {
			t.Error("something is in clear")
		}
		if text := k.open(t, raw); !strings.Contains(string(text), `"PaymentRequest"`) || !strings.Contains(string(text), `"RequestedAmount":22.22`) {
			t.Errorf("asked %s", text)
		}
		_, _ = io.WriteString(w, respond(k, strings.ReplaceAll(clear, "%SERVICE%", "0A1B2C3D4E")))
	}))
	defer server.Close()
	client := (&cloud{Server: server}).client()
	var err error
	if client.Encryption, err = terminalapi.NewEncryption(passphrase, "till", 3); err != nil {
		t.Fatal(err)
	}
	return pay(t, client)
}

func TestEncrypted(t *testing.T) {
	paid, err := encrypted(t, answer("Payment", "Service", approved), func(k terminal, clear string) string { return k.seal(t, clear) })
	if err != nil || paid.Authorised.Minor != 2222 {
		t.Fatalf("%+v, %v", paid, err)
	}
}

// TestForged: whoever stands between register and terminal can stop a payment, but not make one up.
func TestForged(t *testing.T) {
	success, failure := answer("Payment", "Service", approved), answer("Payment", "Service", declined)
	for _, c := range []struct {
		name, clear string
		respond     func(terminal, string) string
		want        error // nil: it is taken
	}{
		{"success in clear", success, func(_ terminal, clear string) string { return clear }, terminalapi.ErrNotAuthentic},
		{"failure in clear", failure, func(_ terminal, clear string) string { return clear }, nil},
		{"reject in clear", rejected(disconnected), func(_ terminal, clear string) string { return clear }, nil},
		{"another key", success, func(k terminal, clear string) string { k.mac = k.key; return k.seal(t, clear) }, terminalapi.ErrNotAuthentic},
		{"another key version", success, func(k terminal, clear string) string {
			return strings.Replace(k.seal(t, clear), `"KeyVersion":3`, `"KeyVersion":4`, 1)
		}, terminalapi.ErrNotAuthentic},
		{"another header outside", success, func(k terminal, clear string) string {
			return strings.Replace(k.seal(t, clear), "till-7", "till-8", 1)
		}, terminalapi.ErrNotAuthentic},
		{"another's header, inside too", strings.ReplaceAll(success, "till-7", "till-8"), func(k terminal, clear string) string { return k.seal(t, clear) }, terminalapi.ErrOtherMessage},
		{"cut short", success, func(k terminal, clear string) string {
			return strings.Replace(k.seal(t, clear), `"NexoBlob":"`, `"NexoBlob":"AAAA`, 1)
		}, terminalapi.ErrNotAuthentic},
		{"a bit changed", success, func(k terminal, clear string) string {
			text := k.seal(t, clear)
			i := strings.Index(text, `"NexoBlob":"`) + 40
			other := "A"
			if text[i] == 'A' {
				other = "B"
			}
			return text[:i] + other + text[i+1:]
		}, terminalapi.ErrNotAuthentic},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := encrypted(t, c.clear, c.respond)
			var unknown *terminalapi.Unknown
			if err == nil || !errors.Is(err, c.want) && c.want != nil || errors.As(err, &unknown) != (c.want != nil) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestBadPassphrase(t *testing.T) {
	for _, p := range []string{"", "wachtwoord€", "a\n"} {
		if _, err := terminalapi.NewEncryption(p, "till", 1); err == nil {
			t.Errorf("%q is taken", p)
		}
	}
}
