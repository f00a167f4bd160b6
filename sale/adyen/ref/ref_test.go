package ref_test

import (
	"math"
	"testing"

	"kassa/sale/adyen/ref"
)

func TestReferences(t *testing.T) {
	for number, want := range map[int64]string{
		1: "KASSAT0000000001", 36: "KASSAT0000000010", 36*36*36*36*36*36*36*36*36*36 - 1: "KASSATZZZZZZZZZZ",
	} {
		got := ref.PSP("test", number)
		if got != want {
			t.Errorf("%d is %s, want %s", number, got, want)
		}
		if back, ok := ref.Number("test", got); !ok || back != number {
			t.Errorf("%s leads to %d, %v", got, back, ok)
		}
		if _, ok := ref.Number("live", got); ok {
			t.Errorf("%s is one of the other environment", got)
		}
	}
	if back, ok := ref.Number("live", ref.PSP("live", math.MaxInt64)); !ok || back != math.MaxInt64 {
		t.Errorf("the largest number: %d, %v", back, ok)
	}
	for _, bad := range []string{"", "KASSAT", "KASSAT000000000", "KASSAT0000000000", "KASSAT000000000a", "KASSAT00000000001", "KASSAT-000000001", "8515661234567890"} {
		if n, ok := ref.Number("test", bad); ok {
			t.Errorf("%q leads to %d", bad, n)
		}
	}
}

func TestTransactions(t *testing.T) {
	if got := ref.Transaction("test", 36); got != "ks00000000000000036.KASSAT0000000010" {
		t.Errorf("transaction %s", got)
	}
	for transaction, want := range map[string]string{"ks1.KASSAT0000000010": "KASSAT0000000010", "KASSAT0000000010": "KASSAT0000000010", "": ""} {
		if got := ref.PSPOf(transaction); got != want {
			t.Errorf("%q holds %q", transaction, got)
		}
	}
}
