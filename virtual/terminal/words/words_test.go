package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kassa/virtual/terminal/words"
)

// said are the functions of the device whose first text is shown to people, with the place of it among
// the arguments.
var said = map[string]int{"say": 0, "item": 1, "amounts": 1, "cancel": 0, "notByHand": 0}

// texts finds what the device's code shows.
func texts(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), "../"+e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at, ok := said[sel.Sel.Name]
			if !ok || at >= len(call.Args) {
				return true
			}
			if lit, ok := call.Args[at].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, _ := strconv.Unquote(lit.Value)
				list = append(list, s)
			}
			return true
		})
	}
	return list
}

func TestLanguagesAreWhole(t *testing.T) {
	all := texts(t)
	if len(all) < 100 {
		t.Fatalf("only %d texts found: the test looks at the wrong thing", len(all))
	}
	verb := regexp.MustCompile(`%[sd]`)
	known := words.Texts("nl")
	for _, language := range words.Languages()[1:] {
		list := words.Texts(language)
		if !slices.Equal(list, known) {
			t.Errorf("%s has other texts than nl", language)
		}
		for _, text := range all {
			if _, ok := slices.BinarySearch(list, text); !ok {
				t.Errorf("%s: no translation of %q", language, text)
			}
		}
		for _, text := range list {
			got := words.Say(language, text)
			if got == "" || !slices.Equal(verb.FindAllString(got, -1), verb.FindAllString(text, -1)) {
				t.Errorf("%s: %q for %q", language, got, text)
			}
		}
	}
}

func TestSay(t *testing.T) {
	for want, got := range map[string]string{
		"Serienummer P2-1":   words.Say("nl", "Serial %s", "P2-1"),
		"Serial P2-1":        words.Say("en", "Serial %s", "P2-1"),
		"1000 card declined": words.Say("fr", "1000 card declined"), // the cloud's own stays
		"Merci":              words.Say("fr", "Thank you"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
