package adyen

import (
	"kassa"
)

// receipts are the two papers of a payment, as lists of lines: the cashier's in the terminal's language,
// the customer's in the customer's.
func (h *Handler) receipts(o *kassa.Order, k kept) []any {
	signature := newest(o).Card.CVM == kassa.CVMSignature
	paper := func(qualifier, language string, cardholder bool) object {
		return object{
			"DocumentQualifier": qualifier, "RequiredSignatureFlag": signature && !cardholder,
			"OutputContent": object{"OutputFormat": "Text", "OutputText": h.paper(o, k, words(language), cardholder)},
		}
	}
	return []any{
		paper("CashierReceipt", h.terminalLanguage(o.TID), false),
		paper("CustomerReceipt", h.language(o.TID, k.CustomerLanguage), true),
	}
}

// lines collects the lines of a paper.
type lines struct {
	words map[string]string
	list  []any
}

// add adds a line. What has neither a name nor a value is a space between lines, or a header that is empty.
func (l *lines) add(key, name, value string, bold bool) {
	text := ""
	if name != "" {
		text = "name=" + escape(name) + "&"
	}
	if value != "" {
		text += "value=" + escape(value) + "&"
	}
	style := "Normal"
	if bold {
		style = "Bold"
	}
	l.list = append(l.list, object{"Text": text + "key=" + escape(key), "CharacterStyle": style, "EndOfLineFlag": true})
}

// row adds a line with its word, unless there is nothing to say.
func (l *lines) row(key, value string) {
	if value != "" {
		l.add(key, l.words[key], value, false)
	}
}

func (l *lines) filler() { l.add("filler", "", "", false) }

// paper lists the lines in the order in which terminals do.
func (h *Handler) paper(o *kassa.Order, k kept, words map[string]string, cardholder bool) []any {
	l := &lines{words: words}
	au := newest(o)
	group, _ := h.Directory.Group(o.Scope)
	local := o.EndedAt.In(h.Zone)
	brand := brandOf(au.Card.Brand)
	l.add("header1", group.Merchant.Name, "", false)
	l.add("header2", group.Merchant.Address, group.Merchant.City, false)
	title := "merchantTitle"
	if cardholder {
		title = "cardholderHeader"
	}
	l.add(title, words[title], "", false)
	l.filler()
	l.row("txdate", local.Format("02/01/2006"))
	l.row("txtime", local.Format("15:04:05"))
	l.filler()
	l.row("pan", "****"+au.Card.Last4)
	l.row("panSeq", au.Card.PSN)
	l.row("preferredName", au.Card.Label)
	l.row("cardType", brand)
	l.row("paymentMethod", brand)
	l.row("paymentMethodVariant", brand)
	l.row("posEntryMode", words[string(au.Entry)])
	if cvm := words["cvm."+string(au.Card.CVM)]; cvm != "" {
		l.add("cvmRes", words["cvmRes"], cvm, false)
	}
	l.filler()
	l.row("aid", au.Card.AID)
	l.row("mid", o.MID)
	l.row("tid", o.POIID)
	l.row("ptid", shortTID(o.POIID))
	l.filler()
	l.row("authCode", au.AuthCode)
	l.row("txRef", TenderReference(o))
	l.row("mref", k.MerchantReference)
	l.filler()
	l.row("txtype", words[transactionType(o.Kind)])
	if o.Tip.Minor > 0 {
		base := kassa.Money{Minor: o.Amount.Minor - o.Tip.Minor, Currency: o.Amount.Currency}
		l.row("amount", printed(base))
		l.row("gratuity", printed(kassa.Money{Minor: o.Tip.Minor, Currency: o.Amount.Currency}))
	}
	l.add("totalAmount", words["totalAmount"], printed(o.Amount), true)
	l.filler()
	l.add("approved", words["approved"], "", true)
	if cardholder {
		l.filler()
		l.add("retain", words["retain"], "", false)
		l.add("thanks", words["thanks"], "", false)
	}
	return l.list
}

// printed is an amount as receipts show it.
func printed(m kassa.Money) string {
	text := m.String()[len(m.Currency)+1:]
	if m.Currency == kassa.EUR {
		return "€ " + text
	}
	return string(m.Currency) + " " + text
}
