package emv

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of a parsed list: DE55 holds at most 999 bytes, a card's record 255.
const (
	MaxList     = 4096 // bytes
	MaxElements = 128
)

// ErrTLV is in every error of Parse.
var ErrTLV = errors.New("emv: not a BER-TLV list")

// Tag is a BER-TLV tag as a number: 0x9F26, 0x82, 0xDF8101.
type Tag uint32

// String returns the tag in upper-case hexadecimal.
func (t Tag) String() string { return strings.ToUpper(hex.EncodeToString(t.bytes())) }

func (t Tag) bytes() []byte {
	switch {
	case t > 0xFFFFFF:
		return []byte{byte(t >> 24), byte(t >> 16), byte(t >> 8), byte(t)}
	case t > 0xFFFF:
		return []byte{byte(t >> 16), byte(t >> 8), byte(t)}
	case t > 0xFF:
		return []byte{byte(t >> 8), byte(t)}
	}
	return []byte{byte(t)}
}

// The tags that this package works with.
const (
	tagTrack1          Tag = 0x56
	tagTrack2          Tag = 0x57
	tagPAN             Tag = 0x5A
	tagName            Tag = 0x5F20
	tagTrack1Rest      Tag = 0x9F1F
	tagTrack2Rest      Tag = 0x9F20
	tagTrack2Magstripe Tag = 0x9F6B

	tagIAD           Tag = 0x9F10
	tagATC           Tag = 0x9F36
	tagUnpredictable Tag = 0x9F37
)

// sensitive tells whether a tag may hold the PAN, the track or the name of the cardholder.
func (t Tag) sensitive() bool {
	switch t {
	case tagTrack1, tagTrack2, tagPAN, tagName, tagTrack1Rest, tagTrack2Rest, tagTrack2Magstripe:
		return true
	}
	return false
}

// TLV is one element. The value of a constructed element is left as it is.
type TLV struct {
	Tag   Tag
	Value []byte
}

// masked is "tag=value", without the value where it is card data.
func (e TLV) masked() string {
	if e.Tag.sensitive() {
		return e.Tag.String() + "=[masked]"
	}
	return fmt.Sprintf("%s=%X", e.Tag, e.Value)
}

// String prints tag and value, card data masked.
func (e TLV) String() string { return e.masked() }

// Format prints the masked form for every verb.
func (e TLV) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.masked()) }

// MarshalJSON gives the masked form; to move a list, Encode it.
func (e TLV) MarshalJSON() ([]byte, error) { return json.Marshal(e.masked()) }

// List is a sequence of elements, in the order in which they came.
type List []TLV

// Get returns the value of a tag.
func (l List) Get(t Tag) ([]byte, bool) {
	for _, e := range l {
		if e.Tag == t {
			return e.Value, true
		}
	}
	return nil, false
}

// Encode writes the list, lengths in their shortest form.
func (l List) Encode() []byte {
	var out []byte
	for _, e := range l {
		out = append(out, e.Tag.bytes()...)
		n := len(e.Value)
		switch {
		case n < 0x80:
			out = append(out, byte(n))
		case n <= 0xFF:
			out = append(out, 0x81, byte(n))
		case n <= 0xFFFF:
			out = append(out, 0x82, byte(n>>8), byte(n))
		default:
			out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
		}
		out = append(out, e.Value...)
	}
	return out
}

// Parse reads a list. A tag that occurs twice, a length that is not in its shortest form or goes
// past the end, and filling bytes are errors.
func Parse(b []byte) (List, error) {
	if len(b) > MaxList {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrTLV, MaxList)
	}
	var list List
	for len(b) > 0 {
		t, rest, err := parseTag(b)
		if err != nil {
			return nil, err
		}
		n, rest, ok := parseLength(rest)
		if !ok || n > len(rest) {
			return nil, fmt.Errorf("%w: tag %s has a bad length", ErrTLV, t)
		}
		if _, twice := list.Get(t); twice {
			return nil, fmt.Errorf("%w: tag %s occurs twice", ErrTLV, t)
		}
		if len(list) == MaxElements {
			return nil, fmt.Errorf("%w: more than %d elements", ErrTLV, MaxElements)
		}
		list = append(list, TLV{Tag: t, Value: append([]byte{}, rest[:n]...)})
		b = rest[n:]
	}
	return list, nil
}

// parseTag reads one, two or three bytes: EMV has no longer ones.
func parseTag(b []byte) (Tag, []byte, error) {
	if b[0] == 0 || b[0] == 0xFF {
		return 0, nil, fmt.Errorf("%w: filling bytes", ErrTLV)
	}
	t := Tag(b[0])
	if b[0]&0x1F != 0x1F {
		return t, b[1:], nil
	}
	for i := 1; i < 3 && i < len(b); i++ {
		t = t<<8 | Tag(b[i])
		if b[i]&0x80 == 0 {
			return t, b[i+1:], nil
		}
	}
	return 0, nil, fmt.Errorf("%w: a tag does not end", ErrTLV)
}

func parseLength(b []byte) (int, []byte, bool) {
	switch {
	case len(b) >= 1 && b[0] < 0x80:
		return int(b[0]), b[1:], true
	case len(b) >= 2 && b[0] == 0x81 && b[1] >= 0x80:
		return int(b[1]), b[2:], true
	case len(b) >= 3 && b[0] == 0x82 && b[1] != 0:
		return int(b[1])<<8 | int(b[2]), b[3:], true
	}
	return 0, nil, false
}

// SplitSensitive parts a list into what may travel in clear and what must be sealed: track 2 (57),
// PAN (5A), and the other tags that hold track data or the cardholder's name.
func SplitSensitive(l List) (public, sensitive List) {
	for _, e := range l {
		if e.Tag.sensitive() {
			sensitive = append(sensitive, e)
		} else {
			public = append(public, e)
		}
	}
	return public, sensitive
}
