package adyen

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"kassa"
	"kassa/journal"
	"kassa/nexo"
)

// Condition is how a terminal is, as it says itself.
type Condition struct {
	CloudMode bool // it shows what registers send
	// Known tells that it said more of itself; what follows is empty otherwise.
	Known bool
	// Battery is in per cent, and -1 without one; Printer is empty without one.
	Battery                   int
	Printer                   string // nexo PrinterStatus
	CardReader, PED, Security bool
	Tampered                  bool
	Firmware                  string
	Network, Address          string // the interface, such as wlan0 or eth0, and its address
	// Unsent is how many of its messages have not reached the cloud.
	Unsent int
}

// probeTime is how long a Diagnosis waits for the terminal.
const probeTime = 3 * time.Second

// acquirerID names the only acquirer.
const acquirerID = "0"

// diagnose asks the terminal how it is, now. It changes nothing, and goes on beside everything else.
func (h *Handler) diagnose(ctx context.Context, x *exchange) (answer, bool) {
	q := x.request
	var f faults
	f.fields(q.body, "DiagnosisRequest", []field{may("HostDiagnosisFlag", flag), may("POIID", text(maxIdentifier))})
	if id := q.body.text("POIID"); id != "" && id != q.header.poiid {
		f.add("DiagnosisRequest", "POIID", "Must be that of the MessageHeader")
	}
	if a, bad := f.answer(); bad {
		return a, true
	}
	why := h.Terminals.Reach(q.terminal.TID)
	if why != "" && why != CloudModeOff {
		return unreachableStatus(h.unreachable(q, why)), true
	}
	ctx, stop := context.WithTimeout(ctx, probeTime)
	defer stop()
	c, err := h.Devices.Probe(ctx, q.terminal.TID)
	if err != nil {
		return unreachableStatus(silence()), true
	}
	body := object{"POIStatus": poiStatus(c, c.CloudMode && h.busyWith(q.terminal.TID)), "Response": object{
		"Result": string(nexo.ResultSuccess), "AdditionalResponse": h.diagnosis(q, c).form(),
	}}
	if ask, _ := q.body["HostDiagnosisFlag"].(bool); ask {
		body["HostStatus"] = []any{object{"AcquirerID": acquirerID, "IsReachableFlag": h.HostReachable()}}
	}
	return answer{body: body}, true
}

// unreachableStatus adds to the answer for a terminal that is not reached what is known of it.
func unreachableStatus(a answer) answer {
	a.body["POIStatus"] = object{"GlobalStatus": "Unreachable", "CommunicationOKFlag": false}
	return a
}

func poiStatus(c Condition, busy bool) object {
	status := object{"GlobalStatus": "OK", "CommunicationOKFlag": true}
	switch {
	case !c.CloudMode || c.Tampered:
		status["GlobalStatus"] = "Maintenance"
	case busy:
		status["GlobalStatus"] = "Busy"
	}
	if !c.Known {
		return status
	}
	status["CardReaderOKFlag"], status["PEDOKFlag"], status["SecurityOKFlag"] = c.CardReader, c.PED, c.Security && !c.Tampered
	if c.Printer != "" {
		status["PrinterStatus"] = c.Printer
	}
	return status
}

// diagnosis is what the AdditionalResponse says. What a terminal does not tell is left out.
func (h *Handler) diagnosis(q *request, c Condition) pairs {
	p := pairs{"merchantAccount": h.Directory.Merchant(q.terminal.Account), "terminalId": q.terminal.POIID}
	if q.terminal.Shop != "" {
		p["storeId"] = q.terminal.Shop
	}
	if !c.Known {
		return p
	}
	p["unconfirmedBatchCount"] = strconv.Itoa(c.Unsent)
	if c.Battery >= 0 {
		p["batteryLevel"] = strconv.Itoa(c.Battery) + "%"
	}
	if c.Firmware != "" {
		p["firmwareVersion"] = c.Firmware
	}
	if c.Address != "" {
		p["networkProfile"] = base64.StdEncoding.EncodeToString(encode([]any{object{"Address": c.Address, "Iface": c.Network}}))
	}
	return p
}

// busyWith tells whether something has the terminal's screen: a payment of any door, or a question.
func (h *Handler) busyWith(tid string) bool {
	if h.exchanges.dialogueOn(tid) {
		return true
	}
	busy := false
	err := h.Records.OpenStreams("order", func(s journal.Stream) error {
		var o struct {
			TID    string
			Status kassa.Status
		}
		if err := json.Unmarshal(s.State, &o); err != nil {
			return err
		}
		busy = busy || o.TID == tid && !o.Status.Final() && o.Status != kassa.Waiting && o.Status != kassa.Unclaimed
		return nil
	})
	return busy && err == nil
}

// dialogueOn tells whether a payment or a question of this door runs on a terminal.
func (e *exchanges) dialogueOn(tid string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.running {
		if c := x.record.Category; x.record.TID == tid && (c == "Payment" || c == string(nexo.CategoryInput)) {
			return true
		}
	}
	return false
}
