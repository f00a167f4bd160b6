package terminal_test

import (
	"testing"

	"kassa/virtual/terminal"
)

func TestBlockedOfflinePIN(t *testing.T) {
	r := ready(t)
	r.deliver(r.cloud.pay("X1", 1250, "coffee"))
	r.present(terminal.Insert, "visa:122")
	r.wantScreen(terminal.ScreenDeclined)
	r.wantEnd(terminal.ResultDeclined)
}
