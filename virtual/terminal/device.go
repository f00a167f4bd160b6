package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kassa/nexo"
	"kassa/poilink"
	"kassa/virtual/terminal/paint"
)

// Asked is a request of the register that has the screen and no answer yet: an input, or a display that
// waits until the one before it has had its time.
type Asked struct {
	Message nexo.Message `json:"message"`
	At      time.Time    `json:"at"`
}

// Reply is the answer to a request of class Device, kept for repeats.
type Reply struct {
	ID      string          `json:"id"`
	Message json.RawMessage `json:"message,omitempty"`
}

// shown is what a register shows, until it shows something else.
type shown struct {
	blocks  []paint.Block
	picture string
	qualify string
	until   time.Time // what comes next waits so long
}

// device takes a request of class Device, once: a repeat of one that is open changes nothing, and a repeat of
// one that was answered gets the stored answer.
func (m *Machine) device(msg nexo.Message) {
	id := msg.Header.ServiceID
	if m.d.Asked != nil && m.d.Asked.Message.Header.ServiceID == id {
		return
	}
	if r, ok := m.d.replied(id); ok {
		m.up(poilink.Frame{Type: poilink.TypeNexo, Nexo: r.Message})
		return
	}
	if no := m.deviceRefusal(msg); no != nil {
		answer := refusedAll(msg, *no)
		if no.ErrorCondition == nexo.ErrorBusy { // what is true now is no answer for ever
			m.up(m.deviceFrame(msg.Header, answer))
			return
		}
		m.reply(msg.Header, answer, Record{})
		return
	}
	switch msg.Header.MessageCategory {
	case nexo.CategoryPrint:
		m.print(msg)
	default:
		m.endAsked(nexo.ErrorAborted, "Another request of the cash register")
		m.stop(timerScreen)
		if m.v.shown != nil && m.now.Before(m.v.shown.until) {
			m.persist(Record{Kind: RecordAsked, Asked: &Asked{Message: msg, At: m.now}})
			m.v.due[timerPrompt] = m.v.shown.until
			return
		}
		m.giveScreen(msg)
	}
}

// giveScreen gives the screen to a request.
func (m *Machine) giveScreen(msg nexo.Message) {
	if msg.Header.MessageCategory == nexo.CategoryDisplay {
		m.display(msg)
		return
	}
	m.v.shown = nil
	if m.d.Asked == nil {
		m.persist(Record{Kind: RecordAsked, Asked: &Asked{Message: msg, At: m.now}})
	}
	m.askCustomer(*msg.InputRequest)
}

// deviceRefusal says why a request is not taken.
func (m *Machine) deviceRefusal(msg nexo.Message) *nexo.Response {
	switch {
	case msg.Header.POIID != m.cfg.POIID:
		return failure(nexo.ErrorNotAllowed, form("message", "the request is for another POI"))
	case m.d.Activated == nil:
		return failure(nexo.ErrorNotAllowed, form("message", "the terminal is not activated"))
	case m.d.Tampered:
		return failure(nexo.ErrorDeviceOut, form("message", m.unready()))
	}
	if problem, condition := m.deviceProblem(msg); problem != "" {
		return failure(condition, problem)
	}
	if msg.Header.MessageCategory == nexo.CategoryPrint {
		return nil // paper comes out beside a payment too
	}
	switch {
	case m.d.Open != nil:
		return failure(nexo.ErrorBusy, form("message", "Forbidden Request, Service Dialogue PaymentRequest is in Progress", "serviceId", m.d.Open.ID))
	case m.d.startWaiting() != nil:
		return failure(nexo.ErrorBusy, form("message", "Forbidden Request, Service Dialogue PaymentRequest is in Progress"))
	case m.own(), m.v.place != nil && m.v.place.page != pageNotify:
		return failure(nexo.ErrorBusy, form("message", "ADMIN_MENU"))
	}
	return nil
}

// deviceProblem looks at the body of a request: what is wrong with it in the words of Adyen's terminals, form
// encoded, and the condition that goes with it.
func (m *Machine) deviceProblem(msg nexo.Message) (string, nexo.ErrorCondition) {
	var err error
	switch category := msg.Header.MessageCategory; {
	case category == nexo.CategoryDisplay && msg.DisplayRequest != nil:
		_, err = m.displayed(msg.DisplayRequest.DisplayOutput)
	case category == nexo.CategoryInput && msg.InputRequest != nil:
		_, err = m.asks(*msg.InputRequest)
	case category == nexo.CategoryPrint && msg.PrintRequest != nil:
		_, err = printed(msg.PrintRequest.PrintOutput)
		if err == nil && !m.canPrint() {
			return form("message", "this terminal has no printer"), nexo.ErrorUnavailableDevice
		}
	default:
		err = fmt.Errorf("SaleToPOIRequest, field %sRequest: Missing", category)
	}
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, paint.ErrCannotDraw):
		return form("message", err.Error()), nexo.ErrorUnavailableDevice
	case errors.Is(err, errNoService):
		return form("message", err.Error()), nexo.ErrorUnavailableService
	}
	return form("errors", "At SaleToPOIRequest."+string(msg.Header.MessageCategory)+"Request."+err.Error()), nexo.ErrorMessageFormat
}

// displayed makes of the outputs what the screen shows; nil is the idle screen.
func (m *Machine) displayed(list []nexo.DisplayOutput) (*shown, error) {
	if len(list) == 0 || len(list) > maxOutputs {
		return nil, fmt.Errorf("DisplayOutput, field DisplayOutput: 1 to %d outputs", maxOutputs)
	}
	s := &shown{}
	idle := false
	for i, o := range list {
		if o.MinimumDisplayTime < 0 || o.MinimumDisplayTime > 999 {
			return nil, fmt.Errorf("DisplayOutput[%d], field MinimumDisplayTime: 0 to 999", i)
		}
		if !slices.Contains([]nexo.OutputDevice{nexo.CustomerDisplay, nexo.CustomerInput, nexo.CashierDisplay, nexo.CashierInput}, o.Device) {
			return nil, fmt.Errorf("DisplayOutput[%d], field Device: %q is no device", i, clip(string(o.Device), 40))
		}
		s.qualify = o.InfoQualify
		if until := m.now.Add(time.Duration(o.MinimumDisplayTime) * time.Second); until.After(s.until) {
			s.until = until
		}
		reference := ""
		if o.OutputContent.PredefinedContent != nil {
			reference = o.OutputContent.PredefinedContent.ReferenceID
		}
		switch {
		case reference == "Idle":
			idle = true
			continue
		case slices.Contains(pictures(), reference):
			s.picture = reference
		case o.OutputContent.OutputFormat == nexo.FormatMessageRef:
			return nil, fmt.Errorf("DisplayOutput[%d].OutputContent.PredefinedContent, field ReferenceID: %q is unknown", i, clip(reference, 40))
		}
		blocks, err := content(o.OutputContent)
		if err != nil {
			return nil, fmt.Errorf("DisplayOutput[%d].%w", i, err)
		}
		s.blocks = append(s.blocks, blocks...)
	}
	if idle && len(s.blocks) == 0 && s.picture == "" {
		return nil, nil
	}
	return s, nil
}

// content is what an output says in words; a MessageRef may have texts beside its picture.
func content(c nexo.OutputContent) ([]paint.Block, error) {
	if c.OutputFormat != nexo.FormatMessageRef {
		return paint.Content(c)
	}
	if len(c.OutputText) == 0 {
		return nil, nil
	}
	return paint.Texts(c.OutputText)
}

// pictures are the names of what a screen can draw by itself.
func pictures() []string {
	return []string{"Accepted", "AcceptedAnimated", "Declined", "DeclinedAnimated"}
}

func (m *Machine) display(msg nexo.Message) {
	s, err := m.displayed(msg.DisplayRequest.DisplayOutput)
	if err != nil {
		return // it was looked at before it was taken
	}
	m.v.shown = s
	m.reply(msg.Header, eachAll(msg, nexo.Response{Result: nexo.ResultSuccess}), Record{})
	m.rest()
}

func (m *Machine) displayScreen(s shown) Screen {
	out := Screen{Name: ScreenDisplay, Blocks: s.blocks, Lines: paint.Lines(s.blocks), Picture: s.picture, Qualify: s.qualify}
	if len(out.Lines) > 0 {
		out.Title = out.Lines[0]
	}
	return out
}

// printed looks at a document.
func printed(o nexo.PrintOutput) ([]paint.Block, error) {
	documents := []string{"SaleReceipt", "CashierReceipt", "CustomerReceipt", "Document", "Journal", "Voucher"}
	modes := []string{"PrintEnd", "Immediate", "NotRequired", "SoundEnd", ""}
	switch {
	case !slices.Contains(documents, o.DocumentQualifier):
		return nil, fmt.Errorf("PrintOutput, field DocumentQualifier: %q is no document", clip(o.DocumentQualifier, 40))
	case !slices.Contains(modes, o.ResponseMode):
		return nil, fmt.Errorf("PrintOutput, field ResponseMode: %q is no mode", clip(o.ResponseMode, 40))
	}
	blocks, err := paint.Content(o.OutputContent)
	if err != nil {
		return nil, fmt.Errorf("PrintOutput.%w", err)
	}
	return blocks, nil
}

// print puts a document on the roll. Without paper it fails where the register waits for the end of the
// printing, and else comes out with the next roll.
func (m *Machine) print(msg nexo.Message) {
	o := msg.PrintRequest.PrintOutput
	blocks, err := printed(o)
	if err != nil {
		return // it was looked at before it was taken
	}
	waits := o.ResponseMode == "PrintEnd" || o.ResponseMode == "SoundEnd"
	if m.has(FaultPaperOut) && waits {
		m.reply(msg.Header, refusedAll(msg, *failure(nexo.ErrorDeviceOut, form("message", "the printer is out of paper"))), Record{})
		return
	}
	r := m.head("")
	r.Kind, r.Document, r.Blocks, r.Reference = PaperDocument, o.DocumentQualifier, blocks, msg.Header.ServiceID
	if raw, err := json.Marshal(blocks); err == nil {
		r.Size = len(raw)
	}
	if o.RequiredSignatureFlag {
		r.CVM = "Signature: ____________________"
	}
	r.State = m.paperState(true)
	m.reply(msg.Header, eachAll(msg, nexo.Response{Result: nexo.ResultSuccess}), Record{Receipt: r})
	m.emitPaper(r)
}

// reply answers a request as one record with what the answer tells of, so that no crash can leave one
// without the other.
func (m *Machine) reply(h nexo.Header, answer nexo.Message, rec Record) {
	f := m.deviceFrame(h, answer)
	f.Seq = m.d.UpSeq + 1
	rec.Kind, rec.Reply, rec.Seq, rec.Frame = RecordReplied, &Reply{ID: h.ServiceID}, f.Seq, &f
	m.persist(rec)
	m.offer(f)
}

func (m *Machine) deviceFrame(h nexo.Header, answer nexo.Message) poilink.Frame {
	h.MessageType, h.ProtocolVersion, h.MessageClass, h.POIID = nexo.TypeResponse, nexo.ProtocolVersion, "Device", m.cfg.POIID
	answer.Header = h
	raw, err := json.Marshal(answer)
	if err != nil {
		raw = []byte("{}") // strings and structs of strings always encode
	}
	return poilink.Frame{Type: poilink.TypeNexo, Nexo: raw}
}

// eachAll answers all parts of a request alike.
func eachAll(msg nexo.Message, r nexo.Response) nexo.Message {
	var answer nexo.Message
	switch msg.Header.MessageCategory {
	case nexo.CategoryDisplay:
		answer.DisplayResponse = &nexo.DisplayResponse{}
		if msg.DisplayRequest == nil {
			break
		}
		for _, o := range msg.DisplayRequest.DisplayOutput[:min(len(msg.DisplayRequest.DisplayOutput), maxOutputs)] {
			if o.ResponseRequiredFlag == nil || *o.ResponseRequiredFlag {
				answer.DisplayResponse.OutputResult = append(answer.DisplayResponse.OutputResult,
					nexo.OutputResult{Device: o.Device, InfoQualify: o.InfoQualify, Response: r})
			}
		}
	case nexo.CategoryInput:
		answer.InputResponse = &nexo.InputResponse{InputResult: nexo.InputResult{Response: r}}
		if q := msg.InputRequest; q != nil {
			answer.InputResponse.InputResult.Device, answer.InputResponse.InputResult.InfoQualify = q.InputData.Device, q.InputData.InfoQualify
		}
	case nexo.CategoryPrint:
		answer.PrintResponse = &nexo.PrintResponse{Response: r}
		if q := msg.PrintRequest; q != nil {
			answer.PrintResponse.DocumentQualifier = q.PrintOutput.DocumentQualifier
		}
	}
	return answer
}

// refusedAll answers a request that fails; a display says so although nothing of it wants a response.
func refusedAll(msg nexo.Message, r nexo.Response) nexo.Message {
	answer := eachAll(msg, r)
	if d := answer.DisplayResponse; d != nil && len(d.OutputResult) == 0 {
		d.OutputResult = []nexo.OutputResult{{Device: nexo.CustomerDisplay, InfoQualify: "Display", Response: r}}
	}
	return answer
}

// endAsked ends what the register asks, for another reason than the customer's.
func (m *Machine) endAsked(condition nexo.ErrorCondition, why string) {
	a := m.d.Asked
	if a == nil {
		return
	}
	m.reply(a.Message.Header, refusedAll(a.Message, *failure(condition, form("message", why))), Record{})
	m.stop(timerPrompt)
	m.v.prompt = nil
	if m.v.stage == stagePrompt {
		m.v.stage = stageNone
	}
}

// abortAsked is the register's word that it wants no answer any more.
func (m *Machine) abortAsked(r nexo.MessageReference, reason string) {
	if a := m.d.Asked; a != nil && a.Message.Header.ServiceID == r.ServiceID {
		m.endAsked(nexo.ErrorAborted, orText(reason, "MerchantAbort"))
		m.rest()
		return
	}
	if stored, ok := m.d.replied(r.ServiceID); ok {
		m.up(poilink.Frame{Type: poilink.TypeNexo, Nexo: stored.Message})
	}
}

// replied finds a stored answer.
func (d *durable) replied(id string) (Reply, bool) {
	for i := len(d.Replies) - 1; i >= 0; i-- {
		if d.Replies[i].ID == id {
			return d.Replies[i], true
		}
	}
	return Reply{}, false
}

func (d *durable) applyDevice(r Record) error {
	switch {
	case r.Kind == RecordAsked && r.Asked != nil:
		copied := *r.Asked
		d.Asked = &copied
	case r.Kind == RecordReplied && r.Reply != nil && r.Frame != nil:
		if d.Asked != nil && d.Asked.Message.Header.ServiceID == r.Reply.ID {
			d.Asked = nil
		}
		d.keepReply(Reply{ID: r.Reply.ID, Message: r.Frame.Nexo})
		d.UpSeq = r.Seq
		d.Outbox = append(d.Outbox, *r.Frame)
		if r.Receipt != nil {
			d.applyPaper(r.Receipt)
		}
	default:
		return fmt.Errorf("record %s: its body is missing", r.Kind)
	}
	return nil
}

// keepReply keeps the last answers; signatures are large, so that their bytes count too.
func (d *durable) keepReply(r Reply) {
	d.Replies = lastOf(append(d.Replies, r), maxReplies)
	size, from := 0, len(d.Replies)
	for from > 0 && (size == 0 || size+len(d.Replies[from-1].Message) <= maxReplyBytes) {
		from--
		size += len(d.Replies[from].Message)
	}
	d.Replies = d.Replies[from:]
}

// form writes pairs as Adyen's terminals do: percent-encoded in lower case, all but what needs none.
func form(pairs ...string) string {
	var out strings.Builder
	for i, s := range pairs {
		switch {
		case i == 0:
		case i%2 == 1:
			out.WriteByte('=')
		default:
			out.WriteByte('&')
		}
		for _, b := range []byte(s) {
			if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-_.~", b) >= 0 {
				out.WriteByte(b)
				continue
			}
			fmt.Fprintf(&out, "%%%02x", b)
		}
	}
	return out.String()
}
