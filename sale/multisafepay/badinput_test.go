package multisafepay_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// with gives a good order with one field set to raw JSON; an empty value takes the field out.
func with(name, value string) string {
	fields := map[string]string{
		"type": `"redirect"`, "order_id": `"bad"`, "currency": `"EUR"`, "amount": "1250",
		"description": `"Table 4"`, "gateway_info": `{"terminal_id":"00000ABC"}`,
	}
	fields[name] = value
	var parts []string
	for k, v := range fields {
		if v != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", k, v))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// withCart gives a good order of 12.50 with these items.
func withCart(items string) string {
	return strings.Replace(with("shopping_cart", `{"items":[`+items+`]}`), "{",
		`{"checkout_options":{"tax_tables":{"alternate":[{"name":"BTW","rules":[{"rate":0.21,"country":"NL"}]},{"name":"odd","rules":[{"rate":"21"}]}]}},`, 1)
}

type badOrder struct {
	body         string
	status, code int
	names        string // what error_info must name
}

var badOrders = map[string]badOrder{
	"empty":                   {"", 400, 1016, "body"},
	"spaces":                  {" \n\t ", 400, 1000, "body"},
	"not JSON":                {"amount=1250&order_id=bad", 400, 1000, "body"},
	"XML":                     {"<order/>", 400, 1000, "body"},
	"array":                   {"[" + with("type", `"redirect"`) + "]", 400, 1000, "object"},
	"null":                    {"null", 400, 1000, "object"},
	"a string":                {`"order"`, 400, 1000, "object"},
	"cut short":               {`{"type":"redirect"`, 400, 1000, "ends"},
	"trailing comma":          {`{"type":"redirect",}`, 400, 1000, "JSON"},
	"comment":                 {`{/* hello */}`, 400, 1000, "JSON"},
	"single quotes":           {`{'type':'redirect'}`, 400, 1000, "JSON"},
	"NaN":                     {with("amount", "NaN"), 400, 1000, "JSON"},
	"leading zero":            {with("amount", "0100"), 400, 1000, "JSON"},
	"hexadecimal":             {with("amount", "0x10"), 400, 1000, "JSON"},
	"plus":                    {with("amount", "+5"), 400, 1000, "JSON"},
	"BOM":                     {"\ufeff" + with("type", `"redirect"`), 400, 1000, "byte order mark"},
	"UTF-16":                  {"\xff\xfe{\x00}\x00", 400, 1000, "UTF-8"},
	"bad UTF-8":               {with("description", "\"\xff\xfe\""), 400, 1000, "UTF-8"},
	"overlong UTF-8":          {with("description", "\"\xc0\xaf\""), 400, 1000, "UTF-8"},
	"lone surrogate":          {with("description", `"\ud800"`), 400, 1000, "UTF-8"},
	"NUL between":             {with("type", `"redirect"`) + "\x00", 400, 1000, "behind"},
	"two objects":             {with("type", `"redirect"`) + with("type", `"redirect"`), 400, 1000, "behind"},
	"duplicate key":           {`{"amount":1,"amount":2}`, 400, 1000, "twice"},
	"escaped duplicate":       {`{"amount":1,"\u0061mount":2}`, 400, 1000, "twice"},
	"nested duplicate":        {with("gateway_info", `{"terminal_id":"00000ABC","terminal_id":"00000DEF"}`), 400, 1000, "twice"},
	"case variant":            {with("Amount", "5"), 400, 1000, "amount"},
	"case variant alone":      {strings.Replace(with("amount", ""), "{", `{"AMOUNT":5,`, 1), 400, 1000, "amount"},
	"long s":                  {with("de\u017fcription", `"x"`), 400, 1000, "description"},
	"terminal in other case":  {with("gateway_info", `{"Terminal_ID":"00000ABC","terminal_id":"00000ABC"}`), 400, 1000, "gateway_info.terminal_id"},
	"url in other case":       {with("payment_options", `{"Notification_URL":"http://x"}`), 400, 1000, "payment_options.notification_url"},
	"33 levels":               {with("custom_info", strings.Repeat(`{"a":`, 32)+"1"+strings.Repeat("}", 32)), 400, 1000, "levels"},
	"100000 levels":           {strings.Repeat(`[`, 100000), 400, 1000, "object"},
	"100000 levels inside":    {`{"a":` + strings.Repeat(`[`, 100000), 400, 1000, "levels"},
	"100000 values":           {`{"a":[` + strings.Repeat("1,", 100_000) + "1]}", 400, 1000, "values"},
	"long number":             {with("x", "1"+strings.Repeat("0", 50)), 400, 1000, "number"},
	"endless number":          {with("x", "1e999"), 400, 1000, "number"},
	"10 MB":                   {with("description", `"`+strings.Repeat("x", 10<<20)+`"`), 413, 1000, "bytes"},
	"type missing":            {with("type", ""), 404, 1016, "type"},
	"type null":               {with("type", "null"), 404, 1016, "type"},
	"type number":             {with("type", "5"), 404, 1000, "type"},
	"type direct":             {with("type", `"direct"`), 404, 1023, "gateway_info.terminal_id"},
	"type unreferenced":       {with("type", `"unreferenced_refund"`), 404, 1034, "unreferenced_refund"},
	"type unheard of":         {with("type", `"Redirect"`), 404, 1000, "type"},
	"capture":                 {with("capture", `"later"`), 404, 1000, "capture"},
	"recurring":               {with("recurring_model", `"cardOnFile"`), 404, 1000, "recurring_model"},
	"order_id missing":        {with("order_id", ""), 404, 1006, "order_id"},
	"order_id empty":          {with("order_id", `""`), 404, 1006, "order_id"},
	"order_id number":         {with("order_id", "5"), 404, 1006, "order_id"},
	"order_id long":           {with("order_id", `"`+strings.Repeat("x", 51)+`"`), 404, 1006, "order_id"},
	"order_id space":          {with("order_id", `"a b"`), 404, 1006, "order_id"},
	"order_id newline":        {with("order_id", `"ab\n"`), 404, 1006, "order_id"},
	"order_id umlaut":         {with("order_id", `"ä"`), 404, 1006, "order_id"},
	"order_id look-alike":     {with("order_id", `"pоs-1"`), 404, 1006, "order_id"},
	"order_id backslash":      {with("order_id", `"a\\b"`), 404, 1006, "order_id"},
	"order_id quote":          {with("order_id", `"a' OR 1=1 --"`), 404, 1006, "order_id"},
	"order_id NUL":            {with("order_id", `"a\u0000"`), 404, 1006, "order_id"},
	"currency missing":        {with("currency", ""), 404, 1002, "currency"},
	"currency USD":            {with("currency", `"USD"`), 404, 1002, "currency"},
	"currency JPY":            {with("currency", `"JPY"`), 404, 1002, "currency"},
	"currency in lower case":  {with("currency", `"eur"`), 404, 1002, "currency"},
	"currency number":         {with("currency", "978"), 404, 1002, "currency"},
	"currency object":         {with("currency", "{}"), 404, 1002, "currency"},
	"amount missing":          {with("amount", ""), 404, 1001, "amount"},
	"amount null":             {with("amount", "null"), 404, 1001, "amount"},
	"amount zero":             {with("amount", "0"), 404, 1001, "amount"},
	"amount minus zero":       {with("amount", "-0"), 404, 1001, "amount"},
	"amount negative":         {with("amount", "-1250"), 404, 1001, "amount"},
	"amount fraction":         {with("amount", "12.5"), 404, 1001, "amount"},
	"amount whole fraction":   {with("amount", "1250.0"), 404, 1001, "amount"},
	"amount exponent":         {with("amount", "1e3"), 404, 1001, "amount"},
	"amount 13 digits":        {with("amount", "1000000000000"), 404, 1001, "amount"},
	"amount 2^53+1":           {with("amount", "9007199254740993"), 404, 1001, "amount"},
	"amount 2^63":             {with("amount", "9223372036854775808"), 404, 1001, "amount"},
	"amount 2^64+1250":        {with("amount", "18446744073709552866"), 404, 1001, "amount"},
	"amount true":             {with("amount", "true"), 404, 1001, "amount"},
	"amount array":            {with("amount", "[1250]"), 404, 1001, "amount"},
	"amount empty string":     {with("amount", `""`), 404, 1001, "amount"},
	"amount string fraction":  {with("amount", `"12.50"`), 404, 1001, "amount"},
	"amount string exponent":  {with("amount", `"1e3"`), 404, 1001, "amount"},
	"amount string spaces":    {with("amount", `" 1250"`), 404, 1001, "amount"},
	"amount string zero":      {with("amount", `"01250"`), 404, 1001, "amount"},
	"amount arabic digits":    {with("amount", `"١٢٥٠"`), 404, 1001, "amount"},
	"description missing":     {with("description", ""), 404, 1008, "description"},
	"description empty":       {with("description", `""`), 404, 1008, "description"},
	"description long":        {with("description", `"`+strings.Repeat("é", 201)+`"`), 404, 1008, "description"},
	"description number":      {with("description", "5"), 404, 1008, "description"},
	"gateway_info string":     {with("gateway_info", `"00000ABC"`), 404, 1016, "gateway_info"},
	"gateway number":          {with("gateway", "5"), 404, 1023, "gateway"},
	"gateway long":            {with("gateway", `"`+strings.Repeat("x", 51)+`"`), 404, 1023, "gateway"},
	"tip above the amount":    {with("amount_details", `{"tip":{"amount":1251}}`), 404, 1001, "amount_details.tip.amount"},
	"tip negative":            {with("amount_details", `{"tip":{"amount":-1}}`), 404, 1001, "amount_details.tip.amount"},
	"tip number":              {with("amount_details", `{"tip":5}`), 404, 1001, "amount_details.tip"},
	"details string":          {with("amount_details", `"x"`), 404, 1001, "amount_details"},
	"tip in other case":       {with("amount_details", `{"Tip":{"amount":1}}`), 400, 1000, "amount_details.tip"},
	"cart: two currencies":    {withCart(`{"unit_price":1,"quantity":1,"currency":"EUR"},{"unit_price":1,"quantity":1,"currency":"USD"}`), 404, 1025, "shopping_cart.items[1].currency"},
	"cart: other currency":    {withCart(`{"unit_price":12.50,"quantity":1,"currency":"USD"}`), 404, 1026, "shopping_cart.items"},
	"cart: currency number":   {withCart(`{"unit_price":12.50,"quantity":1,"currency":978}`), 404, 1030, "shopping_cart.items[0].currency"},
	"cart: a cent too much":   {withCart(`{"unit_price":12.51,"quantity":1}`), 404, 1027, "shopping_cart"},
	"cart: tax forgotten":     {withCart(`{"unit_price":12.50,"quantity":1,"tax_table_selector":"BTW"}`), 404, 1027, "shopping_cart"},
	"cart: no such table":     {withCart(`{"unit_price":12.50,"quantity":1,"tax_table_selector":"VAT"}`), 404, 1029, "shopping_cart.items[0].tax_table_selector"},
	"cart: rate":              {withCart(`{"unit_price":12.50,"quantity":1,"tax_table_selector":"odd"}`), 404, 1028, "rate"},
	"cart: price missing":     {withCart(`{"quantity":1}`), 404, 1031, "shopping_cart.items[0].unit_price"},
	"cart: price in words":    {withCart(`{"unit_price":"12,50","quantity":1}`), 404, 1031, "shopping_cart.items[0].unit_price"},
	"cart: price hexadecimal": {withCart(`{"unit_price":"0x10","quantity":1}`), 404, 1031, "shopping_cart.items[0].unit_price"},
	"cart: tiny price":        {withCart(`{"unit_price":1e-400000000,"quantity":1}`), 404, 1027, "shopping_cart"},
	"cart: quantity missing":  {withCart(`{"unit_price":12.50}`), 404, 5001, "shopping_cart.items[0].quantity"},
	"cart: beyond int64":      {withCart(`{"unit_price":999999999999,"quantity":999999999999}`), 404, 1027, "shopping_cart"},
	"terminal number":         {with("gateway_info", `{"terminal_id":5}`), 404, 1023, "gateway_info.terminal_id"},
	"terminal unknown":        {with("gateway_info", `{"terminal_id":"'; DROP"}`), 404, 1023, "gateway_info.terminal_id"},
	"seconds_active zero":     {with("seconds_active", "0"), 404, 1000, "seconds_active"},
	"seconds_active long":     {with("seconds_active", "31536001"), 404, 1000, "seconds_active"},
	"seconds_active fraction": {with("seconds_active", "1.5"), 404, 1000, "seconds_active"},
	"days_active":             {with("days_active", "366"), 404, 1000, "days_active"},
	"var1 object":             {with("var1", "{}"), 404, 1010, "var1"},
	"var2 long":               {with("var2", `"`+strings.Repeat("x", 501)+`"`), 404, 1010, "var2"},
	"customer array":          {with("customer", "[]"), 404, 1000, "customer"},
	"customer.email object":   {with("customer", `{"email":{}}`), 404, 1000, "customer.email"},
	"custom_info":             {with("custom_info", `{"custom1":[]}`), 404, 1000, "custom_info.custom1"},
	"cart":                    {with("shopping_cart", `{"items":"x"}`), 404, 5001, "shopping_cart.items"},
	"cart item":               {with("shopping_cart", `{"items":[1]}`), 404, 5001, "shopping_cart.items[0]"},
	"cart too large":          {with("shopping_cart", `{"items":[{"name":"`+strings.Repeat("x", 70_000)+`"}]}`), 413, 1000, "shopping_cart"},
	"method":                  {with("payment_options", `{"notification_method":"PUT"}`), 404, 1000, "payment_options.notification_method"},
	"url with a user":         {with("payment_options", `{"notification_url":"http://a:b@127.0.0.1/"}`), 404, 1000, "payment_options.notification_url"},
	"url object":              {with("payment_options", `{"notification_url":{}}`), 404, 1000, "payment_options.notification_url"},
	"url of a live terminal":  {strings.Replace(with("payment_options", `{"notification_url":"http://127.0.0.1/"}`), "00000ABC", "0000LIVE", 1), 404, 1000, "payment_options.notification_url"},
}

func TestBadOrdersAreRefusedAndStoreNothing(t *testing.T) {
	w := newWorld(t)
	for name, c := range badOrders {
		got := w.call("POST", "/v1/json/orders", groupKey, c.body)
		if got.Status != c.status || got.Code != c.code || !strings.Contains(got.Info, c.names) {
			t.Errorf("%s: %d %s; want %d, code %d, naming %s", name, got.Status, got.Raw, c.status, c.code, c.names)
		}
		if len(got.Raw) > 500 {
			t.Errorf("%s: the answer has %d bytes", name, len(got.Raw))
		}
	}
	if w.record.Last() != 0 {
		t.Errorf("%d facts were stored", w.record.Last())
	}
	if len(w.refused) == 0 {
		t.Error("no refused call was recorded")
	}
}

func TestGoodOrders(t *testing.T) {
	w := newWorld(t)
	for name, body := range map[string]string{
		"amount as a string":    with("amount", `"1250"`),
		"smallest amount":       with("amount", "1"),
		"largest amount":        with("amount", "999999999999"),
		"longest description":   with("description", `"`+strings.Repeat("é", 200)+`"`),
		"longest order_id":      with("order_id", `"`+strings.Repeat("x", 49)+`%"`),
		"unknown fields":        with("unheard_of", `{"a":[1,2,{"B":1,"b":2}]}`),
		"gateway empty":         with("gateway", `""`),
		"no terminal":           with("gateway_info", ""),
		"terminal empty":        with("gateway_info", `{"terminal_id":""}`),
		"paymentlink":           with("type", `"paymentlink"`),
		"tip":                   with("amount_details", `{"tip":{"amount":"250"}}`),
		"cart":                  withCart(`{"unit_price":"5.00","quantity":2},{"unit_price":2.0661157,"quantity":"1","tax_table_selector":"BTW"}`),
		"cart rounded once":     withCart(`{"unit_price":10.30476,"quantity":1,"tax_table_selector":"BTW"},{"unit_price":0.02924,"quantity":1}`),
		"cart with a discount":  withCart(`{"unit_price":15.00,"quantity":1,"currency":"EUR"},{"unit_price":2.5,"quantity":-1}`),
		"cart not validated":    strings.Replace(withCart(`{"name":"x"}`), `{"tax`, `{"validate_cart":false,"tax`, 1),
		"empty capture":         with("capture", `""`),
		"empty customer":        with("customer", "null"),
		"32 levels":             with("plugin", strings.Repeat(`[`, 31)+strings.Repeat("]", 31)),
		"seconds":               with("seconds_active", `"3600"`),
		"days":                  with("days_active", "30"),
		"url of a machine here": with("payment_options", `{"notification_url":"http://192.168.1.5:8080/hook","notification_method":"GET"}`),
		"spaces around":         "\n " + with("type", `"redirect"`) + "\r\n\t",
		"emoji and RTL":         with("description", `"☕\u200f \u05d0 \ud83d\ude00"`),
	} {
		id := strings.ReplaceAll(name, " ", "-")
		body = strings.Replace(strings.Replace(body, `"bad"`, `"`+id+`"`, 1), `%"`, `y"`, 1)
		r, err := http.NewRequest("POST", "http://pos.example/v1/json/orders?locale=en_US&x=%zz", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept-Encoding", "application/json")
		r.Header.Set("api_key", groupKey)
		if got := w.send(r); got.Status != 200 {
			t.Errorf("%s: %s", name, got.Raw)
		}
	}
}

func FuzzCreate(f *testing.F) {
	f.Add([]byte(with("amount", "1")))
	f.Add([]byte(`{"a":[{"b":-0.5e-7}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := newWorld(t)
		if got := w.call("POST", "/v1/json/orders", groupKey, string(body)); got.Status >= 500 {
			t.Errorf("%d: %s", got.Status, got.Raw)
		}
	})
}
