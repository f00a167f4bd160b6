package terminal

import (
	"kassa/card"
	"kassa/dukpt"
	"kassa/emv"
	"kassa/poilink"
)

// ask asks for an authorisation with what the reader and the pad hold.
func (m *Machine) ask() {
	e, r := m.d.Open, m.v.reading
	if e == nil || r == nil {
		return
	}
	req, err := m.request(e, r)
	clear(m.v.pin)
	m.v.pin = nil
	if err != nil {
		m.finish(ResultNotCompleted, problemConfig, failure("DeviceOut", "no key for this payment"))
		return
	}
	if r.request == 0 {
		r.request = req.Request
	}
	m.markCard(e, r.card.PAN)
	f := poilink.Frame{Type: poilink.TypeAuthorisationRequest, AuthorisationRequest: req}
	m.up(f)
	if m.has(FaultDoubleTap) {
		m.up(f)
	}
	m.waitForAnswer(m.now)
	m.progress(poilink.ScreenProcessing)
}

// request seals track 2 and PIN under one fresh key serial number. The request for a PIN on the same
// tap carries the same EMV bytes, cryptogram included, under a new number and a new key.
func (m *Machine) request(e *Exchange, r *reading) (*poilink.AuthorisationRequest, error) {
	txn, err := m.nextKey()
	if err != nil {
		return nil, err
	}
	track := r.card.Track2()
	sealed, err := dukpt.Seal(txn.Key(dukpt.UsageEncrypt), txn.KSN(), []byte(e.ID), []byte(track.Reveal()))
	if err != nil {
		return nil, err
	}
	if m.has(FaultGarble) {
		sealed[len(sealed)-1] ^= 1
	}
	req := &poilink.AuthorisationRequest{
		Exchange: e.ID, Request: e.Requests + 1, Entry: entryMode(r), FollowUpOf: r.request,
		Card: poilink.Card{
			BIN: r.card.PAN.BIN(), Last4: r.card.PAN.Last4(), Brand: string(r.card.Brand),
			AID: r.card.AID, Label: r.card.Label, Expiry: r.card.Expiry, PSN: r.card.PSN,
			CVM: r.cvm, SingleTap: r.entry == Tap,
		},
		Sealed: sealed, KSN: txn.KSN().String(),
	}
	if r.entry == Swipe {
		req.Card.AID, req.Card.PSN = "", ""
	} else {
		public, _ := emv.SplitSensitive(r.list)
		req.EMV = public.Encode()
	}
	if len(m.v.pin) == 0 {
		return req, nil
	}
	req.Card.CVM = poilink.CVMOnlinePIN
	req.PIN, err = m.pinBlock(txn, r.card.PAN)
	return req, err
}

func (m *Machine) pinBlock(txn dukpt.Transaction, pan card.PAN) ([]byte, error) {
	pin, err := card.ParsePIN(string(m.v.pin))
	if err != nil {
		return nil, err
	}
	fill, err := m.read(8)
	if err != nil {
		return nil, err
	}
	block, err := dukpt.EncryptPIN(txn.Key(dukpt.UsagePIN), pin, pan, [8]byte(fill))
	if err != nil {
		return nil, err
	}
	return block[:], nil
}

func entryMode(r *reading) poilink.EntryMode {
	switch {
	case r.entry == Insert:
		return poilink.EntryChip
	case r.entry == Swipe && r.fallback:
		return poilink.EntryFallback
	case r.entry == Swipe:
		return poilink.EntryMagstripe
	}
	return poilink.EntryContactless
}

// complete ends the contact transaction with the card after the host approved: the second GENERATE
// AC. A card that left with the power, or that does not know its issuer in tag 91, does not approve.
func (m *Machine) complete() {
	e := m.d.Open
	if e == nil || e.Answer == nil {
		return
	}
	adv := &poilink.CompletionAdvice{Exchange: e.ID, Request: e.Answer.Request, Outcome: poilink.CardRemoved}
	if r := m.v.reading; r != nil && r.entry == Insert {
		adv.Outcome, adv.EMV = r.second(e.Answer.EMV)
	}
	m.up(poilink.Frame{Type: poilink.TypeCompletionAdvice, CompletionAdvice: adv})
	m.after(timerAgain, askAgainFirst)
}

// second is the card's last word with the data that prove it.
func (r *reading) second(answer []byte) (poilink.CardOutcome, []byte) {
	outcome, cid, tvr := poilink.CardRefused, byte(0x00), byte(0x40) // AAC, issuer authentication failed
	if l, err := emv.Parse(answer); err == nil {
		if auth, ok := l.Get(tagIssuerAuth); ok {
			if arc, ok := emv.VerifyIssuerAuth(r.master, r.list, r.arqc, auth); ok && arc == "00" {
				outcome, cid, tvr = poilink.CardApproved, 0x40, 0 // TC
			}
		}
	}
	list := emv.List{{Tag: tagCID, Value: []byte{cid}}}
	var covered emv.List
	for _, e := range r.list {
		switch e.Tag {
		case tagCryptogram, tagCID:
			continue
		case tagTVR:
			v := append([]byte(nil), e.Value...)
			v[4] |= tvr
			e.Value = v
		case tagTSI:
			e.Value = []byte{e.Value[0] | 0x10, 0} // issuer authentication was performed
		}
		covered = append(covered, e)
	}
	if ac, err := emv.Cryptogram(r.master, covered); err == nil {
		list = append(list, emv.TLV{Tag: tagCryptogram, Value: ac[:]})
	}
	for _, t := range []emv.Tag{tagTVR, tagTSI, tagIssuerApp, tagATC, tagCVMResults} {
		if v, ok := covered.Get(t); ok {
			list = append(list, emv.TLV{Tag: t, Value: v})
		}
	}
	return outcome, list.Encode()
}
