package kassa_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"

	"kassa"
)

// parse reads one source file of this package.
func parse(t *testing.T, name string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestReasonsAreListed: the dialects map what Reasons lists, so that a constant which is missing
// there would be mapped by none.
func TestReasonsAreListed(t *testing.T) {
	constants := 0
	ast.Inspect(parse(t, "reason.go"), func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "Reason" {
				constants++
			}
		}
		return true
	})
	seen := make(map[kassa.Reason]bool)
	for _, r := range kassa.Reasons() {
		if seen[r] || r == kassa.None {
			t.Errorf("%q is listed twice, or is none", r)
		}
		seen[r] = true
		if r.Text() == kassa.Reason("no such").Text() {
			t.Errorf("%q has no text", r)
		}
	}
	if constants-1 != len(seen) { // None is not in the list
		t.Errorf("%d constants and None, %d listed", constants-1, len(seen))
	}
}

// TestEveryEventCanBeReadBack: an event that the journal cannot give back is a fact lost.
func TestEveryEventCanBeReadBack(t *testing.T) {
	var kinds []string
	for _, d := range parse(t, "event.go").Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Name.Name == "event" && f.Recv != nil {
			kinds = append(kinds, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	if len(kinds) < 20 {
		t.Fatalf("%d events found", len(kinds))
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		e, err := kassa.DecodeEvent(kind, []byte("{}"))
		if err != nil || kassa.Kind(e) != kind {
			t.Errorf("%s comes back as %T, %v", kind, e, err)
		}
	}
}
