package iso8583

import (
	"encoding/binary"
	"math/bits"
	"strconv"
)

// Error says which data element is wrong and how. It never holds a value. DE is 0 for the message
// type and for the frame as a whole, 1 for the bitmap.
type Error struct {
	DE  int
	Why string
}

func (e *Error) Error() string {
	switch e.DE {
	case 0:
		return "iso8583: " + e.Why
	case 1:
		return "iso8583: bitmap: " + e.Why
	}
	return "iso8583: DE" + strconv.Itoa(e.DE) + ": " + e.Why
}

const secondary = 1 << 63 // DE1: a second bitmap follows

// Pack writes the message as the profile says.
func (p *Profile) Pack(m *Message) ([]byte, error) {
	if m.invalid != 0 {
		return nil, &Error{m.invalid, "there is no such data element"}
	}
	if len(m.MTI) != 4 || m.MTI[0] != p.version || !check(contentDigits, m.MTI) {
		return nil, &Error{0, "the message type is not four digits of this version"}
	}
	size := 32
	for _, v := range m.values {
		size += len(v) + 3
	}
	out := appendDigits(make([]byte, 0, min(size, p.maxFrame)), p.numeric, m.MTI)
	first := m.present[0]
	if m.present[1] != 0 {
		out = binary.BigEndian.AppendUint64(out, first|secondary)
	} else {
		out = binary.BigEndian.AppendUint64(out, first)
	}
	if m.present[1] != 0 {
		out = binary.BigEndian.AppendUint64(out, m.present[1])
	}
	i := 0
	for word, set := range m.present {
		for ; set != 0; i++ {
			lead := bits.LeadingZeros64(set)
			set &^= 1 << (63 - uint(lead))
			de := word*64 + lead + 1
			if why := p.problem(de, m.values[i]); why != "" {
				return nil, &Error{de, why}
			}
			out = p.appendField(out, p.fields[de], m.values[i])
		}
	}
	if len(out) > p.maxFrame {
		return nil, &Error{0, "the frame is longer than " + strconv.Itoa(p.maxFrame) + " bytes"}
	}
	return out, nil
}

// problem says what keeps a value from being written, or "".
func (p *Profile) problem(de int, v string) string {
	f := p.fields[de]
	switch {
	case f.content == contentNone:
		return "it is not in profile " + p.name
	case f.form == lengthFixed && len(v) != f.max:
		return "its length is not " + strconv.Itoa(f.max)
	case len(v) > f.max:
		return "it is longer than " + strconv.Itoa(f.max)
	case !check(f.content, v):
		return "it holds a character that is not allowed"
	}
	return ""
}

func (p *Profile) appendField(out []byte, f field, v string) []byte {
	out = p.appendLength(out, f.form, len(v))
	switch f.content {
	case contentDigits:
		return appendDigits(out, p.numeric, v)
	case contentSigned:
		return appendDigits(append(out, v[0]), p.numeric, v[1:])
	case contentTrack2:
		if p.numeric == digitsBCD {
			return appendTrack2BCD(out, v)
		}
	}
	return append(out, v...)
}

func (p *Profile) appendLength(out []byte, form lengthForm, n int) []byte {
	h, t, u := byte(n/100), byte(n/10%10), byte(n%10)
	switch {
	case form == lengthFixed:
		return out
	case p.length == digitsBCD && form == lengthLL:
		return append(out, t<<4|u)
	case p.length == digitsBCD:
		return append(out, h, t<<4|u)
	case form == lengthLL:
		return append(out, '0'+t, '0'+u)
	}
	return append(out, '0'+h, '0'+t, '0'+u)
}

// Unpack reads a frame. What it accepts, Pack writes back to the same bytes.
func (p *Profile) Unpack(frame []byte) (*Message, error) {
	if len(frame) > p.maxFrame {
		return nil, &Error{0, "the frame is longer than " + strconv.Itoa(p.maxFrame) + " bytes"}
	}
	r := reader{profile: p, rest: frame, text: make([]byte, 0, 2*len(frame))}
	mti, why := r.digits(4)
	if why == "" && mti[0] != p.version {
		why = "another version"
	}
	if why != "" {
		return nil, &Error{0, "message type: " + why}
	}
	present, err := r.bitmaps()
	if err != nil {
		return nil, err
	}
	var ends [129]uint16 // a frame of 4096 bytes holds at most 8192 digits
	n := 0
	ends[0] = uint16(len(r.text))
	for word, set := range present {
		for set != 0 {
			lead := bits.LeadingZeros64(set)
			set &^= 1 << (63 - uint(lead))
			de := word*64 + lead + 1
			if why := r.field(p.fields[de]); why != "" {
				return nil, &Error{de, why}
			}
			n++
			ends[n] = uint16(len(r.text))
		}
	}
	if len(r.rest) != 0 {
		return nil, &Error{0, "bytes follow the last data element"}
	}
	text := string(r.text)
	m := &Message{MTI: text[:4], present: present, values: make([]string, n)}
	for i := range n {
		m.values[i] = text[ends[i]:ends[i+1]]
	}
	return m, nil
}

// reader walks over a frame and collects the text of its elements.
type reader struct {
	profile *Profile
	rest    []byte
	text    []byte
}

func (r *reader) take(n int) ([]byte, bool) {
	if len(r.rest) < n {
		return nil, false
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b, true
}

func (r *reader) bitmaps() (present [2]uint64, err error) {
	b, ok := r.take(8)
	if !ok {
		return present, &Error{1, "the frame ends early"}
	}
	present[0] = binary.BigEndian.Uint64(b)
	if present[0]&secondary == 0 {
		return present, nil
	}
	present[0] &^= secondary
	if b, ok = r.take(8); !ok {
		return present, &Error{1, "the frame ends early"}
	}
	present[1] = binary.BigEndian.Uint64(b)
	if present[1] == 0 {
		return present, &Error{1, "the second one is empty"}
	}
	return present, nil
}

const (
	whyShort = "the frame ends early"
	whyDigit = "it holds a bad digit"
	whyChar  = "it holds a character that is not allowed"
)

// field reads one element and appends its value to the text. It says what is wrong, or "".
func (r *reader) field(f field) string {
	if f.content == contentNone {
		return "it is not in profile " + r.profile.name
	}
	n := f.max
	if f.form != lengthFixed {
		var why string
		if n, why = r.length(f.form); why != "" {
			return why
		}
		if n == 0 {
			return "it is empty"
		}
		if n > f.max {
			return "it is longer than " + strconv.Itoa(f.max)
		}
	}
	if r.profile.numeric == digitsBCD {
		switch f.content {
		case contentDigits:
			_, why := r.digits(n)
			return why
		case contentTrack2:
			return r.track2BCD(n)
		case contentSigned:
			sign, ok := r.take(1)
			if !ok || sign[0] != 'C' && sign[0] != 'D' {
				return whyChar
			}
			r.text = append(r.text, sign[0])
			_, why := r.digits(n - 1)
			return why
		}
	}
	b, ok := r.take(n)
	if !ok {
		return whyShort
	}
	if !check(f.content, b) {
		return whyChar
	}
	r.text = append(r.text, b...)
	return ""
}

// length reads an LL or LLL prefix.
func (r *reader) length(form lengthForm) (int, string) {
	count := 2
	if form == lengthLLL {
		count = 3
	}
	mark := len(r.text)
	d, why := r.digitsAs(r.profile.length, count)
	if why != "" {
		return 0, "its length: " + why
	}
	n := 0
	for _, c := range d {
		n = n*10 + int(c-'0')
	}
	r.text = r.text[:mark]
	return n, ""
}

func (r *reader) digits(n int) ([]byte, string) { return r.digitsAs(r.profile.numeric, n) }

// digitsAs reads n digits, appends them to the text and returns them.
func (r *reader) digitsAs(form digits, n int) ([]byte, string) {
	mark := len(r.text)
	if form == digitsASCII {
		b, ok := r.take(n)
		if !ok {
			return nil, whyShort
		}
		if !check(contentDigits, b) {
			return nil, whyDigit
		}
		r.text = append(r.text, b...)
		return r.text[mark:], ""
	}
	b, ok := r.take((n + 1) / 2)
	if !ok {
		return nil, whyShort
	}
	for i, c := range b {
		hi, lo := c>>4, c&15
		if hi > 9 || lo > 9 || i == 0 && n%2 == 1 && hi != 0 {
			return nil, whyDigit
		}
		if i > 0 || n%2 == 0 {
			r.text = append(r.text, '0'+hi)
		}
		r.text = append(r.text, '0'+lo)
	}
	return r.text[mark:], ""
}

// track2BCD reads n characters, two a byte, padded right with F.
func (r *reader) track2BCD(n int) string {
	b, ok := r.take((n + 1) / 2)
	if !ok {
		return whyShort
	}
	for i := range n {
		c := b[i/2] >> 4
		if i%2 == 1 {
			c = b[i/2] & 15
		}
		switch {
		case c <= 9:
			r.text = append(r.text, '0'+c)
		case c == 0xD:
			r.text = append(r.text, 'D')
		default:
			return whyDigit
		}
	}
	if n%2 == 1 && b[n/2]&15 != 0xF {
		return whyDigit
	}
	return ""
}

// appendDigits writes checked digits; an odd number of them in BCD has a zero before it.
func appendDigits(out []byte, form digits, v string) []byte {
	if form == digitsASCII {
		return append(out, v...)
	}
	if len(v)%2 == 1 {
		out = append(out, v[0]-'0')
		v = v[1:]
	}
	for i := 0; i < len(v); i += 2 {
		out = append(out, (v[i]-'0')<<4|(v[i+1]-'0'))
	}
	return out
}

func appendTrack2BCD(out []byte, v string) []byte {
	nibble := func(c byte) byte {
		if c == 'D' || c == '=' {
			return 0xD
		}
		return c - '0'
	}
	for i := 0; i < len(v); i += 2 {
		lo := byte(0xF)
		if i+1 < len(v) {
			lo = nibble(v[i+1])
		}
		out = append(out, nibble(v[i])<<4|lo)
	}
	return out
}

// check tells whether every character is allowed in such content.
func check[T string | []byte](c content, v T) bool {
	start := 0
	if c == contentSigned {
		if len(v) == 0 || v[0] != 'C' && v[0] != 'D' {
			return false
		}
		start = 1
	}
	bit := uint8(1) << c
	for i := start; i < len(v); i++ {
		if classes[v[i]]&bit == 0 {
			return false
		}
	}
	return true
}

// classes tells for each byte in which kinds of content it may stand.
var classes = func() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		digit := c >= '0' && c <= '9'
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		set := func(k content, in bool) {
			if in {
				t[i] |= 1 << k
			}
		}
		set(contentDigits, digit)
		set(contentSigned, digit)
		set(contentAN, digit || letter || c == ' ')
		set(contentANS, c >= 0x20 && c <= 0x7E)
		set(contentTrack2, digit || c == 'D' || c == '=')
		set(contentBinary, true)
	}
	return t
}()
