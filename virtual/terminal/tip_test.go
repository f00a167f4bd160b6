package terminal_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kassa/poilink"
	"kassa/virtual/terminal"
)

func TestTip(t *testing.T) {
	for name, tc := range map[string]struct {
		touch []string
		keys  string
		tip   int64
		who   string
	}{
		"ten per cent": {[]string{"tip:125"}, "", 125, ""},
		"an amount":    {[]string{"tip:200"}, "", 200, ""},
		"by the pad":   {nil, "2", 125, ""},
		"custom":       {[]string{"tip:custom"}, "3 0 ok", 30, ""},
		"custom OK":    {[]string{"tip:custom"}, "3 0", 30, ""},
		"for Alonso":   {[]string{"tip:employee", "employee:33", "tip:63"}, "", 63, "Alonso"},
		"none":         {[]string{"tip:none"}, "", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.set("tipping", "on", "tips", "5%,10%,2.00", "employees", "33 Alonso, 34 Bea")
			r.deliver(r.cloud.pay("X1", 1250, ""))
			r.wantScreen(terminal.ScreenTip)
			if r.cloud.progress[len(r.cloud.progress)-1] != poilink.ScreenTip {
				t.Fatalf("progress %v", r.cloud.progress)
			}
			r.touch(tc.touch...)
			r.keys(tc.keys)
			if name == "custom OK" {
				r.touch("tip:ok")
			}
			r.wantScreen(terminal.ScreenPresentCard)
			if s := r.m.Status().Screen; s.AmountMinor != 1250+tc.tip {
				t.Fatalf("the card is asked for %d", s.AmountMinor)
			}
			r.present(terminal.Tap, "visa")
			r.wantEnd(terminal.ResultApproved)
			if got := len(r.cloud.counter.tips); (got == 1) != (tc.tip > 0) {
				t.Fatalf("%d tips", got)
			}
			amount, _ := r.cloud.asks[0].list.Get(0x9F02)
			if want := fmt.Sprintf("%012d", 1250+tc.tip); hexOf(amount) != want {
				t.Fatalf("the card signed %s, want %s", hexOf(amount), want)
			}
			p := r.paper[0]
			if p.AmountMinor != 1250+tc.tip || (p.Tip != "") != (tc.tip > 0) {
				t.Fatalf("receipt %+v", p)
			}
			if tc.tip > 0 && (r.cloud.counter.tips[0].AmountMinor != tc.tip || r.cloud.counter.tips[0].Employee.Name != tc.who) {
				t.Fatalf("tip %+v", r.cloud.counter.tips[0])
			}
		})
	}
}

func TestTipIsAskedForWhereItIsWanted(t *testing.T) {
	yes, no := true, false
	for name, tc := range map[string]struct {
		setting string
		start   *bool
		want    terminal.ScreenName
	}{
		"off": {"off", nil, terminal.ScreenPresentCard}, "on": {"on", nil, terminal.ScreenTip},
		"the app wants it": {"off", &yes, terminal.ScreenTip}, "the app does not": {"on", &no, terminal.ScreenPresentCard},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.set("tipping", tc.setting)
			in := coffee("web-1")
			in.Tipping = tc.start
			r.do(in)
			r.wantScreen(tc.want)
		})
	}
	t.Run("too much", func(t *testing.T) {
		r := ready(t)
		r.set("tipping", "on")
		r.deliver(r.cloud.pay("X1", 1250, ""))
		r.touch("tip:custom")
		r.keys("9 9 9 9 ok")
		if s := r.m.Status().Screen; s.Name != terminal.ScreenTip || s.Error == "" {
			t.Fatalf("screen %+v", s)
		}
		r.keys("stop stop")
		r.wantEnd(terminal.ResultCancelled)
	})
}

func TestEmailAndPrintCopy(t *testing.T) {
	r := paid(t)
	r.touch("page:features", "page:history", "past:S1", "page:mail")
	r.do(terminal.TextTyped{Text: "nobody"})
	r.keys("ok")
	if s := r.wantPage("mail"); s.Error != "This is no e-mail address" {
		t.Fatalf("error %q", s.Error)
	}
	r.do(terminal.TextTyped{Text: "guest@example.com"})
	r.keys("ok")
	if s := r.wantPage("done"); s.Title != "The receipt is sent" || r.cloud.counter.mails[0].Address != "guest@example.com" {
		t.Fatalf("screen %+v, mails %+v", s, r.cloud.counter.mails)
	}
	r.touch("do:close", "do:print")
	if n := len(r.paper); n != 2 || !r.paper[1].Copy || r.paper[1].Reference != r.paper[0].Reference {
		t.Fatalf("paper %+v", r.paper)
	}
	r.do(terminal.FaultSet{Fault: terminal.FaultPaperOut})
	r.touch("do:print")
	if s := r.wantPage("past"); s.Error != "The printer is out of paper" || len(r.paper) != 2 {
		t.Fatalf("screen %+v", s)
	}
	r.restart()
	r.do(terminal.FaultClear{Fault: terminal.FaultPaperOut})
	if r.do(terminal.CopyPrinted{Exchange: "S1"}); len(r.m.Status().Receipts) != 4 {
		t.Fatalf("%d receipts on the roll", len(r.m.Status().Receipts))
	}
}

func TestPrinting(t *testing.T) {
	yes, no := true, false
	for name, tc := range map[string]struct {
		auto  string
		start *bool
		fault bool
		want  int
		item  bool
		error string
	}{
		"auto":              {"on", nil, false, 1, false, ""},
		"not auto":          {"off", nil, false, 0, true, ""},
		"the app wants it":  {"off", &yes, false, 1, false, ""},
		"the app does not":  {"on", &no, false, 0, true, ""},
		"no paper":          {"on", nil, true, 0, false, "The printer is out of paper"},
		"no paper, not now": {"off", nil, true, 0, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := ready(t)
			r.set("autoPrint", tc.auto, "closeTimeout", "0")
			if tc.fault {
				r.do(terminal.FaultSet{Fault: terminal.FaultPaperOut})
			}
			in := coffee("web-1")
			in.Printing = tc.start
			r.do(in)
			r.present(terminal.Tap, "visa")
			r.wait(time.Hour) // it stays
			r.wantScreen(terminal.ScreenApproved)
			s := r.m.Status().Screen
			if has := slices.ContainsFunc(s.Items, func(i terminal.Item) bool { return i.ID == "print:S1" }); has != tc.item || len(r.paper) != tc.want || s.Error != tc.error {
				t.Fatalf("%d papers, screen %+v", len(r.paper), s)
			}
			if tc.item {
				r.touch("print:S1")
			}
			r.do(terminal.FaultClear{Fault: terminal.FaultPaperOut})
			if len(r.paper) != 1 || len(r.m.Status().Receipts) != 1 || r.paper[0].Copy {
				t.Fatalf("paper %+v", r.paper)
			}
			r.touch("close")
			r.wantScreen(terminal.ScreenIdle)
		})
	}
}
