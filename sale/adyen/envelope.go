package adyen

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"kassa"
	"kassa/estate"
	"kassa/nexo"
)

// header is a MessageHeader as it came in.
type header struct {
	version, class, category, kind string
	saleID, serviceID, poiid       string
}

func readHeader(o object) header {
	return header{
		version: o.text("ProtocolVersion"), class: o.text("MessageClass"), category: o.text("MessageCategory"),
		kind: o.text("MessageType"), saleID: o.text("SaleID"), serviceID: o.text("ServiceID"), poiid: o.text("POIID"),
	}
}

// echo is the header of the response.
func (h header) echo() object {
	o := object{
		"ProtocolVersion": nexo.ProtocolVersion, "MessageClass": h.class, "MessageCategory": h.category,
		"MessageType": string(nexo.TypeResponse), "SaleID": h.saleID, "POIID": h.poiid,
	}
	if h.serviceID != "" {
		o["ServiceID"] = h.serviceID
	}
	return o
}

// request is one message of a Sale System while it is served.
type request struct {
	target
	caller Caller
	from   *http.Request // nil for what no call asks any more
	// message is the message as it came in: a Reject repeats it.
	message  []byte
	header   header
	terminal estate.Terminal
	group    estate.Group
	category category
	body     object // the object under "<Category>Request"
	payment  *payment
	reversal *reversal
	// kept is what check wants to be kept with the exchange.
	kept     json.RawMessage
	hash     string
	key      *sealing // of a secured request
	warnings []string
}

// answer is what a request is answered with. The zero value is none.
type answer struct {
	body object
	// reject, when it is not empty, is the EventDetails with which the legacy paths refuse instead: nexo has
	// no word for what the platform between the Sale System and the terminal could not do.
	reject string
	// ok is the answer of two letters to an Abort, with what became of it.
	ok, abort string
}

// response is the Response of an answer; of several results it is the first one's.
func (a answer) response() object {
	if list := responsesIn(a.body); len(list) > 0 {
		return list[0]
	}
	return nil
}

func (a answer) result() string    { return a.response().text("Result") }
func (a answer) condition() string { return a.response().text("ErrorCondition") }

// failure is a response that says no and nothing else.
func failure(condition nexo.ErrorCondition, additional string) answer {
	return answer{body: object{"Response": object{
		"Result": string(nexo.ResultFailure), "ErrorCondition": string(condition), "AdditionalResponse": additional,
	}}}
}

// The error conditions that only this door uses.
const (
	errorInvalidCard        nexo.ErrorCondition = "InvalidCard"
	errorInProgress         nexo.ErrorCondition = "InProgress"
	errorNotFound           nexo.ErrorCondition = "NotFound"
	errorPaymentRestriction nexo.ErrorCondition = "PaymentRestriction"
	errorUnreachableHost    nexo.ErrorCondition = "UnreachableHost"
	errorWrongPIN           nexo.ErrorCondition = "WrongPIN"
	// errorTimeout is what Adyen answers after its processing time-out, although its enumeration lacks it.
	errorTimeout nexo.ErrorCondition = "Communication timeout"
)

// faults collects what is wrong with a request, as a terminal words it.
type faults []string

func (f *faults) missing(at, field string) { f.add(at, field, "Missing") }

func (f *faults) add(at, field, what string) {
	*f = append(*f, "At "+strings.TrimSuffix("SaleToPOIRequest."+at, ".")+", field "+field+": "+what)
}

// answer is the failure that lists them; ok is false when there are none.
func (f faults) answer() (a answer, ok bool) {
	if len(f) == 0 {
		return answer{}, false
	}
	p := pairs{"errors": strings.Join(f, "\n"), "message": "The request is malformed", keyReason: "message_format"}
	return failure(nexo.ErrorMessageFormat, p.form()), true
}

// need gives the string of a field that must be there.
func (f *faults) need(o object, at, field string) string {
	switch v := o[field].(type) {
	case string:
		if v != "" {
			return v
		}
	case nil:
	default:
		f.add(at, field, "Not a string")
		return ""
	}
	f.missing(at, field)
	return ""
}

// classOf are the categories of nexo that a Sale System sends, with the class of each.
var classOf = map[string]string{
	"Abort": "Service", "Admin": "Service", "BalanceInquiry": "Service", "Batch": "Service", "CardAcquisition": "Service",
	"Diagnosis": "Service", "EnableService": "Service", "GetTotals": "Service", "Login": "Service", "Logout": "Service",
	"Loyalty": "Service", "Payment": "Service", "Reconciliation": "Service", "Reversal": "Service", "StoredValue": "Service",
	"TransactionStatus": "Service", "Display": "Device", "Input": "Device", "InputUpdate": "Device", "Print": "Device",
	"CardReaderAPDU": "Device", "CardReaderInit": "Device", "CardReaderPowerOff": "Device", "PIN": "Device", "Sound": "Device",
	"Transmit": "Device",
}

// check tells what is wrong with a header.
func (h header) check(o object) (f faults) {
	const at = "MessageHeader"
	f.need(o, at, "MessageClass")
	f.need(o, at, "MessageCategory")
	f.need(o, at, "MessageType")
	f.need(o, at, "SaleID")
	f.need(o, at, "POIID")
	f.need(o, at, "ServiceID") // nexo has none for class Device; every client of Adyen sends it
	if class, known := classOf[h.category]; known && h.class != "" && h.class != class {
		f.add(at, "MessageClass", "Must be "+class+" for the category "+h.category)
	}
	if h.kind != "" && h.kind != string(nexo.TypeRequest) {
		f.add(at, "MessageType", "Must be Request")
	}
	for _, v := range [][2]string{{"SaleID", h.saleID}, {"ServiceID", h.serviceID}, {"POIID", h.poiid}} {
		if len(v[1]) > maxIdentifier {
			f.add(at, v[0], "Longer than "+strconv.Itoa(maxIdentifier)+" bytes")
		}
		if strings.ContainsFunc(v[1], unicode.IsControl) {
			f.add(at, v[0], "Holds control characters")
		}
	}
	return f
}

// rejectEnvelope is the message with which the legacy paths refuse what never reached a terminal.
func rejectEnvelope(h header, details string, message []byte, now time.Time) object {
	head := object{
		"ProtocolVersion": nexo.ProtocolVersion, "MessageClass": "Event", "MessageCategory": "Event", "MessageType": "Notification",
		"SaleID": orNA(h.saleID), "POIID": orNA(h.poiid), "DeviceID": strconv.FormatInt(now.Unix(), 10),
	}
	if h.serviceID != "" {
		head["ServiceID"] = h.serviceID
	}
	return object{"SaleToPOIRequest": object{"MessageHeader": head, "EventNotification": object{
		"EventToNotify": "Reject", "EventDetails": details, "RejectedMessage": base64.StdEncoding.EncodeToString(message),
		"TimeStamp": stamp(now),
	}}}
}

func orNA(s string) string {
	if s == "" {
		return "N/A"
	}
	return s
}

// EventDetails of Reject envelopes, as Adyen's platform writes them.
const (
	rejectNoLink   = "message=Failed+to+send+message+to+POI.+There+may+be+a+network+issue+or+it+may+not+have+the+websocket+connected."
	rejectSilent   = "message=Did+not+receive+a+response+from+the+POI."
	rejectNotJSON  = "message=Input+is+not+a+JSONObject"
	rejectEmpty    = "message=Empty+input+which+would+have+resulted+in+a+null+result."
	rejectCrypto   = "message=Nexo+Service%3a+crypto+error"
	unreachableMsg = "message=Terminal+is+not+reachable"
)

// stamp writes an instant as terminals do.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// normalStamp writes a TimeStamp of a request as terminals repeat it: in UTC with milliseconds. One that
// cannot be read is repeated as it is.
func normalStamp(s string) string {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return stamp(at)
		}
	}
	return s
}

var amountForm = regexp.MustCompile(`^(0|[1-9][0-9]*)(?:\.([0-9]+))?$`)

// minorOf turns a decimal of major units into minor ones; ok is false for what is no amount of the currency.
// Zeros behind the currency's last digit are none too many.
func minorOf(literal string, currency kassa.Currency) (minor int64, ok bool) {
	parts := amountForm.FindStringSubmatch(literal)
	if parts == nil {
		return 0, false
	}
	exponent := exponentOf(currency)
	fraction := strings.TrimRight(parts[2], "0")
	if len(fraction) > exponent {
		return 0, false
	}
	minor, err := strconv.ParseInt(parts[1]+fraction+strings.Repeat("0", exponent-len(fraction)), 10, 64)
	return minor, err == nil && minor <= kassa.MaxMinor
}

// majorOf writes minor units as a decimal of major ones: with no zero that says nothing, as terminals do.
func majorOf(m kassa.Money) number {
	exponent := exponentOf(m.Currency)
	text := strconv.FormatInt(m.Minor, 10)
	if pad := exponent + 1 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	whole, fraction := text[:len(text)-exponent], strings.TrimRight(text[len(text)-exponent:], "0")
	if fraction != "" {
		whole += "." + fraction
	}
	return number(whole)
}

// exponentOf is how many digits a currency has behind its point (ISO 4217); those that are not listed have two.
func exponentOf(c kassa.Currency) int {
	switch c {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	}
	return 2
}
