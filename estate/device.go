package estate

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"
)

// PinDeviceKey ties a boarded device to a public key, once. The same key again changes nothing;
// another one is ErrMismatch.
func (r *Registry) PinDeviceKey(now time.Time, poiid string, public []byte) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	switch {
	case !ok:
		return fmt.Errorf("%w: device", ErrUnknown)
	case len(public) != ed25519.PublicKeySize:
		return fmt.Errorf("%w: public key is not %d bytes", ErrInvalid, ed25519.PublicKeySize)
	case bytes.Equal(d.PublicKey, public):
		return nil
	case len(d.PublicKey) > 0:
		return fmt.Errorf("%w: device key", ErrMismatch)
	}
	d.PublicKey = bytes.Clone(public)
	sum := sha256.Sum256(public)
	return r.write(now, r.deviceChange(d, DeviceKeyPinned{POIID: poiid, Fingerprint: hex.EncodeToString(sum[:8])}))
}

// AllocateDeviceNumber spends the next device number on a device. A number is never given twice,
// since counters and with them keys would repeat (ANSI X9.24-3).
func (r *Registry) AllocateDeviceNumber(now time.Time, poiid string) (uint32, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	if !ok {
		return 0, fmt.Errorf("%w: device", ErrUnknown)
	}
	if r.number == math.MaxUint32 {
		return 0, fmt.Errorf("%w: device numbers", ErrFull)
	}
	d.Number = r.number + 1
	if err := r.write(now, r.deviceChange(d, DeviceNumberTaken{POIID: poiid, Number: d.Number})); err != nil {
		return 0, err
	}
	return d.Number, nil
}

// RecordInjection records the initial key that is about to be sent. The device counts as configured
// again once it confirmed that key.
func (r *Registry) RecordInjection(now time.Time, poiid string, number uint32, ikid, kcv string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	if !ok || d.Number != number {
		return fmt.Errorf("%w: device with this number", ErrUnknown)
	}
	d.IKID, d.KCV, d.Configured = strings.ToUpper(ikid), strings.ToUpper(kcv), false
	d.injecting(now)
	return r.write(now, r.deviceChange(d, KeyInjected{POIID: poiid, Number: number, IKID: d.IKID, KCV: d.KCV}))
}

// ConfirmKeys takes what a device computed over the key it loaded. It is ErrMismatch when that is
// not the key it was sent.
func (r *Registry) ConfirmKeys(now time.Time, poiid, ikid, kcv string) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	d, ok := r.devices[poiid]
	if !ok {
		return fmt.Errorf("%w: device", ErrUnknown)
	}
	if d.IKID == "" || !strings.EqualFold(d.IKID, ikid) || !strings.EqualFold(d.KCV, kcv) {
		reported := ikid
		if len(reported) > 2*8 {
			reported = reported[:2*8]
		}
		d.injected(now, InjectionMismatch)
		if err := r.write(now, r.deviceChange(d, KeysMismatched{POIID: poiid, IKID: d.IKID, Reported: reported})); err != nil {
			return err
		}
		return fmt.Errorf("%w: initial key", ErrMismatch)
	}
	if d.Configured {
		return nil
	}
	d.Configured = true
	d.injected(now, "")
	return r.write(now, r.deviceChange(d, KeysConfirmed{POIID: poiid, IKID: d.IKID}))
}
