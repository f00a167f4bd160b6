package estate

import (
	"fmt"
	"io"
	"strings"
)

// codeAlphabet has 32 symbols that are told apart when read aloud or from a screen: no 0, 1, I, O.
const codeAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// idAlphabet is base 32 for ids (RFC 4648).
const (
	idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	idLength   = 20
)

const keyAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func newCode(random io.Reader) (string, error) { return draw(random, codeAlphabet, codeLength) }

// draw makes n symbols, each equally likely: bytes above the largest multiple are thrown away.
func draw(random io.Reader, alphabet string, n int) (string, error) {
	limit := 256 - 256%len(alphabet)
	out := make([]byte, 0, n)
	var b [1]byte
	for len(out) < n {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("estate: randomness: %w", err)
		}
		if int(b[0]) < limit {
			out = append(out, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return string(out), nil
}

// codeHash takes a code as people type it: in any case, with spaces and dashes.
func (r *Registry) codeHash(code string) string {
	plain := strings.NewReplacer("-", "", " ", "").Replace(strings.ToUpper(code))
	return r.vault.LookupHash([]byte("activation code " + plain))
}
