// A shop whose page runs in the browser of a payment terminal, in one file and a page.
//
//	kassa dev --env kassa.env          # in another terminal
//	set -a; . ./kassa.env; go run ./docs/examples/webapp
//	kassa browse localhost:3000 --terminal "$KASSA_TERMINAL_ID"
package main

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"

	"kassa/msplink"
)

//go:embed index.html
var index []byte

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	addr := "127.0.0.1:3000"
	if len(args) > 0 {
		addr = args[0]
	}
	s := shop{kassa: os.Getenv("KASSA_URL"), key: os.Getenv("KASSA_MSP_KEY")}
	if s.kassa == "" || s.key == "" {
		return fmt.Errorf("KASSA_URL and KASSA_MSP_KEY say where Kassa is; kassa dev --env FILE writes them")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, "text/html", index) })
	mux.HandleFunc("GET /msplink.js", func(w http.ResponseWriter, _ *http.Request) { show(w, "text/javascript", []byte(msplink.Script())) })
	mux.HandleFunc("POST /orders", s.makeOrder)
	mux.HandleFunc("GET /paid", s.paid)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("shop  http://%s/\n", l.Addr())
	return http.Serve(l, mux)
}

func show(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	_, _ = w.Write(body)
}

type shop struct{ kassa, key string }

const price = 1250 // the server says what it costs, never the page

// makeOrder makes an order for whichever terminal of the group takes it up.
func (s shop) makeOrder(w http.ResponseWriter, r *http.Request) {
	id := "web-" + rand.Text()[:10]
	_, err := s.call(r, "POST", "orders", map[string]any{
		"type": "redirect", "order_id": id, "currency": "EUR", "amount": price, "description": "2 coffees",
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"orderId": id, "amount": price})
}

// paid is the callback. What its address says is a hint; the order itself is asked for.
func (s shop) paid(w http.ResponseWriter, r *http.Request) {
	status, err := s.call(r, "GET", "orders/"+url.PathEscape(r.FormValue("order_id")), nil)
	text := map[bool]string{true: "Paid. Thank you!", false: "Not paid: the order is " + status + "."}[status == "completed"]
	if err != nil {
		text = "It is not known yet whether this is paid: " + err.Error()
	}
	show(w, "text/html", []byte(`<!doctype html><meta name="viewport" content="width=device-width"><title>Paid?</title>`+
		`<body style="font:18px/1.5 system-ui;margin:2rem"><h1 id="result">`+template.HTMLEscapeString(text)+`</h1><p><a href="/">Another one</a></p>`))
}

// call gives the status of the order that Kassa answers with.
func (s shop) call(r *http.Request, method, path string, body any) (string, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	q, err := http.NewRequestWithContext(r.Context(), method, s.kassa+"/v1/json/"+path, bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	q.Header.Set("api_key", s.key)
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var e struct {
		Success   bool   `json:"success"`
		ErrorInfo string `json:"error_info"`
		Data      struct {
			Status string `json:"status"`
		} `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&e); err != nil {
		return "", err
	}
	if !e.Success {
		return "", fmt.Errorf("%s", e.ErrorInfo)
	}
	return e.Data.Status, nil
}
