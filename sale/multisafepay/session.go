package multisafepay

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"strings"
	"time"

	"kassa"
)

func mac(key []byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// A session id is an order's number under a synthetic IV (as in RFC 5297): nobody can guess one,
// the same order always has the same, and none needs to be kept. On the wire it has the form of
// MultiSafepay's: 35 letters and digits, the first ones a shard.
const (
	shard         = "80350"
	sessionLength = 35
	tagLength     = 14
)

func (h *Handler) session(number int64) string {
	var plain [8]byte
	binary.BigEndian.PutUint64(plain[:], uint64(number))
	tag := mac(h.sessionKey, "tag", string(plain[:]))[:tagLength]
	sealed := make([]byte, 8)
	subtle.XORBytes(sealed, plain[:], mac(h.sessionKey, "mask", string(tag))[:8])
	digits := new(big.Int).SetBytes(append(tag, sealed...)).Text(62)
	return shard + strings.Repeat("0", sessionLength-len(shard)-len(digits)) + digits
}

// orderOf opens a session id; ok is false for one that Kassa did not make.
func (h *Handler) orderOf(session string) (number int64, ok bool) {
	digits, ok := strings.CutPrefix(session, shard)
	if !ok || len(session) != sessionLength {
		return 0, false
	}
	for i := range len(digits) {
		if c := digits[i] | 0x20; (digits[i] < '0' || digits[i] > '9') && (c < 'a' || c > 'z') {
			return 0, false
		}
	}
	n, ok := new(big.Int).SetString(digits, 62)
	if !ok || n.BitLen() > (tagLength+8)*8 {
		return 0, false
	}
	raw := n.FillBytes(make([]byte, tagLength+8))
	var plain [8]byte
	subtle.XORBytes(plain[:], raw[tagLength:], mac(h.sessionKey, "mask", string(raw[:tagLength]))[:8])
	if !hmac.Equal(raw[:tagLength], mac(h.sessionKey, "tag", string(plain[:]))[:tagLength]) {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(plain[:])), true
}

// orderStream is the journal's stream of an order by its number.
func orderStream(number int64) string { return "order/" + kassa.FormatID(number) }

// The events token is a compact JWT (RFC 7519, HS256) whose header is exactly this.
const tokenHeader = `{"alg":"HS256"}`

func (h *Handler) eventsToken(session string, expires time.Time) string {
	claims := encode(object{
		"exp": expires.Unix(), "grt": []any{"mbus:session.order", "mbus:session.qr"}, "pid": session, "sub": "pr",
	})
	signed := segment([]byte(tokenHeader)) + "." + segment(claims)
	return signed + "." + segment(mac(h.Secret, signed))
}

func segment(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// openToken gives the session of a token that Kassa made and that has not expired.
func (h *Handler) openToken(token string, now time.Time) (session string, ok bool) {
	signed, signature, ok := cutLast(token, ".")
	header, claims, two := strings.Cut(signed, ".")
	if !ok || !two || header != segment([]byte(tokenHeader)) {
		return "", false
	}
	sum, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(sum, mac(h.Secret, signed)) {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		return "", false
	}
	var c struct {
		Exp int64  `json:"exp"`
		Pid string `json:"pid"`
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&c); err != nil || now.Unix() >= c.Exp {
		return "", false
	}
	return c.Pid, true
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
