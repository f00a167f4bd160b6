package dashboard

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hidden stands where something must not be kept.
const hidden = "[hidden]"

// masker takes out of a text what must not be kept: what this call showed as its key, whatever has the
// form of a key or a token, and numbers that could be a card's, in whatever field they are.
type masker struct {
	shown []string
}

// minSecret is the shortest text in which something could be found: a card number, or a JWT's beginning.
const minSecret = 12

// text masks a text without structure.
func (m masker) text(s string) string {
	masked := m.plain(s)
	if strings.Contains(s, "%") {
		if clear, err := url.PathUnescape(s); err == nil {
			if again := m.plain(clear); again != clear {
				return again
			}
		}
	}
	return masked
}

func (m masker) plain(s string) string {
	if len(m.shown) == 0 && len(s) < minSecret {
		return s
	}
	for _, k := range m.shown {
		s = strings.ReplaceAll(s, k, hidden)
	}
	return maskCards(maskTokens(s))
}

// body masks a body: JSON by the names of its fields and by what the values look like, a form likewise,
// and any other text by what it looks like. It may be the beginning of one only.
func (m masker) body(raw []byte) string {
	text := strings.ToValidUTF8(string(raw), "�")
	if !slices.ContainsFunc(append(slices.Clone(m.shown), `\`, "%", "+"), func(s string) bool { return strings.Contains(text, s) }) {
		m.shown = nil // nothing could hide what was shown as the key, and it is not there
	}
	trimmed := strings.TrimLeft(text, " \t\r\n\uFEFF")
	switch {
	case strings.HasPrefix(trimmed, "{"), strings.HasPrefix(trimmed, "["), strings.HasPrefix(trimmed, `"`):
		return m.json(text)
	case strings.Contains(text, "=") && !strings.ContainsAny(text, " \n<"):
		return m.form(text)
	}
	return m.text(maskNamed(text))
}

// namedValue is a name with its value as JSON or a program's text has them, wherever it stands.
var namedValue = regexp.MustCompile(`["']([A-Za-z0-9_. -]{1,64})["']\s*[:=]\s*("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"',}\]]+)`)

// maskNamed hides the values of sensitive names in a text that is no JSON as a whole, but perhaps in part:
// a body that a client has cut, or that its shell has taken apart.
func maskNamed(text string) string {
	return namedValue.ReplaceAllStringFunc(text, func(pair string) string {
		found := namedValue.FindStringSubmatch(pair)
		if !sensitive(found[1]) {
			return pair
		}
		return strings.TrimSuffix(pair, found[2]) + `"` + hidden + `"`
	})
}

// form masks name=value pairs, and leaves them decoded where it changed something.
func (m masker) form(text string) string {
	pairs := strings.Split(text, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		clear, err := url.QueryUnescape(value)
		if err != nil {
			clear = value
		}
		switch masked := m.text(clear); {
		case sensitive(name) && value != "":
			pairs[i] = m.text(name) + "=" + hidden
		case masked != clear:
			pairs[i] = m.text(name) + "=" + masked
		default:
			pairs[i] = m.text(pair)
		}
	}
	return strings.Join(pairs, "&")
}

// json masks a JSON text of any shape, also one that is cut or broken: strings are decoded before they
// are looked at, so that an escape hides nothing, and everything else is looked at as it is.
func (m masker) json(text string) string {
	var out strings.Builder
	depth, under := 0, -1 // under is the depth of the brackets in which everything is hidden
	named := false        // the name before the value tells to hide it
	coded := false        // or to look whether it is an activation code
	out.Grow(len(text) + len(text)/8)
	scalar := func(value string, quoted, empty bool) {
		hide := (named || under >= 0 || coded && activationCode(value)) && !empty
		switch named, coded = false, false; {
		case hide:
			writeQuoted(&out, hidden)
		case quoted:
			writeQuoted(&out, m.text(value))
		default:
			out.WriteString(m.text(value))
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '"':
			end, value := literal(text, i)
			if follows(text, end) == ':' {
				named, coded = sensitive(value), strings.EqualFold(value, "code")
				writeQuoted(&out, m.text(value))
			} else {
				scalar(value, true, value == "")
			}
			i = end
		case '{', '[':
			if named && under < 0 {
				under = depth
			}
			named, coded = false, false
			depth++
			out.WriteByte(c)
			i++
		case '}', ']':
			depth--
			if depth <= under {
				under = -1
			}
			named, coded = false, false
			out.WriteByte(c)
			i++
		case ',', ':', ' ', '\t', '\r', '\n':
			out.WriteByte(c)
			i++
		default:
			end := i + 1
			for end < len(text) && strings.IndexByte(`",:{}[]`, text[end]) < 0 {
				end++
			}
			chunk := text[i:end]
			word := strings.TrimRight(chunk, " \t\r\n")
			scalar(word, false, word == "null" || word == "true" || word == "false")
			out.WriteString(chunk[len(word):])
			i = end
		}
	}
	return out.String()
}

// literal reads the string that begins at a quote; one that is cut ends with the text.
func literal(text string, from int) (end int, value string) {
	for end = from + 1; end < len(text) && text[end] != '"'; end++ {
		if text[end] == '\\' {
			end++
		}
	}
	end = min(end, len(text))
	raw := text[from+1 : end]
	if end < len(text) {
		end++
	}
	if !plainJSON(raw) && json.Unmarshal([]byte(`"`+raw+`"`), &value) == nil {
		return end, value
	}
	return end, raw
}

func follows(text string, i int) byte {
	for ; i < len(text); i++ {
		if !strings.ContainsRune(" \t\r\n", rune(text[i])) {
			return text[i]
		}
	}
	return 0
}

// plainJSON tells whether a text is the same in a JSON string.
func plainJSON(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func writeQuoted(out *strings.Builder, s string) {
	if !plainJSON(s) {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(s) // a string and a builder: neither fails
		out.WriteString(strings.TrimSuffix(b.String(), "\n"))
		return
	}
	out.WriteByte('"')
	out.WriteString(s)
	out.WriteByte('"')
}

// sensitive tells whether a field of this name holds what must not be kept.
func sensitive(name string) bool {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
	switch letters {
	case "pan", "pin", "key", "auth", "track1", "track2", "track", "firstname", "lastname", "bic", "authorization",
		"psk":
		return true
	}
	for _, part := range []string{
		"apikey", "token", "secret", "password", "cardnum", "cvc", "cvv", "securitycode", "trackdata", "pinblock",
		"holder", "iban", "cryptogram", "cardexpir",
		"passcode", "passphrase", "pwd", "menupin", "refundpin", "lockpin", "hmackey", "clientkey", // of terminals and webhooks
	} {
		if strings.Contains(letters, part) {
			return true
		}
	}
	return false
}

// activationCode tells whether a value has the form of an activation code, as no code of an error has.
func activationCode(value string) bool {
	return len(value) == 8 && strings.Trim(value, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ") == ""
}

// maskTokens hides the words that have the form of a key or a token.
func maskTokens(s string) string {
	var out strings.Builder
	copied := 0
	for i := 0; i < len(s); {
		if !wordByte(s[i]) {
			i++
			continue
		}
		end := i
		for end < len(s) && (wordByte(s[end]) || s[end] == '.' && strings.HasPrefix(s[i:], "eyJ")) {
			end++
		}
		if from := secretIn(s[i:end]); from >= 0 {
			out.WriteString(s[copied : i+from])
			out.WriteString(hidden)
			copied = end
		}
		i = end
	}
	if copied == 0 {
		return s
	}
	out.WriteString(s[copied:])
	return out.String()
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// secretIn tells where in a word a secret begins, -1 when there is none. Kassa's keys begin with their
// environment; a JWT begins with an encoded brace; what else is that long and has no gaps is drawn by
// lot. A UUID, which many registers use as an order id, has its gaps.
func secretIn(word string) int {
	for _, env := range []string{"test_", "live_"} {
		if i := strings.Index(word, env); i >= 0 && len(word)-i >= len(env)+8 {
			return i
		}
	}
	if strings.HasPrefix(word, "eyJ") && len(word) >= 12 {
		return 0
	}
	if len(word) < 32 {
		return -1
	}
	var upper, lower, digit bool
	run, longest := 0, 0
	for i := range len(word) {
		c := word[i]
		upper = upper || c >= 'A' && c <= 'Z'
		lower = lower || c >= 'a' && c <= 'z'
		digit = digit || c >= '0' && c <= '9'
		if run++; c == '-' || c == '_' {
			run = 0
		}
		longest = max(longest, run)
	}
	if digit && (upper || lower) && longest >= 24 || len(word) >= 40 && upper && lower && digit {
		return 0
	}
	return -1
}

// The length of a card number (ISO/IEC 7812-1).
const (
	minPAN = 12
	maxPAN = 19
)

// maskCards leaves the last four digits of every run of digits in which a card number could be, as it
// may be written: in groups, or with other digits before and after.
func maskCards(s string) string {
	var out []byte
	for i := 0; i < len(s); {
		if s[i] < '0' || s[i] > '9' {
			i++
			continue
		}
		end, digits, starts := digitRun(s, i)
		if carriesPAN(digits, starts) {
			if out == nil {
				out = []byte(s)
			}
			left := len(digits) - 4
			for j := i; j < end && left > 0; j++ {
				if s[j] >= '0' && s[j] <= '9' {
					out[j] = '*'
					left--
				}
			}
		}
		i = end
	}
	if out == nil {
		return s
	}
	return string(out)
}

// digitRun reads digits with at most two separators between them; starts tells which digits begin a group.
func digitRun(s string, from int) (end int, digits string, starts []bool) {
	var b []byte
	gap := 1
	for i := from; i < len(s) && gap <= 2; i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			b, starts = append(b, c), append(starts, gap > 0)
			gap, end = 0, i+1
		case strings.IndexByte(" -._+/", c) >= 0:
			gap++
		default:
			gap = 3
		}
	}
	return end, string(b), starts
}

// carriesPAN looks for digits of a card number's length and check digit: the whole run, whatever begins
// a group (or follows its leading zeros) like a card, and, within, the lengths that cards really have.
// Numbers that count time begin with a 1, as no bank's card does.
func carriesPAN(d string, starts []bool) bool {
	n := len(d)
	if n < minPAN {
		return false
	}
	if n <= maxPAN && luhn(d) {
		return true
	}
	start := false
	for i := range n {
		start = starts[i] || start && d[i-1] == '0'
		if d[i] < '2' || d[i] > '6' {
			continue
		}
		for length := minPAN; length <= maxPAN && i+length <= n; length++ {
			if (start || length == 15 || length == 16) && luhn(d[i:i+length]) {
				return true
			}
		}
	}
	return false
}

// luhn tells whether the last digit is the check digit of ISO/IEC 7812-1, annex B.
func luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
