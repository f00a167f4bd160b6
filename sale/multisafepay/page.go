package multisafepay

import "net/http"

// The pay page of an order on a terminal has nothing to pay with: it says where that happens.
const payPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pay at the terminal</title>
<body><main><h1>Pay at the terminal</h1><p>This payment is made with a card on the payment terminal.</p></main>
</html>
`

func (h *Handler) servePage(w http.ResponseWriter, r *http.Request, session string) {
	if _, ok := h.orderOf(session); !ok {
		writeRefusal(w, &refusal{http.StatusNotFound, codeUnknown, "Not found: there is no such session", causeRoute})
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", http.MethodGet)
		writeRefusal(w, &refusal{http.StatusMethodNotAllowed, codeUnknown, "this path takes the method GET only", causeRoute})
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(payPage)) //nolint:errcheck // the client is gone; nothing depends on it
}
