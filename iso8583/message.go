package iso8583

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// Message is a message type and its data elements. Its zero value is an empty message. Values are
// what the wire carries, at full length; those of binary elements are the raw bytes.
type Message struct {
	// MTI is the message type indicator, four digits.
	MTI string

	present [2]uint64 // bit 63 of the first word is DE1, as in the bitmap on the wire
	values  []string  // of the present elements, in rising order
	invalid int       // a DE out of range that was set; Pack reports it
}

// place is the word and the mask of a data element in the bitmap.
func place(de int) (int, uint64) {
	return (de - 1) >> 6, 1 << (63 - uint(de-1)&63)
}

// rank is the index in values at which the data element is, or would be.
func (m *Message) rank(de int) int {
	word, mask := place(de)
	above := ^(mask | (mask - 1))
	n := bits.OnesCount64(m.present[word] & above)
	if word == 1 {
		n += bits.OnesCount64(m.present[0])
	}
	return n
}

// Set gives a data element its value. An empty value clears it: an absent element and an empty one
// are the same thing. A DE outside 2 to 128 makes Pack fail.
func (m *Message) Set(de int, v string) {
	if de < 2 || de > 128 {
		m.invalid = de
		return
	}
	if v == "" {
		m.Clear(de)
		return
	}
	i := m.rank(de)
	if m.Has(de) {
		m.values[i] = v
		return
	}
	if m.values == nil {
		m.values = make([]string, 0, 24)
	}
	word, mask := place(de)
	m.present[word] |= mask
	m.values = slices.Insert(m.values, i, v)
}

// Get is the value of a data element, "" when it is absent.
func (m *Message) Get(de int) string {
	if !m.Has(de) {
		return ""
	}
	return m.values[m.rank(de)]
}

// Has tells whether the data element is present.
func (m *Message) Has(de int) bool {
	if de < 2 || de > 128 {
		return false
	}
	word, mask := place(de)
	return m.present[word]&mask != 0
}

// SetBytes is Set for a binary element.
func (m *Message) SetBytes(de int, v []byte) { m.Set(de, string(v)) }

// Bytes is a copy of the value of a data element, nil when it is absent.
func (m *Message) Bytes(de int) []byte {
	if !m.Has(de) {
		return nil
	}
	return []byte(m.Get(de))
}

// Clear removes a data element.
func (m *Message) Clear(de int) {
	if !m.Has(de) {
		return
	}
	i := m.rank(de)
	word, mask := place(de)
	m.present[word] &^= mask
	m.values = slices.Delete(m.values, i, i+1)
}

// Fields lists the data elements that are present, in rising order.
func (m *Message) Fields() []int { return fieldsOf(m.present) }

func fieldsOf(present [2]uint64) []int {
	out := make([]int, 0, bits.OnesCount64(present[0])+bits.OnesCount64(present[1]))
	for word, set := range present {
		for set != 0 {
			lead := bits.LeadingZeros64(set)
			set &^= 1 << (63 - uint(lead))
			out = append(out, word*64+lead+1)
		}
	}
	return out
}

// Clone is a copy that shares nothing that can change.
func (m *Message) Clone() *Message {
	c := *m
	c.values = slices.Clone(m.values)
	return &c
}

// Format prints the message with card data masked, whatever the verb.
func (m Message) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, m.String()) }

// String is the message in one line with card data masked.
func (m Message) String() string {
	var b strings.Builder
	b.WriteString(printable(m.MTI))
	for i, de := range fieldsOf(m.present) {
		b.WriteString(" DE")
		b.WriteString(strconv.Itoa(de))
		b.WriteByte('=')
		b.WriteString(masked(de, m.values[i]))
	}
	return b.String()
}

// MarshalJSON is the message type and the masked data elements, by number.
func (m Message) MarshalJSON() ([]byte, error) {
	out := make(map[string]string, len(m.values)+1)
	out["MTI"] = printable(m.MTI)
	for i, de := range fieldsOf(m.present) {
		out[strconv.Itoa(de)] = masked(de, m.values[i])
	}
	return json.Marshal(out)
}

// LogValue is String.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.String()) }

// masked is what may be shown of a value. A PAN keeps its first six and last four (PCI DSS 3.4.1);
// expiry, tracks, PIN blocks, verification codes and chip data (DE55 holds tags 57 and 5A) keep nothing but their
// length. DE34 and 36 are not in any profile here, but a message may have been given them.
func masked(de int, v string) string {
	switch de {
	case 2:
		if len(v) >= 12 && check(contentDigits, v) {
			return v[:6] + strings.Repeat("*", len(v)-10) + v[len(v)-4:]
		}
		return "(" + strconv.Itoa(len(v)) + " masked)"
	case 14, 34, 35, 36, 45, 52, 55, 110, 126:
		return "(" + strconv.Itoa(len(v)) + " masked)"
	case 64, 128:
		return fmt.Sprintf("%X", v)
	}
	return printable(v)
}

// printable keeps a log line one line, whatever was set.
func printable(v string) string {
	if check(contentANS, v) && !strings.Contains(v, " ") {
		return v
	}
	return strconv.QuoteToASCII(v)
}
