package adyen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// object is a JSON object on its way out, or as it came in. Its values are nil, bool, string, int,
// int64, number, raw, object and []any.
type object map[string]any

// number is a JSON number as its sender wrote it, so that no amount passes through a float.
type number string

// raw is JSON that is encoded already.
type raw []byte

// encode writes compact JSON with keys in order, so that the same value gives the same bytes.
func encode(v any) []byte { return appendValue(make([]byte, 0, encodeRoom), v) }

// encodeRoom spares most of what is encoded the copies of a slice that grows.
const encodeRoom = 1024

func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case number:
		return append(dst, v...)
	case raw:
		return append(dst, v...)
	case string:
		if quoted, err := jsontext.AppendQuote(dst, v); err == nil {
			return quoted
		}
		return append(dst, `""`...)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, e)
		}
		return append(dst, ']')
	case object:
		return appendObject(dst, v)
	}
	return append(dst, "null"...)
}

func appendObject(dst []byte, o object) []byte {
	dst = append(dst, '{')
	for i, k := range sortedKeys(o) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendValue(dst, k), ':')
		dst = appendValue(dst, o[k])
	}
	return append(dst, '}')
}

func sortedKeys[V any](o map[string]V) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Limits of what one request may hold.
const (
	maxBody   = 512 << 10 // a page of XHTML to print is 256 KiB of base64 at most
	maxDepth  = 32
	maxValues = 20_000
	maxNumber = 40 // characters of a number
)

// decode reads a body strictly: one JSON object in UTF-8, no key twice, nothing behind it. Errors say
// what is wrong with the text, and never quote it.
func decode(body []byte) (object, error) {
	d := decoder{jsontext.NewDecoder(bytes.NewReader(body)), maxValues}
	if d.PeekKind() != '{' {
		return nil, errors.New("the body must be a JSON object in UTF-8 without a byte order mark")
	}
	v, err := d.value(1)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the body must hold one JSON object and nothing behind it")
	}
	return v.(object), nil
}

type decoder struct {
	*jsontext.Decoder
	left int // values
}

func (d *decoder) value(depth int) (any, error) {
	if d.left--; d.left < 0 {
		return nil, fmt.Errorf("the body may hold %d values at most", maxValues)
	}
	token, err := d.ReadToken()
	if err != nil {
		return nil, notJSON(err)
	}
	switch token.Kind() {
	case '{', '[':
		if depth > maxDepth {
			return nil, fmt.Errorf("the body may be %d levels deep at most", maxDepth)
		}
		if token.Kind() == '{' {
			return d.object(depth)
		}
		return d.array(depth)
	case '"':
		return token.String(), nil
	case '0':
		literal := token.String()
		if len(literal) > maxNumber {
			return nil, fmt.Errorf("a number may have %d characters at most", maxNumber)
		}
		return number(literal), nil
	case 't', 'f':
		return token.Bool(), nil
	}
	return nil, nil
}

func (d *decoder) object(depth int) (any, error) {
	o := make(object)
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, notJSON(err)
		}
		key := name.String()
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o[key] = v
	}
	_, err := d.ReadToken()
	return o, notJSON(err)
}

func (d *decoder) array(depth int) (any, error) {
	list := []any{}
	for d.PeekKind() != ']' {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.ReadToken()
	return list, notJSON(err)
}

func notJSON(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jsontext.ErrDuplicateName):
		return errors.New("the body has a key twice in one object")
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return errors.New("the body ends in the middle of its JSON")
	}
	return errors.New("the body is not JSON in UTF-8")
}

// sub is the object under a key, nil when there is none.
func (o object) sub(key string) object {
	v, _ := o[key].(object)
	return v
}

// text is the string under a key, "" when there is none.
func (o object) text(key string) string {
	v, _ := o[key].(string)
	return v
}

// texts are the strings under a key: an array of them, or one alone, which old clients send.
func (o object) texts(key string) []string {
	switch v := o[key].(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// pairs are form-encoded pairs on their way out.
type pairs map[string]string

// form writes pairs as terminals do: keys in order, everything but the unreserved characters escaped, the
// digits in lower case.
func (p pairs) form() string {
	var b strings.Builder
	for i, k := range sortedKeys(p) {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(k) + "=" + escape(p[k]))
	}
	return b.String()
}

func escape(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
