package ocpi

import (
	"encoding/base64"
	"strings"
)

const scheme = "Token "

// ValidToken tells whether a token may be one: 1 to 64 printable ASCII characters without spaces.
func ValidToken(token string) bool {
	if len(token) == 0 || len(token) > 64 {
		return false
	}
	return strings.IndexFunc(token, func(r rune) bool { return r < '!' || r > '~' }) < 0
}

// Authorization is the value of the Authorization header for a token: in base64 (RFC 4648 section 4)
// as the document says, or raw as older peers want it.
func Authorization(token string, encode bool) string {
	if encode {
		return scheme + base64.StdEncoding.EncodeToString([]byte(token))
	}
	return scheme + token
}

// TokensOf gives what the token of an Authorization header may be, the likeliest first: what it decodes
// to without the line end that some peers encode with it, and what it says itself. It is empty when
// the header carries no token.
func TokensOf(header string) []string {
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return nil
	}
	raw := strings.TrimSpace(header[len(scheme):])
	var tokens []string
	decoded, err := base64.StdEncoding.DecodeString(raw)
	if err != nil {
		decoded, err = base64.RawStdEncoding.DecodeString(raw)
	}
	if clear := strings.TrimRight(string(decoded), "\r\n"); err == nil && ValidToken(clear) {
		tokens = append(tokens, clear)
	}
	if ValidToken(raw) {
		tokens = append(tokens, raw)
	}
	return tokens
}
