package cause

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// adyenRecipes make what the pages about the cloud connection describe.
func adyenRecipes() []Recipe {
	return []Recipe{
		{Code: "list_status_stale", What: "somebody goes by an older list while the terminal is gone", Layer: OnTerminal, Asked: true, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Break: lostLink, Meet: terminalSeeing("the list shows a cloud symbol")},
		{Code: "cloud_connection_disabled", What: "the operator switches cloud connections off for the terminal", Layer: OnTerminal, Takes: closed(), About: "terminal", Break: switchedTo("cloud.webSocketEnabled", false), Meet: aboutTerminal},
		{Code: "websocket_column_hidden", What: "somebody misses the column in his list", Layer: OnHook, Meet: terminalSeeing("the column Websocket is missing")},
		{Code: "websocket_setting_not_applied", What: "the terminal is out of reach when cloud connections are enabled for it", Layer: OnTerminal, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Break: enabledUnheard, Meet: aboutTerminal},
		{Code: "connection_check_outdated", What: "the terminal is gone after somebody checked it", Layer: OnTerminal, Asked: true, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Break: lostLink, Meet: terminalSeeing("Terminal is connected")},
		{Code: "terminal_offline", What: "a terminal on a cable loses its link", Layer: OnNetwork, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Model: "P3MIX", Break: cableLost, Meet: aboutTerminal},
		{Code: "terminal_of_other_merchant", What: "a register names another merchant account", Layer: OnKey, About: "key", Meet: foreignMerchant},
		{Code: "connected_list_empty", What: "the only terminal of an account is gone", Layer: OnNetwork, Needs: []Capability{Linked}, Takes: append(gone(), Loss{Ends, "nobody makes an order"}), About: "key", Break: lostLink, Meet: aboutKey},
		{Code: "cloud_icon_missing", What: "somebody misses the cloud icon of a terminal that is gone", Layer: OnTerminal, Asked: true, Needs: []Capability{Linked}, Takes: gone(), About: "terminal", Break: lostLink, Meet: terminalSeeing("there is no cloud icon")},
		{Code: "terminal_api_disabled", What: "the Terminal API is switched off for the terminal", Layer: OnTerminal, Takes: closed(), About: "terminal", Break: switchedTo("cloud.apiEnabled", false), Meet: aboutTerminal},
		{Code: "websocket_wish_undecided", What: "the operator has not decided a request for cloud connections", Layer: OnTerminal, Takes: closed(), About: "terminal", Break: wished, Meet: aboutTerminal},
		{Code: "terminal_was_off", What: "a register sends a request while the terminal is off", Layer: OnTerminal, Needs: []Capability{Linked, Later, Waits}, Takes: loses(Waits, "the terminal is back, and serves orders"), About: "terminal", Break: missedWhile("switched-off"), Meet: aboutTerminal},
		{Code: "terminal_silent", What: "the terminal answers no question", Layer: OnNetwork, Needs: []Capability{Linked}, Asked: true, About: "terminal", Break: faulty("no-probe"), Meet: probing},
		{Code: "websocket_filtered", What: "nothing that the cloud sends reaches the terminal", Layer: OnNetwork, Needs: []Capability{Linked, Later}, About: "terminal", Break: deafened, Meet: aboutTerminal},
		{Code: "send_failed", What: "a register sends a request while the terminal has no link", Layer: OnNetwork, Needs: []Capability{Linked, Later, Waits}, Takes: loses(Waits, "the terminal is back, and serves orders"), About: "terminal", Break: missedWhile("cut-link"), Meet: aboutTerminal},
		{Code: "no_response_from_poi", What: "the terminal loses its link after a request was sent", Layer: InOrder, Whole: true, Meet: unanswered},
	}
}

// terminalSeeing is met by somebody who tells what he sees of the terminal.
func terminalSeeing(symptom string) func(context.Context, *Shop) (Subject, error) {
	return func(_ context.Context, s *Shop) (Subject, error) {
		return Subject{Type: "terminal", ID: s.TID, Symptom: symptom}, nil
	}
}

func aboutKey(_ context.Context, s *Shop) (Subject, error) {
	return Subject{Type: "key", ID: s.KeyID}, nil
}

func switchedTo(name string, value any) func(context.Context, *Shop) error {
	return func(ctx context.Context, s *Shop) error { return s.setting(ctx, name, value) }
}

// enabledUnheard switches cloud connections off and on again, and the terminal hears of the first only.
func enabledUnheard(ctx context.Context, s *Shop) error {
	const name = "cloud.webSocketEnabled"
	if err := s.setting(ctx, name, false); err != nil {
		return err
	}
	err := s.tookOver(ctx)
	if err == nil {
		err = s.restart(ctx) // so that it tells of it
	}
	if err == nil {
		err = s.Fault(ctx, "cut-link")
	}
	if err == nil {
		err = s.setting(ctx, name, true)
	}
	if err == nil {
		err = s.Reach(ctx, "offline")
	}
	return err
}

// tookOver waits until the terminal has all its settings.
func (s *Shop) tookOver(ctx context.Context) error {
	return s.Await(ctx, "the terminal has taken its settings over", func() (bool, error) {
		var t struct {
			Reported struct{ Current bool }
		}
		err := s.Native(ctx, "GET", "terminals/"+s.TID+"/settings", nil, &t)
		return t.Reported.Current, err
	})
}

// restart lets the terminal restart once and come back, with its other faults.
func (s *Shop) restart(ctx context.Context) error {
	if err := s.Fault(ctx, "daily-reboot"); err != nil {
		return err
	}
	if err := s.device(ctx, "it is off", func(d state) bool { return !d.Online }); err != nil {
		return err
	}
	return s.device(ctx, "it is back", func(d state) bool { return d.Online })
}

// cableLost puts the terminal on a cable, and cuts it.
func cableLost(ctx context.Context, s *Shop) error {
	if err := s.Sim(ctx, "POST", "terminals/"+s.POIID+"/settings", object{"id": "network", "value": "lan"}, nil); err != nil {
		return err
	}
	return lostLink(ctx, s)
}

// Terminal sends a request to the Terminal API; it waits for the answer.
func (s *Shop) terminalAPI(ctx context.Context, path string, body, to any) error {
	return s.Call(ctx, "POST", path, http.Header{"X-Api-Key": {s.Key}}, body, to)
}

// request is a nexo payment request of the shop.
func (s *Shop) request(minor float64) object {
	return object{"SaleToPOIRequest": object{
		"MessageHeader": object{
			"ProtocolVersion": "3.0", "MessageClass": "Service", "MessageCategory": "Payment", "MessageType": "Request",
			"SaleID": "till", "ServiceID": s.Name(), "POIID": s.POIID,
		},
		"PaymentRequest": object{
			"SaleData":           object{"SaleTransactionID": object{"TransactionID": "till-" + s.Name(), "TimeStamp": "2026-01-01T12:00:00Z"}},
			"PaymentTransaction": object{"AmountsReq": object{"Currency": "EUR", "RequestedAmount": minor}},
		},
	}}
}

func foreignMerchant(ctx context.Context, s *Shop) (Subject, error) {
	err := s.terminalAPI(ctx, "/connectedTerminals", object{"merchantAccount": "SomebodyElse"}, nil)
	return Subject{Type: "key", ID: s.KeyID}, refused(err, http.StatusForbidden)
}

func wished(ctx context.Context, s *Shop) error {
	const name = "cloud.webSocketEnabled"
	if err := s.setting(ctx, name, false); err != nil {
		return err
	}
	return s.As(ctx, s.AccountKey, "POST", "terminals/"+s.TID+"/settings-wishes", object{"setting": name, "value": true}, nil)
}

// missedWhile sends a request while the terminal is broken, and mends it.
func missedWhile(fault string) func(context.Context, *Shop) error {
	return func(ctx context.Context, s *Shop) error {
		if err := s.Fault(ctx, fault); err != nil {
			return err
		}
		if err := s.Reach(ctx, "offline"); err != nil {
			return err
		}
		if err := s.terminalAPI(ctx, "/sync", s.request(12.5), nil); err != nil {
			return err
		}
		if err := s.MendOne(ctx, fault); err != nil {
			return err
		}
		return s.Online(ctx)
	}
}

// deafened lets the terminal try in vain for a while, and come back.
func deafened(ctx context.Context, s *Shop) error {
	if err := s.Fault(ctx, "deaf"); err != nil {
		return err
	}
	if err := s.Reach(ctx, "offline"); err != nil {
		return err
	}
	const inVain = 13 * time.Second // a handshake that gets no answer takes ten
	wait := time.NewTimer(inVain)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.MendOne(ctx, "deaf"); err != nil {
		return err
	}
	return s.Online(ctx)
}

// unanswered sends a request that the terminal gets and does not answer, until the register's time is over.
func unanswered(ctx context.Context, s *Shop) (Subject, error) {
	if err := s.Fault(ctx, "cut-link"); err != nil { // the cloud does not know it yet
		return Subject{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.terminalAPI(ctx, "/sync", s.request(12.5), nil) }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				return Subject{}, err
			}
			var orders struct{ Data []struct{ ID string } }
			err = s.Native(ctx, "GET", "orders?terminal="+s.TID, nil, &orders)
			if err != nil || len(orders.Data) == 0 {
				return Subject{}, errors.Join(err, errors.New("there is no order"))
			}
			return Subject{Type: "order", ID: bare(orders.Data[0].ID), Symptom: "Did not receive a response from the POI"}, nil
		case <-time.After(time.Second):
			if err := s.Native(ctx, "POST", "clock", object{"advance": "60s"}, nil); err != nil {
				return Subject{}, err
			}
		}
	}
}
