package card

import (
	"fmt"
	"log/slog"
)

// Key is a symmetric key in clear. The zero Key is none.
type Key struct{ s secret }

// NewKey copies key; an empty one gives the zero Key.
func NewKey(key []byte) Key {
	if len(key) == 0 {
		return Key{}
	}
	return Key{newSecret(string(key))}
}

// Reveal returns a copy of the key.
func (k Key) Reveal() []byte { return []byte(k.s.reveal()) }

// Len returns the length in bytes.
func (k Key) Len() int { return len(k.s.reveal()) }

// IsZero tells whether there is no key.
func (k Key) IsZero() bool { return k.s.value == nil }

// Equal compares without telling by its duration where two keys differ.
func (k Key) Equal(other Key) bool { return k.s.equal(other.s) }

// masked tells the length, which is no secret. A KCV is for who computes it to show.
func (k Key) masked() string {
	if k.IsZero() {
		return ""
	}
	return fmt.Sprintf("[key of %d bytes]", k.Len())
}

// String returns the masked form.
func (k Key) String() string { return k.masked() }

// Format prints the masked form for every verb.
func (k Key) Format(f fmt.State, _ rune) { printMasked(f, k.masked()) }

// MarshalJSON gives the masked form; there is no way back.
func (k Key) MarshalJSON() ([]byte, error) { return quoted(k.masked()) }

// MarshalText gives the masked form.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.masked()), nil }

// LogValue gives the masked form.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.masked()) }
