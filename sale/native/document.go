package native

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

func (*Handler) document(w http.ResponseWriter, c *call) *problem { return serveDocument(w, c.Request) }

func serveDocument(w http.ResponseWriter, r *http.Request) *problem {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return notAllowed(w, []string{http.MethodGet, http.MethodHead})
	}
	w.Header().Set("Access-Control-Allow-Origin", "*") // tools that show documents run in browsers
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(openAPI)))
	_, _ = w.Write(openAPI) // a client that went away is told nothing
	return nil
}
