package cause

import (
	"context"
	"net/http"
	"strings"
)

// aroundRecipes make what goes wrong with calls, webhooks, refunds and settings around payments.
func aroundRecipes() []Recipe {
	return append(append(callRecipes(), hookRecipes()...), refundRecipes()...)
}

// sending is met by an order that is refused for something in it, and asking about the terminal that it names.
func sending(more object, header, value string) func(context.Context, *Shop) (Subject, error) {
	return func(ctx context.Context, s *Shop) (Subject, error) {
		body := s.order("till-"+s.Name(), 1250, more)
		for name, value := range more {
			if value == nil {
				delete(body, name)
			}
		}
		with := http.Header{"Api_key": {s.Key}}
		if header != "" {
			with.Set(header, value)
		}
		err := refusedWith(s.Call(ctx, "POST", "/v1/json/orders", with, body, nil))
		return Subject{Type: "terminal", ID: s.TID, Key: s.Key}, err
	}
}

func callRecipes() []Recipe {
	return []Recipe{
		{Code: "order_id_rejected", What: "the register makes order ids with spaces", Layer: InOrder, Takes: loses(Made, "the order is refused"), About: "terminal", Meet: sending(object{"order_id": "table 4 #12"}, "", "")},
		{Code: "amount_not_cents", What: "the register sends euros in place of cents", Layer: InOrder, Takes: loses(Made, "the order is refused"), About: "terminal", Meet: sending(object{"amount": 12.5}, "", "")},
		{
			Code: "app_uses_cloud", What: "an app on the terminal sends orders for it to the cloud", Layer: InOrder, Needs: []Capability{Address}, Takes: loses(Made, "the order is refused"), About: "terminal",
			Meet: sending(object{"description": nil}, "User-Agent", "okhttp/4.12.0 (Linux; Android 11; P2)"),
		},
		{
			Code: "cors_from_browser", What: "a web page calls the API itself", Layer: InOrder, Takes: loses(Made, "the order is refused"), About: "terminal",
			Meet: sending(object{"description": nil}, "Origin", "https://till.example"),
		},
		{
			Code: "unreferenced_refund_refused", What: "the register refunds without a payment, which is not switched on", Layer: InOrder, Needs: []Capability{Taken}, Takes: loses(Made, "the order is refused"), About: "terminal",
			Meet: sending(object{"type": "unreferenced_refund", "amount": 500}, "", ""),
		},
		{
			Code: "close_timeout_off", What: "results stay on the screen until somebody closes them", Layer: OnTerminal, Asked: true, Needs: []Capability{Approves}, About: "terminal",
			Break: setOnDevice("closeTimeout", "0"),
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				_, err := s.Pay(ctx, 1250, "visa")
				return Subject{Type: "terminal", ID: s.TID, Key: s.Key, Symptom: "stays on result screen"}, err
			},
		},
		{
			Code: "refund_button_off", What: "refunds are not allowed on the terminal", Layer: OnTerminal, Asked: true, Needs: []Capability{Approves}, About: "terminal",
			Break: setOnDevice("allowRefunds", "off"),
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				_, err := s.Pay(ctx, 1250, "visa")
				return Subject{Type: "terminal", ID: s.TID, Key: s.Key, Symptom: "no Refund button"}, err
			},
		},
	}
}

// answering lets the shop's webhook receiver answer in a way.
func answering(status int, body, location string) func(context.Context, *Shop) error {
	return func(ctx context.Context, s *Shop) error {
		return s.Call(ctx, "PUT", strings.TrimPrefix(s.Hook, s.URL), nil, object{"status": status, "body": body, "location": location}, nil)
	}
}

// hookAt sends the shop's webhooks somewhere else.
func hookAt(address func(*Shop) string) func(context.Context, *Shop) error {
	return func(ctx context.Context, s *Shop) error {
		return s.Native(ctx, "PATCH", "groups/"+s.Group, object{"webhookURL": address(s)}, nil)
	}
}

func hookRecipes() []Recipe {
	made := func(code, name, what string, broken func(context.Context, *Shop) error) Recipe {
		return Recipe{Code: code, Name: name, What: what, Layer: OnHook, Needs: []Capability{Ends}, About: "order", Break: broken, Meet: paying("visa")}
	}
	return []Recipe{
		made("webhook_reply_not_ok", "", "the receiver answers 204", answering(http.StatusNoContent, "", "")),
		made("webhook_reply_not_ok", "page", "the receiver answers 200 with a page", answering(http.StatusOK, "<html><body>Welcome</body></html>", "")),
		made("webhook_redirects", "", "the receiver has moved", answering(http.StatusMovedPermanently, "", "https://shop.example/hook/")),
		made("webhook_redirects", "found", "the receiver sends visitors to its login", answering(http.StatusFound, "", "/login")),
		made("webhook_forbidden", "", "a filter stands before the receiver", answering(http.StatusForbidden, "Forbidden", "")),
		made("webhook_address_wrong", "", "there is no receiver at the address", answering(http.StatusNotFound, "Not found", "")),
		made("webhook_address_wrong", "500", "the receiver's program fails", answering(http.StatusInternalServerError, "Oops", "")),
		made("webhook_address_wrong", "503", "the receiver is being maintained", answering(http.StatusServiceUnavailable, "Back soon", "")),
		made("webhook_address_wrong", "down", "nothing listens at the address", hookAt(func(*Shop) string { return "http://127.0.0.1:1/hook" })),
		made("webhook_url_rejected", "", "the address says https, and the receiver speaks no TLS", hookAt(func(s *Shop) string { return "https" + strings.TrimPrefix(s.Hook, "http") })),
	}
}

func refundRecipes() []Recipe {
	return []Recipe{
		{
			Code: "refund_refused_1034", What: "the register refunds more than was paid", Layer: InOrder, Needs: []Capability{Approves}, About: "order",
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				ref, err := s.Pay(ctx, 1250, "visa")
				if err == nil {
					err = refusedWith(s.POS(ctx, s.Key, "POST", "orders/"+ref+"/refunds", object{"currency": "EUR", "amount": 2500}, nil))
				}
				return s.about(ref), err
			},
		},
		{
			Code: "refund_refused_1034", Name: "twice", What: "the register refunds the same amount twice", Layer: InOrder, Needs: []Capability{Approves}, About: "order",
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				ref, err := s.Pay(ctx, 1250, "visa")
				refund := func() error {
					return s.POS(ctx, s.Key, "POST", "orders/"+ref+"/refunds", object{"currency": "EUR", "amount": 500}, nil)
				}
				if err == nil {
					err = refund()
				}
				if err == nil {
					err = refusedWith(refund())
				}
				return s.about(ref), err
			},
		},
		{
			Code: "refund_reserved", What: "the acquirer answers no refund", Layer: InOrder, About: "order", Whole: true,
			Meet: func(ctx context.Context, s *Shop) (Subject, error) {
				ref, err := s.Pay(ctx, 1250, "visa")
				if err == nil {
					err = s.Sim(ctx, "POST", "acquirer/fault", object{"kind": "stop-reading"}, nil)
				}
				if err == nil {
					err = s.POS(ctx, s.Key, "POST", "orders/"+ref+"/refunds", object{"currency": "EUR", "amount": 500}, nil)
				}
				if err == nil {
					err = s.Native(ctx, "POST", "clock", object{"advance": "90s"}, nil)
				}
				return s.about(ref), err
			},
			Undo: func(ctx context.Context, s *Shop) error { return s.Sim(ctx, "DELETE", "acquirer/fault", nil, nil) },
		},
	}
}
