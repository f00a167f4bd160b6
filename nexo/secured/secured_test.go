package secured_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"kassa/nexo/secured"

	"pgregory.net/rapid"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPublishedVector: the keys that the passphrase of Adyen's library fixtures gives, taken as bytes here
// and put to use with the standard library alone.
func TestPublishedVector(t *testing.T) {
	mac := unhex(t, "733636253b5b98f9a483b1a678d73a58dab2accafbc029ecbe12d60eaa909e32")
	key := unhex(t, "cf2c822761b9f5305bf69970bfa7b659a6724a119db21f8b0e949779f2ea022c")
	modifier := unhex(t, "bb9ba8092e6027c735398dc65977c051")
	nonce := unhex(t, "000102030405060708090a0b0c0d0e0f")
	message := []byte(`{"SaleToPOIRequest":{"MessageHeader":{}}}`)

	k, err := secured.Derive([]byte("p@ssw0rd123456"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.Seal(message, nonce)
	if err != nil {
		t.Fatal(err)
	}
	iv := make([]byte, 16)
	for i := range iv {
		iv[i] = modifier[i] ^ nonce[i]
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	want := append(bytes.Clone(message), bytes.Repeat([]byte{7}, 7)...) // 41 bytes and 7 make 48
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(want, want)
	if !bytes.Equal(got.Blob, want) {
		t.Errorf("blob\n%x, want\n%x", got.Blob, want)
	}
	sum := hmac.New(sha256.New, mac)
	sum.Write(message)
	if !bytes.Equal(got.HMAC, sum.Sum(nil)) || !bytes.Equal(got.Nonce, nonce) {
		t.Errorf("hmac %x, nonce %x", got.HMAC, got.Nonce)
	}
}

func TestWhatWasSealedOpensAndNothingElse(t *testing.T) {
	k, err := secured.Derive([]byte("Kassa-t3st-passphrase"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := secured.Derive([]byte("Kassa-t3st-passphrasf"))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		message := rapid.SliceOf(rapid.Byte()).Draw(t, "message")
		nonce := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "nonce")
		s, err := k.Seal(message, nonce)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.Open(s); err != nil || !bytes.Equal(got, message) {
			t.Fatalf("opened %x, %v", got, err)
		}
		if _, err := other.Open(s); !errors.Is(err, secured.ErrOpen) {
			t.Fatalf("another key: %v", err)
		}
		part := rapid.SampledFrom([]*[]byte{&s.Blob, &s.Nonce, &s.HMAC}).Draw(t, "part")
		changed := bytes.Clone(*part)
		i := rapid.IntRange(0, len(changed)-1).Draw(t, "at")
		changed[i] ^= byte(1 << rapid.IntRange(0, 7).Draw(t, "bit"))
		*part = changed
		if _, err := k.Open(s); err != secured.ErrOpen {
			t.Fatalf("changed: %v", err)
		}
	})
	for _, bad := range []secured.Sealed{{}, {Blob: make([]byte, 15), Nonce: make([]byte, 16)}, {Blob: make([]byte, 16), Nonce: make([]byte, 8)}} {
		if _, err := k.Open(bad); err != secured.ErrOpen {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := k.Seal(nil, []byte("short")); !errors.Is(err, secured.ErrNonce) {
		t.Errorf("a short nonce: %v", err)
	}
	if text := fmt.Sprintf("%v %+v %#v", k, k, k); text != "secured.Keys{…} secured.Keys{…} secured.Keys{…}" {
		t.Errorf("keys print as %s", text)
	}
}
