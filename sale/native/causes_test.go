package native_test

import (
	"net/http"
	"strings"
	"testing"

	"kassa/doctor/book"
	"kassa/sale/native"
)

// TestProblemsLeadToTheirCauses: the cause that a problem names is one that the doctor knows, and its answer has the address.
func TestProblemsLeadToTheirCauses(t *testing.T) {
	b, err := book.Whole()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for code, cause := range native.Causes() {
		n++
		if _, ok := b.Rule(cause); !ok {
			t.Errorf("problem %s leads to %s, which the doctor does not know", code, cause)
		}
	}
	if n < 15 {
		t.Errorf("%d problems lead to a cause", n)
	}
	w := newWorld(t)
	_, got := w.call(http.MethodPost, native.Prefix+"accounts", `{"name":"x"}`, w.as("account")...)
	if c, _ := got["cause"].(string); !strings.HasSuffix(c, "/docs/causes/key_may_not") {
		t.Errorf("%v", got)
	}
	if _, got := w.call(http.MethodGet, native.Prefix+"accounts/none", ""); got["cause"] != nil {
		t.Errorf("%v", got)
	}
}
