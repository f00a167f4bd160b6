package multisafepay_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"kassa"
	"kassa/journal"
	"kassa/sale/multisafepay"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// signer signs with keys in clear, as a test may.
type signer map[string]string

func (s signer) HMAC(group string, message []byte) ([]byte, error) {
	key, ok := s[group]
	if !ok {
		return nil, fmt.Errorf("no key of group %s", group)
	}
	m := hmac.New(sha512.New, []byte(strings.TrimSpace(key)))
	m.Write(message)
	return m.Sum(nil), nil
}

func (w *world) notifier() *multisafepay.Notifier {
	return &multisafepay.Notifier{Records: w.record, Directory: w, Signer: signer{"100": groupKey}}
}

func TestSignatureVectors(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(string(b), "\n")
	}
	for name, v := range map[string]struct {
		key, body, want string
		at              int64
	}{
		"documentation": {
			key: "8HHhGgRWrA3O7NswjmgwyH7buPPCGnR5AkwAQyqI", at: 1641218884, body: read("vector-documentation.json"),
			want: "06cbf226e7c873eff96921d7fde3998eb6be0de7915ee1c1b5149511fca82e26bb0ab2e6d0e0ad997cbab151e4ba5615418d8e12528301726143ed1146287f93",
		},
		"SDK": {
			key: " your-MultiSafepay-API-key ", at: 1616601851, body: read("vector-sdk.json"),
			want: "9161c7f2e25d94d641bbc06ab504988e4fab4f8a17850a3d2a2584b20db5d13b5633248dcfac3937a6afd414f2cd614770fe0d72729e16fbde30e89898a433ec",
		},
		"own": {
			key: "group-key-123", at: 1700000000, body: `{"amount":100,"description":"Café <b>&/ ","order_id":"pos-1"}`,
			want: "4d614e714252a1a67b037e89ad827e92e616743b387aa589d486379fa51032c27f1d7ab9134fffb64d5630bdcfce7abada56b1c2a690344dfc89b3d9196d02ee",
		},
	} {
		n := &multisafepay.Notifier{Signer: signer{"g": v.key}}
		r, err := n.Prepare(multisafepay.Notice{
			Group: "g", Method: "POST", URL: "https://shop.example/hook?a=b", OrderRef: "a/b", Body: []byte(v.body),
		}, time.Unix(v.at, 0))
		if err != nil {
			t.Fatal(err)
		}
		auth, err := base64.StdEncoding.DecodeString(r.Header.Get("Auth"))
		if want := fmt.Sprintf("%d:%s", v.at, v.want); err != nil || string(auth) != want {
			t.Errorf("%s: Auth %s, want %s", name, auth, want)
		}
		if want := fmt.Sprintf("https://shop.example/hook?a=b&transactionid=a%%2Fb&timestamp=%d", v.at); r.URL != want {
			t.Errorf("%s: URL %s", name, r.URL)
		}
		if string(r.Body) != v.body {
			t.Errorf("%s: the body changed", name)
		}
	}
}

func TestGETHasNoBodyAndNoSignature(t *testing.T) {
	r, err := (&multisafepay.Notifier{}).Prepare(multisafepay.Notice{
		Method: "GET", URL: "http://shop.example/", OrderRef: "x",
	}, time.Unix(5, 0))
	if err != nil || len(r.Body) > 0 || len(r.Header) > 0 || r.URL != "http://shop.example/?transactionid=x&timestamp=5" {
		t.Errorf("%+v %v", r, err)
	}
}

func TestNoticesOfAnOrder(t *testing.T) {
	w := newWorld(t)
	w.mustCreate(strings.Replace(fmt.Sprintf(plainOrder, "n-1"), `"type"`,
		`"payment_options":{"notification_url":"http://127.0.0.1:9/h"},"type"`, 1))
	stream := w.stream("n-1")
	w.feed(stream, shown(), tap(1), declined(1, "65", kassa.SoftDeclinePIN), tap(2), approved(2))
	w.call("POST", "/v1/json/orders/n-1/refunds", groupKey, `{"currency":"EUR","amount":50}`)
	o, _, err := w.till.Find(t.Context(), "multisafepay", "100", "n-1")
	if err != nil {
		t.Fatal(err)
	}
	w.feed(stream, kassa.RefundAnswered{Number: o.Refunds[0].Number, ResponseCode: "00"})

	var got []string
	for _, n := range w.notices() {
		var order struct {
			OrderID   string `json:"order_id"`
			Status    string `json:"status"`
			Financial string `json:"financial_status"`
			Related   []struct{ Status string }
			Reason    string `json:"reason_code"`
		}
		if err := json.Unmarshal(n.Body, &order); err != nil {
			t.Fatal(err)
		}
		if order.OrderID != "n-1" || n.URL != "http://127.0.0.1:9/h" || n.Method != "POST" || n.Group != "100" || n.Order != stream {
			t.Errorf("notice %+v", n)
		}
		got = append(got, n.Event+": "+order.Status+" "+order.Financial+" "+order.Reason)
	}
	want := []string{
		"declined: declined declined 4004", "completed: completed completed 1000",
		"refund: partial_refunded completed 1000", "refund: partial_refunded completed 1000",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("notices:\n%s", strings.Join(got, "\n"))
	}
	last := w.notices()[3].Body
	if answer := w.call("GET", "/v1/json/orders/n-1", groupKey, "").Raw; !strings.Contains(answer, string(last)) {
		t.Errorf("the last body differs from GET:\n%s\n%s", last, answer)
	}
}

// TestWebhookOfTheGroup: an order without a URL of its own goes to the group's, by POST unless it says
// otherwise.
func TestWebhookOfTheGroup(t *testing.T) {
	w := newWorld(t)
	got := w.call("PATCH", "/v1/json/sites/100", groupKey, `{"notification_url":"http://127.0.0.1:9/group"}`)
	if got.Status != 200 {
		t.Fatal(got.Raw)
	}
	options := func(id, options string) {
		w.mustCreate(strings.Replace(fmt.Sprintf(plainOrder, id), `"type"`, `"payment_options":`+options+`,"type"`, 1))
		w.feed(w.stream(id), shown(), tap(1), approved(1))
	}
	options("g-1", `{}`)
	options("g-2", `{"notification_method":"GET"}`)
	options("g-3", `{"notification_url":"http://127.0.0.1:9/own","notification_method":"GET"}`)
	var list []string
	for _, n := range w.notices() {
		r, err := w.notifier().Prepare(n, time.Unix(5, 0))
		must(t, err)
		list = append(list, fmt.Sprintf("%s %s body %v Auth %v", r.Method, r.URL, len(r.Body) > 0, r.Header.Get("Auth") != ""))
	}
	want := []string{
		"POST http://127.0.0.1:9/group?transactionid=g-1&timestamp=5 body true Auth true",
		"GET http://127.0.0.1:9/group?transactionid=g-2&timestamp=5 body false Auth false",
		"GET http://127.0.0.1:9/own?transactionid=g-3&timestamp=5 body false Auth false",
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
}

func TestNoNotice(t *testing.T) {
	w := newWorld(t)
	w.feed(w.order("silent"), shown(), tap(1), approved(1)) // nobody gave a URL
	if got := w.notices(); len(got) > 0 {
		t.Errorf("notices %+v", got)
	}
	if _, ok, err := w.notifier().Render(journal.Entry{Stream: "webhook/1", Fact: journal.Fact{Kind: "OrderCompleted"}}); ok || err != nil {
		t.Errorf("a fact of another kind of stream: %v %v", ok, err)
	}
}

func (w *world) notices() []multisafepay.Notice {
	w.t.Helper()
	entries, err := w.record.Entries(0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var list []multisafepay.Notice
	for _, e := range entries {
		n, ok, err := w.notifier().Render(e)
		if err != nil {
			w.t.Fatal(err)
		}
		if ok {
			list = append(list, n)
		}
	}
	return list
}

func TestAcknowledgement(t *testing.T) {
	n := &multisafepay.Notifier{}
	for reply, ok := range map[string]bool{
		"OK": true, "MULTISAFEPAY_OK": true, "<html>OK</html>": true, strings.Repeat(" ", 98) + "OK": true,
		strings.Repeat(" ", 99) + "OK": false, "": false, "ok": false, "fine": false,
	} {
		if got := n.Judge(200, []byte(reply)); (got == "") != ok {
			t.Errorf("%q: %q", reply, got)
		}
	}
	for _, status := range []int{201, 204, 301, 302, 307, 400, 401, 403, 404, 405, 410, 418, 500, 503} {
		if n.Judge(status, []byte("OK")) == "" {
			t.Errorf("status %d is taken for yes", status)
		}
	}
	if got := n.Judge(200, []byte("hello")); !strings.Contains(got, "your body lacks OK") {
		t.Error(got)
	}
}

// TestBodiesAreFixedPointsOfPython is about receivers that use MultiSafepay's Python SDK: it signs
// what json.dumps makes of what json.loads made of the body.
func TestBodiesAreFixedPointsOfPython(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		text := rapid.StringOfN(rapid.Rune(), 1, 60, 200)
		cart := fmt.Sprintf(`{"items":[{"name":%s,"unit_price":%s,"quantity":%s,"options":[%s,{"x":%s}]}]}`,
			quote(text.Draw(rt, "name")), numberText(rt), numberText(rt), numberText(rt), quote(text.Draw(rt, "option")))
		body := with("shopping_cart", cart)
		body = strings.Replace(body, `"Table 4"`, quote(text.Draw(rt, "description")), 1)
		body = strings.Replace(body, `{"terminal_id"`, `{"x":1,"terminal_id"`, 1)
		body = strings.Replace(body, `"type":`, `"checkout_options":{"validate_cart":false},"payment_options":{"notification_url":"http://127.0.0.1/"},"var1":`+
			quote(text.Draw(rt, "var1"))+`,"type":`, 1)
		if got := w.call("POST", "/v1/json/orders", groupKey, body); got.Status != 200 {
			rt.Fatalf("%s: %s", body, got.Raw)
		}
		w.feed(w.stream("bad"), shown(), tap(1), approved(1))
		for _, n := range w.notices() {
			if again := pythonAgain(rt, n.Body); again != string(n.Body) {
				rt.Fatalf("Python would sign\n%s\ninstead of\n%s", again, n.Body)
			}
		}
	})
}

func numberText(rt *rapid.T) string {
	switch rapid.IntRange(0, 3).Draw(rt, "form") {
	case 0:
		return strconv.FormatInt(rapid.Int64().Draw(rt, "int"), 10)
	case 1:
		return strconv.FormatFloat(rapid.Float64Range(-1e6, 1e6).Draw(rt, "fixed"), 'f', rapid.IntRange(0, 12).Draw(rt, "places"), 64)
	case 2:
		return strconv.FormatFloat(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(rt, "exp"), 'e', -1, 64)
	}
	return rapid.SampledFrom([]string{
		"0", "-0", "-0.0", "1.0", "1.50", "0.60", "1e5", "1E+2", "1e16", "1e15", "123456789012345680.0", "0.0001", "0.00001",
		"1e-7", "9007199254740993", "100000000000000000000000", "2.0800000000", "5e-324",
	}).Draw(rt, "odd")
}

// quote writes a JSON string with everything but letters and digits escaped.
func quote(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return `"` + b.String() + `"`
}

// pythonAgain is json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")) by the
// rules of CPython's json module and float_repr, on the standard library's tokens.
func pythonAgain(rt *rapid.T, body []byte) string {
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	var b strings.Builder
	pythonValue(rt, d, &b)
	if _, err := d.Token(); err != io.EOF {
		rt.Fatalf("something follows the body: %v", err)
	}
	return b.String()
}

func pythonValue(rt *rapid.T, d *json.Decoder, b *strings.Builder) {
	token, err := d.Token()
	if err != nil {
		rt.Fatal(err)
	}
	switch v := token.(type) {
	case json.Delim:
		b.WriteRune(rune(v))
		for first, key := true, v == '{'; d.More(); first = false {
			if !first {
				b.WriteByte(',')
			}
			if key {
				pythonValue(rt, d, b)
				b.WriteByte(':')
			}
			pythonValue(rt, d, b)
		}
		end, _ := d.Token()
		fmt.Fprint(b, end)
	case string:
		b.WriteString(pythonString(v))
	case json.Number:
		b.WriteString(pythonNumber(string(v)))
	case bool:
		b.WriteString(strconv.FormatBool(v))
	default:
		b.WriteString("null")
	}
}

func pythonString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if short := strings.IndexRune("\"\\\b\f\n\r\t", r); short >= 0 && r != utf8.RuneError {
			b.WriteString(`\` + string(`"\bfnrt`[short]))
		} else if r < 0x20 {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// pythonNumber: an int prints its digits; a float prints repr: the shortest digits that read back,
// in scientific form when the decimal point would stand left of -4 or right of 16.
func pythonNumber(literal string) string {
	if !strings.ContainsAny(literal, ".eE") {
		if literal == "-0" {
			return "0"
		}
		return literal
	}
	f, _ := strconv.ParseFloat(literal, 64)
	sign := ""
	if math.Signbit(f) {
		sign, f = "-", -f
	}
	if f == 0 {
		return sign + "0.0"
	}
	short := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(short, "e")
	digits := strings.Replace(mantissa, ".", "", 1)
	exp, _ := strconv.Atoi(exponent)
	point := exp + 1 // value is 0.digits × 10^point
	switch {
	case point > 16 || point <= -4:
		if len(digits) > 1 {
			digits = digits[:1] + "." + digits[1:]
		}
		return fmt.Sprintf("%s%se%+03d", sign, digits, exp)
	case point <= 0:
		return sign + "0." + strings.Repeat("0", -point) + digits
	case len(digits) <= point:
		return sign + digits + strings.Repeat("0", point-len(digits)) + ".0"
	}
	return sign + digits[:point] + "." + digits[point:]
}
