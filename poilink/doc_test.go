package poilink_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"kassa/poilink"

	"github.com/google/go-cmp/cmp"
)

// example is one frame of the page. way is "up", "down", or empty where the page does not say.
type example struct {
	line  int
	way   string
	raw   string
	frame poilink.Frame
}

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/protocol/poi-link.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// examples reads every frame in the page's json and transcript blocks.
func examples(t *testing.T) (found []example) {
	t.Helper()
	block := ""
	for i, line := range strings.Split(page(t), "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			block = strings.TrimPrefix(line, "```")
			continue
		case (block != "json" && block != "transcript") || line == "":
			continue
		}
		e := example{line: i + 1, raw: line}
		if block == "transcript" {
			way, raw, _ := strings.Cut(line, " ")
			e.way, e.raw = way, strings.TrimSpace(raw)
		}
		var err error
		if e.frame, err = poilink.Decode([]byte(e.raw)); err != nil {
			t.Errorf("line %d: %v", e.line, err)
			continue
		}
		found = append(found, e)
	}
	if len(found) == 0 {
		t.Fatal("the page has no examples")
	}
	return found
}

// types is the protocol's own list, written down a second time on purpose.
var types = map[poilink.Type]string{
	"challenge": "down", "hello": "up", "welcome": "down", "refused": "down", "ping": "up", "pong": "down", "ack": "both",
	"bye": "both", "injectKeys": "up", "keys": "down", "keysLoaded": "up", "activate": "up", "activated": "down",
	"nexo": "both", "progress": "up", "authorisationRequest": "up", "authorisationResponse": "down",
	"completionAdvice": "up", "decision": "down", "report": "up", "start": "up", "started": "down", "tip": "up",
	"refund": "up", "refundAnswer": "down", "receipt": "up", "receiptAnswer": "down", "totals": "up", "totalsAnswer": "down",
	"settings": "down", "settingsApplied": "up", "probe": "down", "probed": "up", "command": "down", "service": "up", "serviced": "down",
	"sells": "down", "chosen": "up", "charging": "down", "stop": "up",
}

func TestEveryExampleIsAFrameAndSaysNothingElse(t *testing.T) {
	for _, e := range examples(t) {
		again, err := poilink.Encode(e.frame)
		if err != nil {
			t.Errorf("line %d: %v", e.line, err)
			continue
		}
		var want, got any
		if err := json.Unmarshal([]byte(e.raw), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("line %d: the example and what was understood of it (-page +understood):\n%s", e.line, diff)
		}
	}
}

func TestEveryFrameTypeIsDocumentedAndShown(t *testing.T) {
	text := page(t)
	shown := make(map[poilink.Type]bool)
	for _, e := range examples(t) {
		shown[e.frame.Type] = true
		if dir := types[e.frame.Type]; e.way != "" && dir != "both" && dir != e.way {
			t.Errorf("line %d: %s goes %s", e.line, e.frame.Type, e.way)
		}
	}
	for typ := range types {
		heading := false
		for line := range strings.SplitSeq(text, "\n") {
			heading = heading || strings.HasPrefix(line, "### ") && strings.Contains(line, "`"+string(typ)+"`")
		}
		if !heading {
			t.Errorf("no section on %s", typ)
		}
		if !shown[typ] {
			t.Errorf("no example of %s", typ)
		}
	}
}

// The types that the package knows are those of the list above, so that a new one must be documented.
func TestTheListOfTypesIsWhole(t *testing.T) {
	source, err := os.ReadFile("poilink.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.SplitSeq(string(source), "\n") {
		f := strings.Fields(line) // TypeX Type = "x" // …
		if len(f) < 4 || !strings.HasPrefix(f[0], "Type") || f[1] != "Type" || f[2] != "=" {
			continue
		}
		n++
		if value := strings.Trim(f[3], `"`); types[poilink.Type(value)] == "" {
			t.Errorf("%s is not on the test's list", value)
		}
	}
	if n != len(types) {
		t.Errorf("the package has %d types, the list %d", n, len(types))
	}
}

func TestEveryFieldIsDocumented(t *testing.T) {
	text := page(t)
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("%s.%s: the page does not name `%s`", typ.Name(), f.Name, name)
			}
			walk(f.Type)
		}
	}
	walk(reflect.TypeFor[poilink.Frame]())
	for _, code := range []poilink.RefusalCode{
		poilink.RefusedUnknownPOI, poilink.RefusedKeyMismatch, poilink.RefusedBadSignature, poilink.RefusedIPEKMissing,
		poilink.RefusedWrongCode, poilink.RefusedUsedCode, poilink.RefusedAlreadyActive, poilink.RefusedTooManyTries,
		poilink.RefusedExpiredCode, poilink.RefusedTampered, poilink.RefusedReturned, poilink.RefusedOtherAccount, poilink.RefusedCountry,
		poilink.RefusedBlocked, poilink.RefusedOverloaded, poilink.RefusedBadFrame,
	} {
		if !strings.Contains(text, "| `"+string(code)+"` |") {
			t.Errorf("refusal %s is not in the table", code)
		}
	}
}

// The proofs in the examples verify, by the recipe of the page and by the package.
func TestTheSignaturesOfThePageVerify(t *testing.T) {
	var nonce, public []byte
	hellos, injections := 0, 0
	for _, e := range examples(t) {
		switch {
		case e.frame.Challenge != nil:
			nonce = e.frame.Challenge.Nonce
		case e.frame.Hello != nil:
			h := e.frame.Hello
			public = h.PublicKey
			recipe := append([]byte("kassa.poilink.v1\nhello\n17:cloud.example.com10:VT1-00000132:"), nonce...)
			if !bytes.Equal(recipe, poilink.ProofMessage("cloud.example.com", h.POIID, nonce)) {
				t.Errorf("line %d: the recipe is not what the package signs", e.line)
			}
			if !ed25519.Verify(public, recipe, h.Signature) {
				t.Errorf("line %d: the proof does not verify", e.line)
			}
			hellos++
		case e.frame.InjectKeys != nil:
			in := e.frame.InjectKeys
			recipe := fmt.Appendf(nil, "kassa.poilink.v1\ninjectKeys\n10:VT1-00000132:%s48:%s%s", nonce, in.Ephemeral, in.Nonce)
			if !bytes.Equal(recipe, poilink.InjectMessage("VT1-000001", nonce, in.Ephemeral, in.Nonce)) {
				t.Errorf("line %d: the recipe is not what the package signs", e.line)
			}
			if !ed25519.Verify(public, recipe, in.Signature) {
				t.Errorf("line %d: the request for keys does not verify", e.line)
			}
			injections++
		}
	}
	if hellos < 3 || injections < 2 {
		t.Errorf("%d hellos and %d requests for keys", hellos, injections)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// agree is the recipe of the key block protection key, with the private key of the page.
func agree(t *testing.T, ephemeral []byte) (secret, kbpk []byte) {
	t.Helper()
	own, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{0x22}, 32))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := ecdh.X25519().NewPublicKey(ephemeral)
	if err != nil {
		t.Fatal(err)
	}
	secret, err = own.ECDH(theirs)
	if err != nil {
		t.Fatal(err)
	}
	kbpk, err = hkdf.Key(sha256.New, secret, bytes.Repeat([]byte{0x33}, 16), "kassa.poilink.v1 key injection", 16)
	if err != nil {
		t.Fatal(err)
	}
	return secret, kbpk
}

// worked finds the frames of the page that its tables are worked out from.
func worked(t *testing.T) (keys *poilink.Keys, request *poilink.AuthorisationRequest) {
	t.Helper()
	for _, e := range examples(t) {
		if e.frame.Keys != nil {
			keys = e.frame.Keys
		}
		if e.frame.AuthorisationRequest != nil && request == nil {
			request = e.frame.AuthorisationRequest
		}
	}
	return keys, request
}

// The values of the tables follow from the recipes, computed here with the standard library alone.
func TestTheRecipesOfThePageGiveItsValues(t *testing.T) {
	keys, request := worked(t)
	secret, kbpk := agree(t, keys.Ephemeral)
	derive := func(parent []byte, usage, counter string) []byte {
		block, err := aes.NewCipher(parent)
		if err != nil {
			t.Fatal(err)
		}
		out := unhex(t, "0101"+usage+"00020080"+"90123456"+counter)
		block.Encrypt(out, out)
		return out
	}
	walked := derive(unhex(t, "1273671EA26AC29AFA4D1084127652A1"), "8000", "00000001")
	dataKey, pinKey := derive(walked, "3000", "00000001"), derive(walked, "1000", "00000001")
	text := page(t)
	for name, value := range map[string][]byte{
		"X25519 secret": secret, "KBPK": kbpk, "data key": dataKey, "PIN key": pinKey, "`sealed`": request.Sealed, "`pin`": request.PIN,
	} {
		if row := fmt.Sprintf("| %s | `%X` |", name, value); !strings.Contains(text, row) {
			t.Errorf("the page does not have the row %s", row)
		}
	}
	block, err := aes.NewCipher(dataKey)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	track, err := gcm.Open(nil, unhex(t, request.KSN), request.Sealed, []byte(request.Exchange))
	if err != nil || string(track) != "4761739000000004D31122010000000000000" {
		t.Errorf("sealed opens to %q: %v", track, err)
	}
	pin, err := aes.NewCipher(pinKey)
	if err != nil {
		t.Fatal(err)
	}
	// PIN field and PAN field of ISO 9564-1 format 4, by hand: 16 digits are a length of 4.
	field, pan := unhex(t, "441234AAAAAAAAAA5555555555555555"), unhex(t, "4476173900000000"+"4000000000000000")
	pin.Encrypt(field, field)
	for i := range field {
		field[i] ^= pan[i]
	}
	pin.Encrypt(field, field)
	if !bytes.Equal(field, request.PIN) {
		t.Errorf("the PIN block is %X by the recipe", field)
	}
}
