package terminal

import (
	"encoding/json"
	"fmt"
	"time"

	"kassa/nexo"
	"kassa/poilink"
)

// RecordKind names what a journal record says.
type RecordKind string

// The record kinds.
const (
	RecordKeys      RecordKind = "keys"      // an initial key was loaded
	RecordDevice    RecordKind = "device"    // the DUKPT device moved on; written before its key is used
	RecordErased    RecordKind = "erased"    // the keys are gone; with Tampered, for as long as it stands
	RecordActivated RecordKind = "activated" // who the terminal is; absent body: unbound
	RecordDown      RecordKind = "down"      // a frame from the cloud was taken over
	RecordUp        RecordKind = "up"        // a frame for the cloud, to be repeated until acknowledged
	RecordJump      RecordKind = "jump"      // the cloud remembers more frames than the journal does
	RecordOpen      RecordKind = "open"      // an exchange began
	RecordAnswer    RecordKind = "answer"    // a request of the exchange was answered
	RecordEnd       RecordKind = "end"       // the exchange ended; Frame is the terminal's own word on it
	RecordWish      RecordKind = "wish"      // somebody wants an order, a refund or a receipt
	RecordWished    RecordKind = "wished"    // what became of a wish
	RecordSetting   RecordKind = "setting"   // a setting was changed
	RecordPaper     RecordKind = "paper"     // a receipt was printed; absent body: all that waited for paper
	RecordAsked     RecordKind = "asked"     // a register asks the customer for something, or shows it later
	RecordReplied   RecordKind = "replied"   // a request of class Device was answered with Frame
	RecordManaged   RecordKind = "managed"   // the administrator set the terminal from the cloud
	RecordCommand   RecordKind = "command"   // the cloud commanded something; absent body: a message was read
	RecordDeveloper RecordKind = "developer" // the device is in developer mode, for ever
	RecordSells     RecordKind = "sells"     // what an unattended terminal sells: Frame
	RecordCharging  RecordKind = "charging"  // how far a session is: Frame
	RecordMarked    RecordKind = "marked"    // the card that pays for a session
	RecordSnapshot  RecordKind = "snapshot"  // all of the above in one, after compaction
)

// Record is one line of the journal.
type Record struct {
	Kind RecordKind `json:"k"`
	// IKID and KCV name the initial key; Device is the DUKPT state, sealed under the storage key.
	IKID   string `json:"ikid,omitempty"`
	KCV    string `json:"kcv,omitempty"`
	Device []byte `json:"device,omitempty"`
	// Tampered tells that the device was opened, Alarm by which sensor.
	Tampered bool   `json:"tampered,omitempty"`
	Alarm    string `json:"alarm,omitempty"`

	Activated *poilink.Activated             `json:"activated,omitempty"`
	Seq       uint64                         `json:"seq,omitempty"`
	Frame     *poilink.Frame                 `json:"frame,omitempty"`
	At        time.Time                      `json:"at,omitzero"`
	Open      *Exchange                      `json:"open,omitempty"`
	Answer    *poilink.AuthorisationResponse `json:"answer,omitempty"`
	End       *Ending                        `json:"end,omitempty"`
	Receipt   *Receipt                       `json:"receipt,omitempty"`
	Snapshot  *durable                       `json:"snapshot,omitempty"`

	// Wish is a new wish. WishType and WishID name one that Exchange, Stopped or its end is known of.
	Wish         *Wish                 `json:"wish,omitempty"`
	WishType     poilink.Type          `json:"wishType,omitempty"`
	WishID       string                `json:"wishId,omitempty"`
	Exchange     string                `json:"exchange,omitempty"`
	Stopped      bool                  `json:"stopped,omitempty"`
	RefundAnswer *poilink.RefundAnswer `json:"refundAnswer,omitempty"`
	Setting      string                `json:"setting,omitempty"`
	Value        string                `json:"value,omitempty"`
	Past         *Past                 `json:"past,omitempty"`
	// Outcome is the end of an order that was started here.
	Outcome *Outcome `json:"outcome,omitempty"`
	Asked   *Asked   `json:"asked,omitempty"`
	Reply   *Reply   `json:"reply,omitempty"`

	Managed *Managed         `json:"managed,omitempty"`
	Command *poilink.Command `json:"command,omitempty"`
	Charge  *Charge          `json:"charge,omitempty"`
}

// Exchange is a payment that the cloud asked for, as the journal knows it.
type Exchange struct {
	ID          string    `json:"id"`
	SaleID      string    `json:"saleId"`
	Reference   string    `json:"reference,omitempty"`
	AmountMinor int64     `json:"amountMinor"`
	Currency    string    `json:"currency"`
	Label       string    `json:"label,omitempty"`
	Received    time.Time `json:"received"`
	ValidForMS  int64     `json:"validForMS,omitempty"`

	// Type is what the payment does.
	Type nexo.PaymentType `json:"type,omitempty"`
	// Origin is set where the order was started on this terminal, with Asked, its amount then, and what
	// the app wants.
	Origin   poilink.Origin    `json:"origin,omitempty"`
	Kind     poilink.StartKind `json:"kind,omitempty"`
	Asked    int64             `json:"asked,omitempty"`
	Tipping  *bool             `json:"tipping,omitempty"`
	Printing *bool             `json:"printing,omitempty"`
	// TipMinor is the part of AmountMinor that is a tip.
	TipMinor int64 `json:"tipMinor,omitempty"`

	// Requests counts the authorisations asked for; Pending is the one without an answer.
	Requests  int                            `json:"requests,omitempty"`
	Pending   *poilink.AuthorisationRequest  `json:"pending,omitempty"`
	PendingAt time.Time                      `json:"pendingAt,omitzero"`
	Answer    *poilink.AuthorisationResponse `json:"answer,omitempty"`
	Advice    *poilink.CompletionAdvice      `json:"advice,omitempty"`
	// Card and Entry are what the receipt may print of the card last read.
	Card  *poilink.Card     `json:"card,omitempty"`
	Entry poilink.EntryMode `json:"entry,omitempty"`
}

// outstanding tells whether the cloud owes an answer or a decision.
func (e *Exchange) outstanding() bool {
	return e.Pending != nil || e.Advice != nil || e.chipOwes()
}

// chipOwes tells that the host approved a contact card and the card's own word was never sent.
func (e *Exchange) chipOwes() bool {
	return e.Advice == nil && e.Answer != nil && e.Answer.Verdict == poilink.VerdictHostApproved
}

// Ending is how an exchange ended. Response is set when the terminal ended it.
type Ending struct {
	Exchange string         `json:"exchange"`
	Result   Result         `json:"result"`
	Text     string         `json:"text,omitempty"`
	Response *nexo.Response `json:"response,omitempty"`
}

// durable is what the journal adds up to. Only apply changes it, so that a restart, which folds the
// same records, comes to the same value.
type durable struct {
	IKID      string             `json:"ikid,omitempty"`
	KCV       string             `json:"kcv,omitempty"`
	Device    []byte             `json:"device,omitempty"`
	Tampered  bool               `json:"tampered,omitempty"`
	Alarm     string             `json:"alarm,omitempty"`
	Alarms    int                `json:"alarms,omitempty"` // of its whole life
	Developer bool               `json:"developer,omitempty"`
	Activated *poilink.Activated `json:"activated,omitempty"`
	UpSeq     uint64             `json:"upSeq,omitempty"`
	DownSeq   uint64             `json:"downSeq,omitempty"`
	Outbox    []poilink.Frame    `json:"outbox,omitempty"`
	Open      *Exchange          `json:"open,omitempty"`
	Ended     []Ending           `json:"ended,omitempty"`
	Receipts  []Receipt          `json:"receipts,omitempty"`
	Wishes    []Wish             `json:"wishes,omitempty"`
	Outcomes  []Outcome          `json:"outcomes,omitempty"`
	History   []Past             `json:"history,omitempty"`
	// Asked has the screen; Replies are the last answers to requests of class Device.
	Asked   *Asked  `json:"asked,omitempty"`
	Replies []Reply `json:"replies,omitempty"`
	// Managed is what the cloud set; Commands are the last ids, Messages what the staff has not read.
	Managed  *Managed `json:"managed,omitempty"`
	Commands []string `json:"commands,omitempty"`
	Messages []string `json:"messages,omitempty"`
	// Sells is what an unattended terminal sells, Charges its sessions.
	Sells   *poilink.Sells `json:"sells,omitempty"`
	Charges []Charge       `json:"charges,omitempty"`
	// Settings are those that differ from what the model came with.
	Settings map[string]string `json:"settings,omitempty"`
}

func (d *durable) apply(r Record) error {
	switch r.Kind {
	case RecordKeys:
		d.IKID, d.KCV, d.Device = r.IKID, r.KCV, r.Device
	case RecordErased:
		if r.Tampered && !d.Tampered { // another sensor under an alarm that stands is the same alarm
			d.Alarms++
		}
		d.IKID, d.KCV, d.Device, d.Tampered, d.Alarm = "", "", nil, r.Tampered, r.Alarm
	case RecordDeveloper:
		d.Developer = true
	case RecordDevice:
		d.Device = r.Device
	case RecordActivated:
		d.Activated = r.Activated
		if r.Activated == nil { // whoever has it next starts anew
			d.History, d.Settings, d.Receipts, d.Outcomes, d.Managed, d.Messages = nil, nil, nil, nil, nil, nil
			d.Sells, d.Charges = nil, nil
		}
	case RecordDown:
		d.DownSeq = r.Seq
	case RecordUp:
		return d.applyUp(r)
	case RecordJump:
		d.UpSeq, d.Outbox = r.Seq, nil
	case RecordOpen, RecordAnswer, RecordEnd:
		return d.applyExchange(r)
	case RecordSells, RecordCharging, RecordMarked:
		d.applySold(r)
	case RecordManaged:
		d.Managed = r.Managed
	case RecordCommand:
		return d.applyCommand(r.Command)
	case RecordAsked, RecordReplied:
		return d.applyDevice(r)
	case RecordWish, RecordWished:
		return d.applyWish(r)
	case RecordSetting, RecordPaper:
		d.applyMenu(r)
	case RecordSnapshot:
		if r.Snapshot == nil {
			return fmt.Errorf("record %s: no snapshot", r.Kind)
		}
		return d.restore(r.Snapshot)
	default:
		return fmt.Errorf("record of unknown kind %q", r.Kind)
	}
	return nil
}

// restore copies a snapshot by way of its own encoding, so that two states never share memory.
func (d *durable) restore(from *durable) error {
	raw, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	*d = durable{}
	if err := json.Unmarshal(raw, d); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	return nil
}

func (d *durable) applyMenu(r Record) {
	if r.Kind == RecordPaper {
		d.applyPaper(r.Receipt)
		return
	}
	if d.Settings == nil {
		d.Settings = map[string]string{}
	}
	d.Settings[r.Setting] = r.Value
}

func (d *durable) applyUp(r Record) error {
	if r.Frame == nil {
		return fmt.Errorf("record %s: no frame", r.Kind)
	}
	d.UpSeq = r.Seq
	d.Outbox = append(d.Outbox, *r.Frame)
	e := d.Open
	if e == nil {
		return nil
	}
	if q := r.Frame.AuthorisationRequest; q != nil && q.Exchange == e.ID {
		if e.Pending == nil {
			e.PendingAt = r.At
		}
		e.Requests, e.Pending, e.Answer = q.Request, q, nil
		e.Card, e.Entry = new(q.Card), q.Entry
	}
	if t := r.Frame.Tip; t != nil && t.Exchange == e.ID {
		e.AmountMinor += t.AmountMinor
		e.TipMinor += t.AmountMinor
	}
	if a := r.Frame.CompletionAdvice; a != nil && a.Exchange == e.ID {
		e.Advice = a
	}
	return nil
}

func (d *durable) applyExchange(r Record) error {
	switch {
	case r.Kind == RecordOpen && r.Open != nil:
		copied := *r.Open
		d.Open = &copied
		if copied.Origin != "" {
			d.dropWish(poilink.TypeStart, copied.Reference)
		}
	case r.Kind == RecordAnswer && r.Answer != nil && d.Open != nil:
		d.Open.Answer, d.Open.Pending = r.Answer, nil
	case r.Kind == RecordEnd && r.End != nil:
		if d.Open != nil && d.Open.ID == r.End.Exchange {
			d.Open = nil
		}
		d.Ended = lastOf(append(d.Ended, *r.End), maxEnded)
		if r.Outcome != nil {
			d.dropWish(poilink.TypeStart, r.Outcome.Reference)
			d.noteOutcome(r.Outcome)
		}
	default:
		return fmt.Errorf("record %s: its body is missing or has no exchange", r.Kind)
	}
	if r.Past != nil {
		d.History = lastOf(append(d.History, *r.Past), maxHistory)
	}
	if r.Receipt != nil {
		d.Receipts = lastOf(append(d.Receipts, *r.Receipt), maxReceipts)
	}
	if r.Frame != nil {
		d.UpSeq = r.Seq
		d.Outbox = append(d.Outbox, *r.Frame)
	}
	return nil
}

func (d *durable) ended(id string) (Ending, bool) {
	for i := len(d.Ended) - 1; i >= 0; i-- {
		if d.Ended[i].Exchange == id {
			return d.Ended[i], true
		}
	}
	return Ending{}, false
}

// acknowledged drops what the cloud has taken over. It needs no record: welcome says it again.
func (d *durable) acknowledged(seq uint64) {
	for len(d.Outbox) > 0 && d.Outbox[0].Seq <= seq {
		d.Outbox = d.Outbox[1:]
	}
}

// waiting tells whether a frame of which is() holds is still to be acknowledged.
func (d *durable) waiting(is func(poilink.Frame) bool) bool {
	for _, f := range d.Outbox {
		if is(f) {
			return true
		}
	}
	return false
}

func lastOf[T any](list []T, most int) []T {
	if len(list) <= most {
		return list
	}
	return append([]T(nil), list[len(list)-most:]...)
}
