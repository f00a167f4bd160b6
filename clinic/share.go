package clinic

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kassa/doctor"
)

// MaxShare is the longest time that a diagnosis is shared for.
const MaxShare = 30 * 24 * time.Hour

// Share gives a token with which anybody can read a diagnosis, masked, until an instant.
func (k *Clinic) Share(who Reader, id string, until time.Time) (string, error) {
	if _, err := k.Find(who, id); err != nil {
		return "", err
	}
	text := id + "." + strconv.FormatInt(until.Unix(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(text)) + "." + k.sign(text), nil
}

func (k *Clinic) sign(text string) string {
	mac := hmac.New(sha256.New, k.Secret)
	mac.Write([]byte("share " + text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// Shared gives the diagnosis that a token stands for, masked: it names no key, address, person or order.
func (k *Clinic) Shared(token string) (Kept, error) {
	encoded, signature, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !hmac.Equal([]byte(signature), []byte(k.sign(string(text)))) {
		return Kept{}, ErrExpired
	}
	id, expiry, _ := strings.Cut(string(text), ".")
	seconds, err := strconv.ParseInt(expiry, 10, 64)
	if err != nil || !k.Now().Before(time.Unix(seconds, 0)) {
		return Kept{}, ErrExpired
	}
	d, _, err := k.load(id)
	if err != nil {
		return Kept{}, fmt.Errorf("%w", ErrExpired)
	}
	return masked(d), nil
}

// Masked is a diagnosis without what is nobody else's business: it names no key, address, person or order.
func Masked(d Kept) Kept { return masked(d) }

// masked leaves what a shop needs: the causes with what to do, and the evidence without what is nobody else's business.
func masked(d Kept) Kept {
	hide := func(s string) string { return hide(withoutNames(s, d.Names)) }
	hideText := func(t doctor.Text) doctor.Text {
		return doctor.Text{EN: hide(t.EN), NL: hide(t.NL), FR: hide(t.FR), IT: hide(t.IT), ES: hide(t.ES)}
	}
	out := Kept{ID: d.ID, At: d.At, Trigger: d.Trigger, Symptom: hide(d.Symptom), Diagnosis: doctor.Diagnosis{
		Subject: doctor.Subject{Kind: d.Diagnosis.Subject.Kind, ID: short(d.Diagnosis.Subject.ID)}, At: d.Diagnosis.At, Verdict: d.Diagnosis.Verdict,
		RulesVersion: d.Diagnosis.RulesVersion, Findings: []doctor.Finding{}, RuledOut: []doctor.RuledOut{}, Guided: d.Diagnosis.Guided,
	}}
	for _, f := range d.Diagnosis.Findings {
		f.Developer, f.Runbook, f.Action = "", "", doctor.Action{}
		f.Title, f.Shop, f.Fix = hideText(f.Title), hideText(f.Shop), hideText(f.Fix)
		evidence := make([]doctor.Evidence, 0, len(f.Evidence))
		for _, e := range f.Evidence {
			evidence = append(evidence, doctor.Evidence{At: e.At, Source: e.Source, Says: hide(e.Says)})
		}
		f.Evidence = evidence
		out.Diagnosis.Findings = append(out.Diagnosis.Findings, f)
	}
	return out
}

// namesIn lists what a chart calls its orders: references have no form that would tell them from other words.
func namesIn(c *doctor.Chart) (names []string) {
	add := func(list ...string) {
		for _, name := range list {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if c.Order != nil {
		add(c.Order.Ref, c.Order.ID())
	}
	for _, o := range c.Recent {
		add(o.Ref, o.ID())
	}
	for _, call := range c.Calls() {
		add(call.OrderID)
	}
	for _, e := range c.Of(doctor.WebhookDelivered, doctor.WebhookFailed, doctor.WebhookParked) {
		if r, ok := doctor.Read[doctor.TryReport](e); ok {
			add(r.OrderRef, strings.TrimPrefix(r.Order, "order/"))
		}
	}
	return names
}

// withoutNames hides each name where it is a word of its own.
func withoutNames(s string, names []string) string {
	for _, name := range names {
		for from := 0; ; {
			i := strings.Index(s[from:], name)
			if i < 0 {
				break
			}
			i += from
			end := i + len(name)
			before, _ := utf8.DecodeLastRuneInString(s[:i])
			after, _ := utf8.DecodeRuneInString(s[end:])
			if inWord(before) || inWord(after) {
				from = i + 1
				continue
			}
			s, from = s[:i]+hidden+s[end:], i+len(hidden)
		}
	}
	return s
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

const hidden = "•••"

// hide masks keys, e-mail addresses, network addresses, URLs and long numbers.
func hide(s string) string {
	for _, form := range []string{
		`[\w.+-]+@[\w.-]+`, `https?://\S+`, `\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b`, `\[?[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){3,7}\]?(:\d+)?`,
		`\b(test|live|key|acct|grp|wh)_\w+`, `…\w{4}\b`, `\b\d{6,}\b`,
	} {
		s = regexp.MustCompile(form).ReplaceAllString(s, hidden)
	}
	return s
}

// short leaves the last four characters of an id.
func short(id string) string {
	if len(id) <= 4 {
		return id
	}
	return "…" + id[len(id)-4:]
}
