package main

import (
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// cameTo is what the demo prints of a golden case. Its fields are read by name and share nothing with the demo.
type cameTo struct {
	Held           int64 `json:"held"`
	Captured       int64 `json:"captured"`
	Shortfall      int64 `json:"shortfall"`
	Released       int64 `json:"released"`
	LedgerHeld     int64 `json:"ledger_held"`
	LedgerCaptured int64 `json:"ledger_captured"`
	FAC            *struct {
		Status          string
		Total, Net, Tax int64
	} `json:"fac"`
	Resolved   bool    `json:"resolved"`
	Unresolved *cameTo `json:"unresolved"`
}

func (c cameTo) row() []int64 {
	return []int64{c.Held, c.Captured, c.Shortfall, c.Released, c.LedgerHeld, c.LedgerCaptured}
}

// TestGoldenCharges are G1 to G10 of the specification through all of Kassa: an operator that speaks OCPI, a terminal,
// the cloud and an issuer, each a process of its own.
func TestGoldenCharges(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []struct {
		name   string
		row    []int64 // held, captured, open, released; held and captured in the issuer's books
		status string
		advice []int64 // what the operator was told: total, net, tax
	}{
		{"G1", []int64{5000, 4237, 0, 763, 5000, 4237}, "SUCCESS", []int64{4237, 3502, 735}},
		{"G2", []int64{5000, 5000, 0, 0, 5000, 5000}, "SUCCESS", []int64{5000, 4132, 868}},
		{"G3", []int64{5000, 5000, 1000, 0, 5000, 5000}, "PARTIAL_SUCCESS", []int64{5000, 4132, 868}},
		{"G4", []int64{5000, 6000, 0, 0, 5000, 6000}, "SUCCESS", []int64{6000, 4959, 1041}},
		{"G5", []int64{5000, 5000, 1000, 0, 5000, 5000}, "PARTIAL_SUCCESS", []int64{5000, 4132, 868}},
		{"G6", []int64{6000, 6000, 0, 0, 6000, 6000}, "SUCCESS", []int64{6000, 4959, 1041}},
		{"G7", []int64{5000, 0, 0, 5000, 5000, 0}, "", nil},
		{"G8", []int64{5000, 5000, 1000, 0, 5000, 5000}, "PARTIAL_SUCCESS", []int64{5000, 4132, 868}},
		{"G9", []int64{5000, 5500, 500, 0, 5000, 5500}, "PARTIAL_SUCCESS", []int64{5500, 4545, 955}},
		{"G10", []int64{5000, 0, 6000, 5000, 5000, 0}, "FAILED", []int64{0, 0, 0}},
	} {
		t.Run(g.name, func(t *testing.T) {
			c := exec.CommandContext(t.Context(), path, "ev", "demo", "--case", g.name, "--json")
			c.WaitDelay = 10 * time.Second
			text, err := c.Output()
			var got cameTo
			if err != nil || json.Unmarshal(text, &got) != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if diff := cmp.Diff(g.row, got.row()); diff != "" || !got.Resolved {
				t.Errorf("it came to (-want +got):\n%s%s", diff, text)
			}
			switch {
			case g.advice == nil:
				if got.FAC != nil {
					t.Errorf("the operator was told %+v", *got.FAC)
				}
			case got.FAC == nil:
				t.Error("the operator was told nothing")
			case got.FAC.Status != g.status || !cmp.Equal(g.advice, []int64{got.FAC.Total, got.FAC.Net, got.FAC.Tax}):
				t.Errorf("the operator was told %+v", *got.FAC)
			}
			if g.name != "G8" {
				return
			}
			if u := got.Unresolved; u == nil || u.Resolved || u.FAC != nil || !cmp.Equal(u.row(), []int64{5000, 0, 0, 0, 5000, 0}) {
				t.Errorf("while nobody knew: %s", text)
			}
		})
	}
}
