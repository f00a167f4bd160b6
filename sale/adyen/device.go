package adyen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"kassa/estate"
	"kassa/nexo"

	strict "github.com/go-json-experiment/json"
)

// This file is the class Device: what a register shows, asks and prints on a terminal.

// deviceCategory is what a category of class Device does: it is recorded, and answered by the terminal.
func deviceCategory() category {
	return category{
		recorded: true, asksTerminal: true, patience: (*Handler).devicePatience,
		check: (*Handler).checkDevice, start: (*Handler).startDevice, wait: (*Handler).waitDevice, abort: (*Handler).abortDevice,
	}
}

// Times of the class Device.
const (
	// deviceValid is how long a request may take to reach its terminal; after that nobody stands before it
	// any more who would expect it.
	deviceValid = 20 * time.Second
	// inputTime is how long a customer has where the register does not say.
	inputTime = 120 * time.Second
	printTime = 60 * time.Second
	// deviceKept is how long an answer that does not come in time is waited for after that.
	deviceKept = 10 * time.Minute
)

// checkDevice looks at the whole of a request: a terminal gets what it can show, and nothing else.
func (h *Handler) checkDevice(q *request) (answer, bool) {
	var f faults
	category := q.header.category
	f.fields(object{category + "Request": q.body}, "", []field{deviceFields()[category]})
	var kept json.RawMessage
	if len(f) == 0 {
		m, err := deviceMessage(Exchange{Category: category, Kept: encode(q.body)})
		raw, err2 := json.Marshal(m)
		var err3 error
		kept, err3 = keptOf(m)
		if err = errors.Join(err, err2, err3); err != nil {
			f.add("", category+"Request", "Malformed")
		} else if len(raw) > maxDevice {
			f.add("", category+"Request", fmt.Sprintf("Longer than %d bytes", maxDevice))
		}
	}
	if a, bad := f.answer(); bad {
		return a, true
	}
	q.kept = kept
	return answer{}, false
}

// keptOf is what is kept of a request: the fields that were looked at, and nothing else that came with them.
func keptOf(m nexo.Message) (json.RawMessage, error) {
	switch {
	case m.DisplayRequest != nil:
		return json.Marshal(m.DisplayRequest)
	case m.InputRequest != nil:
		return json.Marshal(m.InputRequest)
	}
	return json.Marshal(m.PrintRequest)
}

// deviceID is how an exchange is called on the link to its terminal, which takes ten letters and digits.
// A ServiceID that is used again after 48 hours gets another one.
func deviceID(e Exchange) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return e.ID[:9] + string(digits[e.Generation%len(digits)])
}

// deviceMessage is the request for the terminal, of what is kept of the register's. Names are read letter by
// letter, as the check read them: "outputText" is no OutputText.
func deviceMessage(e Exchange) (nexo.Message, error) {
	m := nexo.Message{Header: nexo.Header{
		ProtocolVersion: nexo.ProtocolVersion, MessageClass: e.Class, MessageCategory: nexo.Category(e.Category),
		MessageType: nexo.TypeRequest, SaleID: e.SaleID, POIID: e.POIID,
	}}
	if e.ID != "" {
		m.Header.ServiceID = deviceID(e)
	}
	var err error
	switch m.Header.MessageCategory {
	case nexo.CategoryDisplay:
		err = strict.Unmarshal(e.Kept, &m.DisplayRequest)
	case nexo.CategoryInput:
		err = strict.Unmarshal(e.Kept, &m.InputRequest)
	case nexo.CategoryPrint:
		err = strict.Unmarshal(e.Kept, &m.PrintRequest)
	}
	return m, err
}

// devicePatience is how long a terminal may take to answer.
func (h *Handler) devicePatience(x *exchange) time.Duration {
	own := time.Duration(0)
	switch m, _ := deviceMessage(x.record); {
	case m.InputRequest != nil && m.InputRequest.InputData.MaxInputTime > 0:
		own = time.Duration(m.InputRequest.InputData.MaxInputTime) * time.Second
	case m.InputRequest != nil:
		own = inputTime
	case m.PrintRequest != nil:
		own = printTime
	}
	return own + deviceValid + h.Grace
}

// startDevice hands the request to the link, now that it is recorded.
func (h *Handler) startDevice(_ context.Context, x *exchange) (answer, bool) {
	m, err := deviceMessage(x.record)
	if err != nil {
		return answer{}, false // it was looked at before it was recorded
	}
	if x.isAborted() {
		return deviceFailure(m, nexo.ErrorAborted, "The request was aborted before it reached the terminal"), true
	}
	if err := h.Devices.Ask(x.record.TID, deviceID(x.record), m, deviceValid); err != nil {
		a := h.unreachable(x.request, Offline)
		a.body = inCategory(m, a.body)
		return a, true
	}
	if !awaited(m) {
		return answer{body: taken(m)}, true
	}
	return answer{}, false
}

// awaited tells whether the register wants to hear how it went.
func awaited(m nexo.Message) bool {
	switch {
	case m.PrintRequest != nil:
		return m.PrintRequest.PrintOutput.ResponseMode != "NotRequired"
	case m.DisplayRequest != nil:
		for _, o := range m.DisplayRequest.DisplayOutput {
			if o.ResponseRequiredFlag == nil || *o.ResponseRequiredFlag {
				return true
			}
		}
		return false
	}
	return true
}

// taken is the answer to what nobody waits for: a display has no result at all.
func taken(m nexo.Message) object {
	if m.PrintRequest != nil {
		return object{"DocumentQualifier": m.PrintRequest.PrintOutput.DocumentQualifier, "Response": object{"Result": string(nexo.ResultSuccess)}}
	}
	return object{"OutputResult": []any{}}
}

// waitDevice waits for the terminal's answer, which Answered takes. In a process that did not begin the
// exchange it asks once more: the terminal answers a repeat as it did before. An answer that has not come
// long after it was due is not expected any more.
func (h *Handler) waitDevice(ctx context.Context, x *exchange) (answer, bool) {
	m, _ := deviceMessage(x.record)
	asked := x.request != nil
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		age := h.Now().Sub(x.record.At)
		if !asked && age < h.devicePatience(x)+deviceKept {
			asked = h.Devices.Ask(x.record.TID, deviceID(x.record), m, deviceValid) == nil
		}
		if age >= h.devicePatience(x)+deviceKept {
			a := silence()
			a.body = inCategory(m, a.body)
			return a, true
		}
		select {
		case <-ctx.Done():
			return answer{}, false
		case <-x.done:
			return answer{}, false
		case <-poll.C:
		}
	}
}

// abortDevice ends a question, and tells what became of it as far as that is known soon.
func (h *Handler) abortDevice(ctx context.Context, x *exchange) string {
	x.abort() // one that has not left yet does not leave
	e := x.record
	abort := nexo.Message{
		Header: nexo.Header{
			ProtocolVersion: nexo.ProtocolVersion, MessageClass: "Service", MessageCategory: nexo.CategoryAbort, MessageType: nexo.TypeRequest,
			ServiceID: deviceID(e), SaleID: e.SaleID, POIID: e.POIID,
		},
		AbortRequest: &nexo.AbortRequest{AbortReason: "MerchantAbort", MessageReference: nexo.MessageReference{
			MessageCategory: nexo.Category(e.Category), ServiceID: deviceID(e), SaleID: e.SaleID,
		}},
	}
	if h.Devices.Ask(e.TID, deviceID(e), abort, deviceValid) != nil {
		return abortUnknown
	}
	ctx, stop := context.WithTimeout(ctx, abortPatience)
	defer stop()
	select {
	case <-ctx.Done():
		return abortUnknown
	case <-x.done:
		body, err := decode(x.answered.Response)
		if err == nil && (answer{body: body}).condition() == string(nexo.ErrorAborted) {
			return abortDone
		}
		return abortTooLate
	}
}

// Answered takes what a terminal has answered to an exchange of class Device, a nexo message; settled is
// called once that is durable. An answer that nobody waits for any more is dropped.
func (h *Handler) Answered(t estate.Terminal, exchange string, response json.RawMessage, settled func()) {
	x := h.exchanges.asked(t.TID, exchange)
	if x == nil {
		go settled() // the caller holds what it would take
		return
	}
	message, err := decode(response)
	body := message.sub(x.record.Category + "Response")
	if err != nil || body == nil {
		go settled()
		return
	}
	h.finish(x, answer{body: h.fromTerminal(x, body)}, settled)
}

// asked finds the exchange that runs under a name of the link.
func (e *exchanges) asked(tid, name string) *exchange {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.running {
		if x.record.TID == tid && x.record.Class == "Device" && deviceID(x.record) == name {
			return x
		}
	}
	return nil
}

// fromTerminal writes a terminal's answer as the register knows things: what keeps the terminal busy is a
// ServiceID of the register's, and every AdditionalResponse is a form.
func (h *Handler) fromTerminal(x *exchange, body object) object {
	for _, r := range responsesIn(body) {
		more := r.text("AdditionalResponse")
		if more == "" {
			continue
		}
		if !strings.Contains(more, "=") {
			r["AdditionalResponse"] = pairs{"message": more}.form()
			continue
		}
		values, err := url.ParseQuery(more)
		if err != nil || r.text("ErrorCondition") != string(nexo.ErrorBusy) || values.Get("serviceId") == "" {
			continue
		}
		p := pairs{keyReason: "poi_busy"}
		for k := range values {
			p[k] = values.Get(k)
		}
		p["serviceId"] = h.serviceOf(x.record.TID, p["serviceId"])
		r["AdditionalResponse"] = p.form()
	}
	return body
}

// serviceOf gives the ServiceID of the payment whose order a terminal names; what is another door's stays as it is.
func (h *Handler) serviceOf(tid, order string) string {
	for _, e := range h.exchanges.records() {
		if e.TID != tid || e.Category != "Payment" {
			continue
		}
		if o, ok, err := h.Orders.Find(h.work, Dialect, e.Scope, e.Ref()); err == nil && ok && o.ID() == order {
			return e.ServiceID
		}
	}
	return order
}

// responsesIn are the nexo Responses of a body: those of class Device have them within their results.
func responsesIn(body object) (list []object) {
	if r := body.sub("Response"); r != nil {
		list = append(list, r)
	}
	if r := body.sub("InputResult").sub("Response"); r != nil {
		list = append(list, r)
	}
	results, _ := body["OutputResult"].([]any)
	for _, v := range results {
		if o, ok := v.(object); ok && o.sub("Response") != nil {
			list = append(list, o.sub("Response"))
		}
	}
	return list
}

func deviceFailure(m nexo.Message, condition nexo.ErrorCondition, message string) answer {
	return answer{body: inCategory(m, failure(condition, pairs{"message": message}.form()).body)}
}

// inCategory puts a Response of the door itself where the message's category has one: libraries drop it
// anywhere else.
func inCategory(m nexo.Message, body object) object {
	device, qualify := nexo.CustomerDisplay, "Display"
	response := body.sub("Response")
	if response == nil {
		return body
	}
	switch m.Header.MessageCategory {
	case nexo.CategoryDisplay:
		var results []any
		if m.DisplayRequest != nil {
			for _, o := range m.DisplayRequest.DisplayOutput {
				results = append(results, object{"Device": string(o.Device), "InfoQualify": o.InfoQualify, "Response": response})
			}
		}
		if results == nil {
			results = []any{object{"Device": string(device), "InfoQualify": qualify, "Response": response}}
		}
		return object{"OutputResult": results}
	case nexo.CategoryInput:
		device, qualify = nexo.CustomerInput, "Input"
		if m.InputRequest != nil && m.InputRequest.InputData.Device != "" {
			device, qualify = m.InputRequest.InputData.Device, m.InputRequest.InputData.InfoQualify
		}
		return object{"InputResult": object{"Device": string(device), "InfoQualify": qualify, "Response": response}}
	case nexo.CategoryPrint:
		document := "Document"
		if m.PrintRequest != nil && m.PrintRequest.PrintOutput.DocumentQualifier != "" {
			document = m.PrintRequest.PrintOutput.DocumentQualifier
		}
		return object{"DocumentQualifier": document, "Response": response}
	}
	return body
}

// asCategory does that for a request, as far as its body can be read.
func asCategory(q *request, body object) object {
	if q.header.class != "Device" || body.sub("Response") == nil {
		return body
	}
	m, err := deviceMessage(Exchange{Category: q.header.category, Kept: encode(q.body)})
	if err != nil {
		m = nexo.Message{Header: nexo.Header{MessageCategory: nexo.Category(q.header.category)}}
	}
	return inCategory(m, body)
}
