package iso8583

import "crypto/subtle"

const macBytes = 8

// PackMAC packs the message with a MAC as its last element: DE128 when an element above 64 is
// present, else DE64. The MAC is computed over the packed bytes before it, its own bit set
// (ISO 8583:1987 field 64), and is set in the message too. A MAC that was there is replaced.
func (p *Profile) PackMAC(m *Message, mac func([]byte) ([8]byte, error)) ([]byte, error) {
	m.Clear(64)
	m.Clear(128)
	de := 64
	if m.present[1] != 0 {
		de = 128
	}
	m.Set(de, "\x00\x00\x00\x00\x00\x00\x00\x00")
	frame, err := p.Pack(m)
	if err != nil {
		m.Clear(de)
		return nil, err
	}
	body := frame[:len(frame)-macBytes]
	sum, err := mac(body)
	if err != nil {
		m.Clear(de)
		return nil, err
	}
	m.Set(de, string(sum[:]))
	return append(body, sum[:]...), nil
}

// VerifyMAC tells whether the frame ends in the MAC that its bytes before call for. A frame
// without a MAC is not verified: false. The error is that of mac, or of a frame without bitmap.
func (p *Profile) VerifyMAC(frame []byte, mac func([]byte) ([8]byte, error)) (bool, error) {
	header := 4
	if p.numeric == digitsBCD {
		header = 2
	}
	if len(frame) < header+8 || frame[header]&0x80 != 0 && len(frame) < header+16 {
		return false, &Error{1, whyShort}
	}
	last := frame[header+7] // bits 57 to 64
	start := header + 8
	if frame[header]&0x80 != 0 {
		last = frame[header+15]
		start += 8
	}
	if last&1 == 0 || len(frame) < start+macBytes {
		return false, nil
	}
	cut := len(frame) - macBytes
	sum, err := mac(frame[:cut])
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum[:], frame[cut:]) == 1, nil
}
