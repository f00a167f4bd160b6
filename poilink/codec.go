package poilink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Sequenced tells whether frames of type t carry a sequence number.
func (t Type) Sequenced() bool {
	switch t {
	case TypeKeysLoaded, TypeNexo, TypeProgress, TypeAuthorisationRequest,
		TypeAuthorisationResponse, TypeCompletionAdvice, TypeDecision,
		TypeStart, TypeStarted, TypeTip, TypeRefund, TypeRefundAnswer, TypeReceipt, TypeReceiptAnswer,
		TypeSettings, TypeSettingsApplied, TypeCommand, TypeSells, TypeChosen, TypeCharging, TypeStop:
		return true
	}
	return false
}

// Decode reads one frame. The error names the field and the rule that it breaks.
func Decode(data []byte) (Frame, error) {
	if len(data) > MaxDownFrame {
		return Frame{}, fmt.Errorf("frame: longer than %d bytes", MaxDownFrame)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	var f Frame
	if err := dec.Decode(&f); err != nil {
		if field, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return Frame{}, fmt.Errorf("frame: field %s has the wrong type", field.Field)
		}
		return Frame{}, errors.New("frame: not a JSON object")
	}
	if _, err := dec.Token(); err != io.EOF {
		return Frame{}, errors.New("frame: data after the object")
	}
	if !f.hasBody() {
		return Frame{}, fmt.Errorf("frame: type %q without its body, or unknown", f.Type)
	}
	if f.Type.Sequenced() != (f.Seq > 0) {
		return Frame{}, fmt.Errorf("frame: seq does not fit type %q", f.Type)
	}
	return f, nil
}

// SeqOf gives the sequence number of what Decode refuses, 0 when it has none that can be read.
func SeqOf(data []byte) uint64 {
	var f struct {
		Seq uint64 `json:"seq"`
	}
	if len(data) > MaxDownFrame || json.Unmarshal(data, &f) != nil {
		return 0
	}
	return f.Seq
}

// Encode writes one frame.
func Encode(f Frame) ([]byte, error) {
	data, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode frame: %w", err)
	}
	return data, nil
}

func (f Frame) hasBody() bool {
	switch f.Type {
	case TypePing, TypePong, TypeAck:
		return true
	case TypeChallenge:
		return f.Challenge != nil
	case TypeHello:
		return f.Hello != nil
	case TypeWelcome:
		return f.Welcome != nil
	case TypeRefused:
		return f.Refused != nil
	case TypeBye:
		return f.Bye != nil
	case TypeInjectKeys:
		return f.InjectKeys != nil
	case TypeKeys:
		return f.Keys != nil
	case TypeKeysLoaded:
		return f.KeysLoaded != nil
	case TypeActivate:
		return f.Activate != nil
	case TypeActivated:
		return f.Activated != nil
	case TypeNexo:
		return f.Nexo != nil
	}
	return f.hasCardBody()
}

func (f Frame) hasCardBody() bool {
	switch f.Type {
	case TypeProgress:
		return f.Progress != nil
	case TypeAuthorisationRequest:
		return f.AuthorisationRequest != nil
	case TypeAuthorisationResponse:
		return f.AuthorisationResponse != nil
	case TypeCompletionAdvice:
		return f.CompletionAdvice != nil
	case TypeDecision:
		return f.Decision != nil
	case TypeTip:
		return f.Tip != nil
	}
	return f.hasCounterBody()
}

func (f Frame) hasCounterBody() bool {
	switch f.Type {
	case TypeReport:
		return f.Report != nil
	case TypeStart:
		return f.Start != nil
	case TypeStarted:
		return f.Started != nil
	case TypeRefund:
		return f.Refund != nil
	case TypeRefundAnswer:
		return f.RefundAnswer != nil
	case TypeReceipt:
		return f.Receipt != nil
	case TypeReceiptAnswer:
		return f.ReceiptAnswer != nil
	case TypeTotals:
		return f.Totals != nil
	case TypeTotalsAnswer:
		return f.TotalsAnswer != nil
	}
	return f.hasManagementBody()
}

func (f Frame) hasManagementBody() bool {
	switch f.Type {
	case TypeSettings:
		return f.Settings != nil
	case TypeSettingsApplied:
		return f.SettingsApplied != nil
	case TypeProbe:
		return f.Probe != nil
	case TypeProbed:
		return f.Probed != nil
	case TypeCommand:
		return f.Command != nil
	case TypeService:
		return f.Service != nil
	case TypeServiced:
		return f.Serviced != nil
	case TypeSells:
		return f.Sells != nil
	case TypeChosen:
		return f.Chosen != nil
	case TypeCharging:
		return f.Charging != nil
	case TypeStop:
		return f.Stop != nil
	}
	return false
}

// ProofMessage is what a POI signs in its hello.
func ProofMessage(host, poiid string, nonce []byte) []byte {
	return signed("hello", host, poiid, nonce)
}

// InjectMessage is what a POI signs in injectKeys: linkNonce is the nonce of the link's challenge,
// so that the request is of no use on another link.
func InjectMessage(poiid string, linkNonce, ephemeral, nonce []byte) []byte {
	return signed("injectKeys", poiid, string(linkNonce), append(bytes.Clone(ephemeral), nonce...))
}

// signed frames its parts with their lengths, so that no two inputs give the same bytes.
func signed(what, a, b string, c []byte) []byte {
	return fmt.Appendf(nil, "%s\n%s\n%d:%s%d:%s%d:%s", Subprotocol, what, len(a), a, len(b), b, len(c), c)
}
