package clinic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"kassa/doctor"
	"kassa/journal"
)

// Kept is a diagnosis that is kept, the state of a stream "diagnosis/ID".
type Kept struct {
	ID      string    `json:"id"` // "diag_test_" or "diag_live_" and what sorts by its instant
	At      time.Time `json:"at"`
	Account string    `json:"account,omitempty"` // empty for the whole installation's
	Group   string    `json:"group,omitempty"`
	Trigger string    `json:"trigger"` // asked, order, offline or webhook
	By      string    `json:"by,omitempty"`
	Symptom string    `json:"symptom,omitempty"`
	// Seq is the fact that started an automatic one.
	Seq       uint64           `json:"seq,omitempty"`
	Diagnosis doctor.Diagnosis `json:"diagnosis"`
	// Names are the references and ids that the findings may name; a shared diagnosis hides them.
	Names []string `json:"names,omitempty"`
	// Judged is what people said of its findings, by code: whether that was it.
	Judged map[string]bool `json:"judged,omitempty"`
}

// The kinds of facts about diagnoses.
const (
	DiagnosisMade   = "DiagnosisMade"
	DiagnosisJudged = "DiagnosisJudged"
)

// Made is the body of DiagnosisMade.
type Made struct {
	ID      string         `json:"id"`
	Subject doctor.Subject `json:"subject"`
	Trigger string         `json:"trigger"`
	Verdict string         `json:"verdict"`
	Codes   []string       `json:"codes,omitempty"`
}

// Judged is the body of DiagnosisJudged.
type Judged struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Yes  bool   `json:"yes"`
	By   string `json:"by,omitempty"`
}

// maxAge is how long a diagnosis is listed.
const maxAge = 90 * 24 * time.Hour

const (
	idDigits = 9 // milliseconds since 1970 in base 36, until the year 5188
	idRandom = 8
	base     = 36
)

// newID makes an id that sorts by its instant.
func (k *Clinic) newID() (string, error) {
	raw := make([]byte, idRandom)
	if _, err := io.ReadFull(k.Random, raw); err != nil {
		return "", fmt.Errorf("clinic: random: %w", err)
	}
	for i, b := range raw {
		raw[i] = "0123456789abcdefghijklmnopqrstuv"[b%32]
	}
	return k.idAt(k.Now(), "x"+string(raw)), nil
}

func (k *Clinic) idAt(at time.Time, rest string) string {
	ms := strconv.FormatInt(at.UnixMilli(), base)
	return "diag_" + string(k.Registry.Environment()) + "_" + strings.Repeat("0", max(0, idDigits-len(ms))) + ms + rest
}

func (d Kept) scope() string {
	if d.Group != "" {
		return d.Group
	}
	return d.Account
}

func codesOf(d doctor.Diagnosis) (codes []string) {
	for _, f := range d.Findings {
		codes = append(codes, f.Code)
	}
	return codes
}

// change is the step of the diagnosis's stream with a fact about it.
func (d Kept) change(expect uint64, at time.Time, kind string, body any) (journal.Batch, error) {
	state, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("clinic: encode %s: %w", d.ID, err)
	}
	payload, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("clinic: encode %s: %w", d.ID, err)
	}
	return journal.Batch{{
		Stream: "diagnosis/" + d.ID, Expect: expect, State: state, Scope: d.scope(),
		Facts: []journal.Fact{{At: at, Kind: kind, Scope: d.scope(), Payload: payload}},
	}}, nil
}

// keep makes a diagnosis durable. One with the same id is the same one.
func (k *Clinic) keep(ctx context.Context, d Kept) error {
	b, err := d.change(0, d.At, DiagnosisMade, Made{d.ID, d.Diagnosis.Subject, d.Trigger, d.Diagnosis.Verdict, codesOf(d.Diagnosis)})
	if err != nil {
		return err
	}
	if _, err := k.Records.Commit(ctx, b); err != nil {
		if errors.Is(err, journal.ErrConflict) {
			return nil
		}
		return fmt.Errorf("clinic: keep %s: %w", d.ID, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last[d.Diagnosis.Subject] = strings.Join(codesOf(d.Diagnosis), " ")
	k.count(d)
	return nil
}

// Find gives a diagnosis that the reader may see.
func (k *Clinic) Find(who Reader, id string) (Kept, error) {
	d, _, err := k.load(id)
	if err == nil && !k.visible(who, d) {
		return Kept{}, fmt.Errorf("%w: diagnosis", ErrUnknown)
	}
	return d, err
}

func (k *Clinic) visible(who Reader, d Kept) bool { return who.sees(d.Account, d.Group) }

func (k *Clinic) load(id string) (d Kept, version uint64, err error) {
	if strings.ContainsRune(id, '/') || id == "" {
		return d, 0, fmt.Errorf("%w: diagnosis", ErrUnknown)
	}
	stream, ok, err := k.Records.Load("diagnosis/" + id)
	switch {
	case err != nil:
		return d, 0, err
	case !ok:
		return d, 0, fmt.Errorf("%w: diagnosis", ErrUnknown)
	}
	if err := json.Unmarshal(stream.State, &d); err != nil {
		return d, 0, fmt.Errorf("clinic: state of %s: %w", stream.ID, err)
	}
	return d, stream.Version, nil
}

// Filter limits a list; what is empty limits nothing.
type Filter struct {
	Subject doctor.Subject
	Code    string
	Trigger string
	Before  string // an id: those before it
	Limit   int
}

const (
	maxScan  = 5000 // diagnoses read for one page
	scanPage = 250
)

// List lists diagnoses of the last 90 days, the newest first. more tells that there are older ones.
func (k *Clinic) List(who Reader, f Filter) (list []Kept, more bool, err error) {
	var scopes []string
	if !who.Operator {
		g := gathering{Clinic: k, who: who}
		if scopes = g.groups(); who.Group == "" {
			scopes = append(scopes, who.Account)
		}
	}
	before := ""
	if f.Before != "" {
		before = "diagnosis/" + f.Before
	}
	oldest := k.Now().Add(-maxAge)
	for scanned := 0; scanned < maxScan; scanned += scanPage {
		streams, err := k.Records.Newest("diagnosis", scopes, before, scanPage)
		if err != nil {
			return nil, false, err
		}
		for _, s := range streams {
			var d Kept
			if err := json.Unmarshal(s.State, &d); err != nil {
				return nil, false, fmt.Errorf("clinic: state of %s: %w", s.ID, err)
			}
			switch {
			case d.At.Before(oldest):
				return list, false, nil
			case !k.visible(who, d) || !f.matches(d):
			case len(list) == f.Limit:
				return list, true, nil
			default:
				list = append(list, d)
			}
			before = s.ID
		}
		if len(streams) < scanPage {
			return list, false, nil
		}
	}
	return list, true, nil
}

func (f Filter) matches(d Kept) bool {
	s := d.Diagnosis.Subject
	return (f.Subject.Kind == "" || s.Kind == f.Subject.Kind) && (f.Subject.ID == "" || s.ID == f.Subject.ID) &&
		(f.Trigger == "" || d.Trigger == f.Trigger) && (f.Code == "" || slices.Contains(codesOf(d.Diagnosis), f.Code))
}

// Feedback keeps whether a finding was the cause. A second word on the same finding counts in the place of the first.
func (k *Clinic) Feedback(ctx context.Context, who Reader, id, code string, yes bool) (Kept, error) {
	d, version, err := k.load(id)
	if err != nil {
		return d, err
	}
	guided := slices.ContainsFunc(d.Diagnosis.Guided, func(g doctor.Guided) bool { return g.Code == code })
	if !k.visible(who, d) || !guided && !slices.Contains(codesOf(d.Diagnosis), code) {
		return d, fmt.Errorf("%w: finding", ErrUnknown)
	}
	former, said := d.Judged[code]
	if said && former == yes {
		return d, nil
	}
	judged := map[string]bool{code: yes}
	for c, y := range d.Judged {
		if c != code {
			judged[c] = y
		}
	}
	d.Judged = judged
	b, err := d.change(version, k.Now(), DiagnosisJudged, Judged{id, code, yes, who.By})
	if err != nil {
		return d, err
	}
	if _, err := k.Records.Commit(ctx, b); err != nil {
		return d, fmt.Errorf("clinic: feedback on %s: %w", id, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	rate := k.rate(code)
	if said {
		rate.judge(former, -1)
	}
	rate.judge(yes, 1)
	return d, nil
}

// HitRate is how often a cause was found, and how often people said that it was it, or not.
type HitRate struct {
	Code  string `json:"code"`
	Found int    `json:"found"` // as the first cause
	Also  int    `json:"also"`  // beside another one
	Yes   int    `json:"yes"`
	No    int    `json:"no"`
}

func (h *HitRate) judge(yes bool, by int) {
	if yes {
		h.Yes += by
	} else {
		h.No += by
	}
}

func (k *Clinic) rate(code string) *HitRate {
	if k.counts[code] == nil {
		k.counts[code] = &HitRate{Code: code}
	}
	return k.counts[code]
}

func (k *Clinic) count(d Kept) {
	for i, code := range codesOf(d.Diagnosis) {
		if i == 0 {
			k.rate(code).Found++
		} else {
			k.rate(code).Also++
		}
	}
	for code, yes := range d.Judged {
		k.rate(code).judge(yes, 1)
	}
}

// maxCounted bounds what is counted again at the start.
const maxCounted = 10_000

// countKept counts the diagnoses of before.
func (k *Clinic) countKept() error {
	streams, err := k.Records.Newest("diagnosis", nil, "", maxCounted)
	if err != nil {
		return fmt.Errorf("clinic: %w", err)
	}
	for _, s := range streams {
		var d Kept
		if err := json.Unmarshal(s.State, &d); err != nil {
			return fmt.Errorf("clinic: state of %s: %w", s.ID, err)
		}
		k.count(d)
		if _, known := k.last[d.Diagnosis.Subject]; !known {
			k.last[d.Diagnosis.Subject] = strings.Join(codesOf(d.Diagnosis), " ")
		}
	}
	return nil
}

// HitRates gives what is known of each rule, by its code.
func (k *Clinic) HitRates() map[string]HitRate {
	k.mu.Lock()
	defer k.mu.Unlock()
	rates := make(map[string]HitRate, len(k.counts))
	for code, r := range k.counts {
		rates[code] = *r
	}
	return rates
}
