package front_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestTheLogShowsNoCardNumber(t *testing.T) {
	h := run(t, http.NotFoundHandler())
	for _, path := range []string{"/orders/4761739001010119/refunds", "/4761739001010119", "/a-4761739001010119-5413330089010434x", "/orders/1700000000001"} {
		h.do(t, "GET", path, nil)
	}
	log := h.log.String()
	for _, want := range []string{"/orders/************0119/refunds", "/a-************0119-************0434x", "/orders/1700000000001"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s", want)
		}
	}
	if strings.Contains(log, "476173900101") || strings.Contains(log, "541333008901") {
		t.Errorf("a card number is in the log:\n%s", log)
	}
}

func TestTheLogShowsNoSecretName(t *testing.T) {
	h := run(t, http.NotFoundHandler())
	const secret = "9F8E7D6C5B4A"
	for _, path := range []string{"/ocpi/ptp/2.3.0/commands/START_SESSION/" + secret, "/ocpi/ptp/2.2.1/commands/STOP_SESSION/" + secret + "/", "/r/" + secret, "/r/static/driver.css"} {
		h.do(t, "POST", path, nil)
	}
	log := h.log.String()
	if strings.Contains(log, secret) || !strings.Contains(log, "/commands/START_SESSION/…") || !strings.Contains(log, "/r/…") || !strings.Contains(log, "/r/static/driver.css") {
		t.Errorf("the log:\n%s", log)
	}
}
