package native_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kassa"
)

// page gets a page as a browser would, without a key.
func (w *world) page(url string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), "GET", url, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// usedCodes are the codes that the source answers with.
func usedCodes(t *testing.T) (codes []string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "fault" {
				if lit, ok := call.Args[0].(*ast.BasicLit); ok {
					code, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					codes = append(codes, code)
				}
			}
			return true
		})
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// TestEveryProblemHasItsPage: the type of a problem is the address of a page that says what it means and
// what to do.
func TestEveryProblemHasItsPage(t *testing.T) {
	w := newWorld(t)
	codes := usedCodes(t)
	if len(codes) < 20 {
		t.Fatalf("found only %v", codes)
	}
	codes = append(codes, "unauthorised", "key_revoked", "key_expired", "other_environment", "key_network")
	for _, r := range kassa.Reasons() {
		codes = append(codes, string(r))
	}
	for _, code := range codes {
		status, page := w.page(w.server.URL + "/problems/" + code)
		if status != 200 || !strings.Contains(page, "<code>"+code+"</code>") || !strings.Contains(page, "What to do") || strings.Contains(page, "<dd></dd>") {
			t.Errorf("the page of %s: %d %.300s", code, status, page)
		}
	}
	_, list := w.page(w.server.URL + "/problems/")
	for _, code := range codes {
		if !strings.Contains(list, `href="/problems/`+code+`"`) {
			t.Errorf("%s is not in the list", code)
		}
	}
	_, body := w.call("GET", "/api/v1/orders/none", "")
	if status, page := w.page(fmt.Sprint(body["type"])); status != 200 || !strings.Contains(page, "order_unknown") {
		t.Errorf("%v: %d", body["type"], status)
	}
	if status, _ := w.page(w.server.URL + "/problems/none"); status != 404 {
		t.Errorf("a page of nothing: %d", status)
	}
}
