package multisafepay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// decode reads a body strictly: one JSON object, UTF-8, no key twice, nothing behind it. Errors
// say what is wrong with the text, and never quote it.
func decode(body []byte) (object, error) { return decodeUpTo(body, maxValues) }

func decodeUpTo(body []byte, values int) (object, error) {
	d := decoder{jsontext.NewDecoder(bytes.NewReader(body)), values, values}
	if d.PeekKind() != '{' {
		if len(bytes.TrimSpace(body)) == 0 {
			return nil, errors.New("the body is empty; it must be a JSON object")
		}
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
	limit, left int // of values
}

func (d *decoder) value(depth int) (any, error) {
	if d.left--; d.left < 0 {
		return nil, fmt.Errorf("the body may hold %d values at most", d.limit)
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
		return readNumber(token.String())
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

func readNumber(literal string) (any, error) {
	if len(literal) > maxNumber {
		return nil, fmt.Errorf("a number may have %d characters at most", maxNumber)
	}
	if _, err := strconv.ParseFloat(literal, 64); err != nil {
		return nil, errors.New("a number is too large")
	}
	return number(literal), nil
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

// variants refuses a key that differs from a known one in case only: other parsers would take the
// one for the other.
func variants(o object, where string, known ...string) error {
	for _, key := range sortedKeys(o) {
		for _, k := range known {
			if key != k && strings.EqualFold(key, k) {
				return fmt.Errorf("%s%s is spelled in lower case; the body has it in another case", where, k)
			}
		}
	}
	return nil
}

// absent tells whether a field is missing for the dialect: clients send "" and null for that.
func absent(o object, field string) bool {
	v, ok := o[field]
	return !ok || v == nil || v == ""
}

// text reads an optional string; a number counts as its digits, since clients send house numbers
// and references either way.
func text(o object, where, field string, limit int) (any, error) {
	switch v := o[field].(type) {
	case nil:
		return nil, nil
	case string:
		if utf8.RuneCountInString(v) > limit {
			return nil, fmt.Errorf("%s%s may have %d characters at most", where, field, limit)
		}
		return v, nil
	case number:
		return string(v), nil
	}
	return nil, fmt.Errorf("%s%s must be a string", where, field)
}

// whole reads a whole number that may also be sent as a string of digits.
func whole(v any) (int64, bool) {
	var digits string
	switch v := v.(type) {
	case string:
		digits = v
	case number:
		digits = string(v)
	}
	if digits == "" || len(digits) > 18 || (digits[0] == '0' && digits != "0") {
		return 0, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

func child(o object, where, field string) (object, error) {
	switch v := o[field].(type) {
	case nil:
		return nil, nil
	case object:
		return v, nil
	}
	return nil, fmt.Errorf("%s%s must be an object", where, field)
}
