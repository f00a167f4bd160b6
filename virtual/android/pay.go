package android

import (
	"cmp"
	"context"
	"net/url"

	"kassa/msplink"
	"kassa/poilink"
	"kassa/virtual/terminal"
)

// LinkAnswer is what a page is told: the browser opens Callback.
type LinkAnswer struct {
	Status   msplink.Status `json:"status"`
	OrderID  string         `json:"order_id"`
	Callback string         `json:"callback"`
	Message  string         `json:"message,omitempty"`
}

// IntentAnswer is what an app is told, and the intent that tells it.
type IntentAnswer struct {
	Status  msplink.Result `json:"status"`
	Name    string         `json:"name"`
	OrderID string         `json:"order_id"`
	Message string         `json:"message"`
	Intent  msplink.Intent `json:"intent"`
	// RequestCode is that of startActivityForResult, which SoftPOS answers.
	RequestCode int `json:"request_code,omitempty"`
}

// openLink opens an msp:// link as the payment app does.
func (p *phone) openLink(raw string) (*payment, error) {
	asked, err := msplink.ParseLink(raw)
	if err != nil {
		return nil, err
	}
	return p.pay("link", terminal.StartOrder{
		Reference: asked.OrderID, Origin: poilink.OriginWebApp, AmountMinor: asked.AmountMinor, Currency: msplink.Currency,
		NotificationURL: asked.NotificationURL, Tipping: asked.Tipping, Printing: asked.Printing,
	}, func(v *View, done *payment) any {
		v.Link = linkAnswer(asked, done)
		if u, err := url.Parse(v.Link.Callback); err == nil && done.err == nil {
			if err := p.show(u); err != nil { // with the lock that pay holds
				v.Problem = problemOf(err)
			}
		}
		return v.Link
	})
}

// linkAnswer says Completed for money that moved and Cancelled for everything else. Whoever waited in
// vain, since the terminal was switched off, gets no callback: nothing is known.
func linkAnswer(asked msplink.Payment, done *payment) *LinkAnswer {
	a := &LinkAnswer{Status: msplink.Cancelled, OrderID: asked.OrderID, Message: done.outcome.Text}
	if done.err != nil {
		a.Status, a.Message = "", done.err.Error()
		return a
	}
	if done.outcome.Result == terminal.ResultApproved {
		a.Status = msplink.Completed
	}
	// The link was checked. The terminal does not know the cloud's transaction_id.
	a.Callback, _ = msplink.Return(asked.Callback, a.Status, asked.OrderID, "")
	return a
}

// sendIntent takes an intent as Android and the payment app do.
func (p *phone) sendIntent(in msplink.Intent) (*payment, error) {
	asked, err := msplink.ParseIntent(in)
	if err != nil {
		return nil, err
	}
	kind := poilink.StartPayment
	if asked.Refund {
		kind = poilink.StartRefund
	}
	return p.pay("intent", terminal.StartOrder{
		Reference: asked.OrderID, Origin: poilink.OriginNativeApp, Kind: kind, AmountMinor: asked.AmountMinor, Currency: msplink.Currency,
		Description: asked.Description, SessionID: asked.SessionID,
	}, func(v *View, done *payment) any {
		v.Intent = intentAnswer(in, asked, done)
		if asked.AutoClose && done.err == nil {
			p.apps.begin(func(ctx context.Context) { _ = p.app.Close(ctx) }) // the screen goes by itself, later
		}
		return v.Intent
	})
}

func intentAnswer(in msplink.Intent, asked msplink.Payment, done *payment) *IntentAnswer {
	a := &IntentAnswer{OrderID: asked.OrderID, Status: msplink.ResultException, Message: done.outcome.Text}
	switch done.outcome.Result {
	case terminal.ResultApproved:
		a.Status = msplink.ResultCompleted
	case terminal.ResultCancelled:
		a.Status = msplink.ResultCancelled
	case terminal.ResultDeclined:
		a.Status = msplink.ResultDeclined
	}
	if done.err != nil {
		a.Status, a.Message = msplink.ResultException, done.err.Error()
	}
	a.Name = a.Status.String()
	a.Message = cmp.Or(a.Message, a.Name)
	a.Intent = msplink.Intent{Package: asked.PackageName, Extras: msplink.Extras{"status": int32(a.Status), "message": a.Message}}
	if in.SoftPOS() {
		a.RequestCode = msplink.RequestSoftPOS
		a.Intent.Class, _ = in.Extras["callback_activity"].(string)
		a.Intent.Extras["result_status"] = a.Status.SoftPOS()
	}
	return a
}

// problemOf is an error as the page shows it.
func problemOf(err error) *msplink.Error {
	if e, ok := asError(err); ok {
		return e
	}
	return &msplink.Error{Rule: err.Error()}
}
