package multisafepay

import (
	_ "embed"
	"net/http"
	"strconv"
)

// openAPI describes the whole surface. The tests hold every answer against it, and it against the
// table of routes.
//
//go:embed openapi.json
var openAPI []byte

func (h *Handler) document(w http.ResponseWriter, _ *call) *refusal {
	w.Header().Set("Access-Control-Allow-Origin", "*") // tools that show documents run in browsers
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(openAPI)))
	w.Write(openAPI) //nolint:errcheck // the client is gone; nothing depends on it
	return nil
}
