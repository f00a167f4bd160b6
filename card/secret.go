package card

import (
	"crypto/subtle"
	"fmt"
	"io"
	"strconv"
)

// secret holds a value behind a pointer to a string. fmt reaches an unexported field by reflection
// without calling its methods, and there prints a pointer as an address and never follows it.
// The first field forbids ==, which would compare addresses.
type secret struct {
	_     [0]func()
	value *string
}

func newSecret(v string) secret { return secret{value: &v} }

func (s secret) reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

func (s secret) equal(other secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.reveal()), []byte(other.reveal())) == 1
}

// printMasked writes the masked text whatever the verb; width and flags do not apply to it.
func printMasked(f fmt.State, masked string) { _, _ = io.WriteString(f, masked) }

func quoted(masked string) ([]byte, error) { return strconv.AppendQuote(nil, masked), nil }

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
