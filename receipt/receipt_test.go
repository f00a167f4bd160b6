package receipt_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kassa"
	"kassa/estate"
	"kassa/receipt"
)

var shop = estate.Merchant{Name: "Café De Punt", Address: "Kade 1", City: "Amsterdam", Country: "NL", MID: "KASSA0000000001"}

// paid is a tap of 13.75 of which 1.25 is a tip, with one part of it refunded.
func paid() *kassa.Order {
	at := time.Date(2026, 11, 25, 14, 3, 7, 0, time.UTC)
	o := &kassa.Order{
		NewOrder: kassa.NewOrder{
			Number: 1_795_615_387_000_000, Ref: "pos-1", TID: "00000ABC", MID: "KASSA0000000001", Environment: "test",
			Amount: kassa.Money{Minor: 1375, Currency: kassa.EUR}, Tip: kassa.Tip{Minor: 125, EmployeeID: "33", EmployeeName: "Alonso"},
		},
		Status: kassa.Completed, EndedAt: at,
		Attempts: []kassa.Attempt{{Number: 1_795_615_380_000_001, Status: kassa.AttemptApproved, OpenedAt: at, EndedAt: at, Authorisations: []kassa.Authorisation{{
			Request: 1, STAN: "000123", RRN: "633014000123", TransmittedAt: at, Amount: kassa.Money{Minor: 1375, Currency: kassa.EUR},
			Entry: kassa.Contactless, State: kassa.HostApproved, ResponseCode: "00", AuthCode: "705151",
			Card: kassa.CardFacts{
				BIN: "476173", Last4: "0004", Brand: "VISA", AID: "A0000000031010", Label: "VISA DEBIT", Expiry: "3112", PSN: "00",
				CVM: kassa.CVMOnlinePIN, Cryptogram: "A1B2C3D4E5F60708", TVR: "8000048000", TSI: "6800",
			},
		}}}},
	}
	o.Refunds = []kassa.Refund{{
		Number: 1_795_615_500_000_002, Amount: kassa.Money{Minor: 500, Currency: kassa.EUR}, STAN: "000124", RRN: "633014000124",
		TransmittedAt: at.Add(time.Hour), Status: kassa.RefundCompleted, ResponseCode: "00",
	}}
	return o
}

func declined() *kassa.Order {
	o := paid()
	o.Status, o.End, o.Tip, o.Refunds = kassa.Cancelled, kassa.Inactive, kassa.Tip{}, nil
	a := &o.Attempts[0]
	a.Status, a.Reason = kassa.AttemptDeclined, kassa.DeclinedFunds
	auth := a.Last()
	auth.State, auth.ResponseCode, auth.AuthCode, auth.Reason, auth.Entry = kassa.HostDeclined, "51", "", kassa.DeclinedFunds, kassa.Chip
	return o
}

func amsterdam(t *testing.T) *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestPapers compares with papers that were written by hand.
func TestPapers(t *testing.T) {
	zone := amsterdam(t)
	for name, write := range map[string]func() (receipt.Receipt, bool){
		"approved-42": func() (receipt.Receipt, bool) {
			return receipt.Payment(paid(), shop, receipt.Options{Zone: zone})
		},
		"declined-32": func() (receipt.Receipt, bool) {
			return receipt.Payment(declined(), shop, receipt.Options{Zone: zone, Copy: receipt.Merchant})
		},
		"refund-32": func() (receipt.Receipt, bool) {
			return receipt.Refund(paid(), shop, 1_795_615_500_000_002, receipt.Options{Zone: zone, Language: "nl_NL"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, ok := write()
			if !ok {
				t.Fatal("there is no receipt")
			}
			want, err := os.ReadFile("testdata/" + name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			columns := receipt.Narrow
			if strings.HasSuffix(name, "42") {
				columns = receipt.Wide
			}
			if got := r.Text(columns); got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestEveryPaperHasWhatTheSchemesWant, in every form and language, and nothing that it must not have.
func TestEveryPaperHasWhatTheSchemesWant(t *testing.T) {
	for _, lang := range receipt.Languages() {
		for name, r := range map[string]func(receipt.Options) (receipt.Receipt, bool){
			"approved": func(o receipt.Options) (receipt.Receipt, bool) { return receipt.Payment(paid(), shop, o) },
			"declined": func(o receipt.Options) (receipt.Receipt, bool) { return receipt.Payment(declined(), shop, o) },
			"refund": func(o receipt.Options) (receipt.Receipt, bool) {
				return receipt.Refund(paid(), shop, 1_795_615_500_000_002, o)
			},
		} {
			paper, ok := r(receipt.Options{Language: lang, Zone: time.UTC})
			if !ok {
				t.Fatalf("%s %s: no receipt", lang, name)
			}
			var page, file bytes.Buffer
			if err := paper.HTML(&page); err != nil {
				t.Fatal(err)
			}
			if err := paper.PDF(&file); err != nil {
				t.Fatal(err)
			}
			for form, text := range map[string]string{
				"32": paper.Text(32), "42": paper.Text(42), "HTML": page.String(), "PDF": inflated(t, file.Bytes()),
			} {
				for _, want := range []string{
					"De Punt", "00000ABC", "KASSA0000000001", "pos-1", "2026-11-25", "EUR", "0004", "A0000000031010", "VISA DEBIT", "0001",
				} {
					if !strings.Contains(text, want) {
						t.Errorf("%s %s as %s lacks %s", lang, name, form, want)
					}
				}
				for _, never := range []string{"476173", "3112", "insufficient", "funds"} {
					if strings.Contains(text, never) {
						t.Errorf("%s %s as %s shows %s", lang, name, form, never)
					}
				}
			}
			for line := range strings.Lines(paper.Text(32)) {
				if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 32 {
					t.Errorf("%s %s: %q is longer than 32 columns", lang, name, line)
				}
			}
		}
	}
}

// inflated gives the text of a PDF's streams.
func inflated(t *testing.T, file []byte) string {
	t.Helper()
	if !bytes.HasPrefix(file, []byte("%PDF-")) {
		t.Fatalf("no PDF: %.20q", file)
	}
	var text strings.Builder
	for rest := file; ; {
		_, after, ok := bytes.Cut(rest, []byte("stream\n"))
		if !ok {
			return text.String()
		}
		body, next, _ := bytes.Cut(after, []byte("\nendstream"))
		if z, err := zlib.NewReader(bytes.NewReader(body)); err == nil {
			_, _ = io.Copy(&text, z) // a stream that is no text ends early
		}
		rest = next
	}
}

func TestSamePDFEveryTime(t *testing.T) {
	var one, two bytes.Buffer
	for _, w := range []io.Writer{&one, &two} {
		r, _ := receipt.Payment(paid(), shop, receipt.Options{})
		if err := r.PDF(w); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("two PDFs of one receipt differ")
	}
}

func TestHostileWordsStayWords(t *testing.T) {
	o := paid()
	o.Ref = strings.Repeat("x", 50)
	m := shop
	m.Name = "<script>alert(1)</script>\x1b@\r\n" + strings.Repeat("Very long name ", 20)
	r, _ := receipt.Payment(o, m, receipt.Options{})
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<script") {
		t.Error("a name becomes a script")
	}
	text := r.Text(32)
	if strings.ContainsAny(text, "\x1b\r") || !strings.Contains(strings.ReplaceAll(text, "\n", ""), strings.Repeat("x", 32)) {
		t.Errorf("on paper:\n%s", text)
	}
}

func TestNoPaperWithoutACard(t *testing.T) {
	o := paid()
	o.Attempts = nil
	o.Status = kassa.Cancelled
	if _, ok := receipt.Payment(o, shop, receipt.Options{}); ok {
		t.Error("an order that no card was read for has a receipt")
	}
	if _, ok := receipt.Refund(paid(), shop, 7, receipt.Options{}); ok {
		t.Error("a refund that is none has a receipt")
	}
	asked := paid()
	asked.Status = kassa.Authorising
	asked.Attempts[0].Status = kassa.AttemptOpen
	asked.Attempts[0].Last().State = kassa.HostOpen
	if _, ok := receipt.Payment(asked, shop, receipt.Options{}); ok {
		t.Error("there is a receipt before the host has answered")
	}
}

func TestAnUnknownOutcomeIsNeverCalledDeclined(t *testing.T) {
	o := paid()
	o.Status, o.End = kassa.Cancelled, kassa.NotCompleted
	a := &o.Attempts[0]
	a.Status = kassa.AttemptEnded
	a.Last().State, a.Last().AuthCode, a.Last().ResponseCode = kassa.HostUnknown, "", ""
	r, ok := receipt.Payment(o, shop, receipt.Options{})
	text := r.Text(42)
	if !ok || !strings.Contains(text, "NOT COMPLETED") || !strings.Contains(text, "No money was taken") || strings.Contains(text, "DECLINED") {
		t.Errorf("%v\n%s", ok, text)
	}
}
