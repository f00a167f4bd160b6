package multisafepay_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kassa/estate"
	"kassa/journal"
	"kassa/sim/disk"
)

// places keeps the estate, apart from the record of the orders.
type places struct {
	mu sync.Mutex
	*disk.Disk
}

func (p *places) Submit(b journal.Batch, done func(journal.Receipt, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Disk.Submit(b, done)
	p.Flush(-1)
}

// vault is a secure module of paper.
type vault struct{}

func (vault) LookupHash(secret []byte) string {
	mac := hmac.New(sha256.New, []byte("paper"))
	mac.Write(secret)
	return hex.EncodeToString(mac.Sum(nil))
}
func (vault) SealSecret(_ string, secret []byte) ([]byte, error) { return secret, nil }
func (vault) OpenSecret(_ string, sealed []byte) ([]byte, error) { return sealed, nil }

// newEstate has the groups that the world's keys are for: 100 and 200 of account 1, 900 of account 2.
// Terminal 00000ABC is active, the others wait for a device.
func newEstate(t *testing.T, p *places) *estate.Registry {
	t.Helper()
	at := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	r, err := estate.Open(p, vault{}, rand.NewChaCha8([32]byte{1}), estate.Test)
	must(t, err)
	for _, id := range []string{"1", "2"} {
		_, err := r.MakeAccount(at, estate.Account{ID: id, Name: "Account " + id})
		must(t, err)
	}
	for id, account := range map[string]string{"100": "1", "200": "1", "900": "2"} {
		_, err := r.MakeGroup(at, estate.Group{ID: id, Account: account, Name: "Group " + id, Merchant: estate.Merchant{
			Name: "Bakkerij Zon", City: "Utrecht", Country: "NL", MID: "123456789012345", MCC: "5462",
		}})
		must(t, err)
	}
	var code string
	for _, place := range [][2]string{{"100", terminalID}, {"100", "0000NEW0"}, {"200", "00000DEF"}, {"900", "00000XYZ"}} {
		_, fresh, err := r.BoardTerminal(at, place[0], "Terminal "+place[1], place[1])
		must(t, err)
		if place[1] == terminalID {
			code = fresh
		}
	}
	activate(t, r, "P2-P211226V20181", code)
	return r
}

// activate boards a device, takes it up to a confirmed initial key, and activates it with a code.
func activate(t *testing.T, r *estate.Registry, poiid, code string) {
	t.Helper()
	at := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	_, err := r.BoardDevice(at, poiid)
	must(t, err)
	n, err := r.AllocateDeviceNumber(at, poiid)
	must(t, err)
	must(t, r.RecordInjection(at, poiid, n, "0011223300000001", "A1B2C3D4E5"))
	must(t, r.ConfirmKeys(at, poiid, "0011223300000001", "A1B2C3D4E5"))
	_, _, refused, err := r.Activate(at, poiid, code)
	must(t, err)
	if refused.Refused() {
		t.Fatal(refused.Text())
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
