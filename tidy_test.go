package kassa_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// checkGlobals: nothing changes but what is passed around, so that tests run side by side and the
// simulation owns all state. A package-level var may be a sentinel error, an embedded file, an
// assertion, a compiled pattern, or a table or value that nobody writes to.
func checkGlobals(tr *tree) (found []string) {
	for _, files := range tr.packages() {
		written := map[string]bool{}
		for _, f := range files {
			noteWrites(f.syntax, written)
		}
		for _, f := range files {
			for _, d := range f.syntax.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.VAR {
					continue
				}
				for _, s := range g.Specs {
					v := s.(*ast.ValueSpec)
					for i, name := range v.Names {
						if frozen()[f.dir+"."+name.Name] == "" && (!constant(g, v, i) || written[name.Name]) {
							found = append(found, fmt.Sprintf("%s: %s is a global that can change; make it a field, an argument, or a function that returns a fresh value",
								tr.at(name), name.Name))
						}
					}
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// noteWrites notes each name that is assigned to, in whole or in part, or whose address is taken.
func noteWrites(n ast.Node, written map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			if x.Tok != token.DEFINE {
				for _, l := range x.Lhs {
					written[baseName(l)] = true
				}
			}
		case *ast.IncDecStmt:
			written[baseName(x.X)] = true
		case *ast.UnaryExpr:
			if x.Op == token.AND {
				written[baseName(x.X)] = true
			}
		case *ast.CallExpr:
			if f := callee(x); (f == "delete" || f == "clear" || f == "copy") && len(x.Args) > 0 {
				written[baseName(x.Args[0])] = true
			}
		}
		return true
	})
}

// constant tells whether a var is one of the kinds that never change.
func constant(g *ast.GenDecl, v *ast.ValueSpec, i int) bool {
	if v.Names[i].Name == "_" {
		return true
	}
	for _, doc := range []*ast.CommentGroup{g.Doc, v.Doc} {
		if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
			return true
		}
	}
	if len(v.Values) != len(v.Names) {
		return false
	}
	switch x := v.Values[i].(type) {
	case *ast.CallExpr:
		if f, ok := x.Fun.(*ast.FuncLit); ok && f.Type.Results.NumFields() == 1 {
			return table(f.Type.Results.List[0].Type) // computed once
		}
		return slices.Contains([]string{"errors.New", "regexp.MustCompile", "netip.MustParseAddr", "netip.MustParsePrefix"}, callee(x))
	case *ast.CompositeLit:
		_, own := x.Type.(*ast.Ident)
		return own || table(x.Type)
	}
	return false
}

func table(t ast.Expr) bool {
	switch t.(type) {
	case *ast.MapType, *ast.ArrayType:
		return true
	}
	return false
}

// frozen are globals that never change although the rule cannot see it, with the reason.
func frozen() map[string]string {
	const profile = "a Profile is handed out by pointer, but has no exported field and no method that writes"
	return map[string]string{"iso8583.kassa87": profile, "iso8583.bcd87": profile, "iso8583.fields1987": profile}
}

func checkInit(tr *tree) (found []string) {
	for _, f := range tr.files {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, tr.at(fn)+": no init(); what must happen first is called first, in cmd/kassa")
			}
		}
	}
	return found
}

// checkNames: a name says what a thing is. In nexo the names are the standard's.
func checkNames(tr *tree) (found []string) {
	empty := []string{"Service", "Manager", "Helper", "Impl", "Base", "Data", "Info"}
	for _, f := range tr.files {
		if slices.Contains([]string{"util", "utils", "common", "models", "model", "helpers", "helper", "base", "misc", "shared"}, strings.TrimSuffix(f.syntax.Name.Name, "_test")) {
			found = append(found, fmt.Sprintf("%s: package %s says nothing; name it after the one thing it does", f.path, f.syntax.Name.Name))
		}
		if f.dir == "nexo" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			s, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			for _, e := range empty {
				if strings.HasSuffix(s.Name.Name, e) || strings.EqualFold(s.Name.Name, e) {
					found = append(found, fmt.Sprintf("%s: type %s ends in %s, which says nothing; name what it is", tr.at(s), s.Name.Name, e))
				}
			}
			return true
		})
	}
	return found
}

// checkNotes: what is left to do is in an issue, where it is seen.
func checkNotes(tr *tree) (found []string) {
	note := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	for _, name := range sortedKeys(tr.texts) {
		if isProse(name) || path.Ext(name) == ".go" {
			for n, line := range strings.Split(tr.texts[name], "\n") {
				if m := note.FindString(line); m != "" {
					found = append(found, fmt.Sprintf("%s:%d: %s; do it now, or write an issue", name, n+1, m))
				}
			}
		}
	}
	return found
}

// sleepers are tests that may sleep outside a synctest bubble, with the reason.
func sleepers() map[string]string { return map[string]string{} }

// checkTests: a test neither hides nor guesses how long something takes. In a file that uses
// testing/synctest a sleep moves the bubble's clock and waits for nobody.
func checkTests(tr *tree) (found []string) {
	for _, f := range tr.files {
		if !f.test {
			continue
		}
		maySleep := sleepers()[f.path] != "" || f.imported()["testing/synctest"] != nil
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && callee(call) == "time.Sleep" && !maySleep {
				found = append(found, tr.at(call)+": no time.Sleep to wait; wait for a channel, use testing/synctest, or name the file in sleepers() with the reason")
			}
			return true
		})
		for _, call := range skips(f.syntax, nil) {
			found = append(found, tr.at(call)+": a skipped test is not a test; let tools/setup install what it needs, or let it fail and say so")
		}
	}
	return found
}

// skips finds the calls that skip a test. ts are the names that a *testing.T (B, F, TB) goes by
// around n; in a property, rapid's own T means to throw a case away.
func skips(n ast.Node, ts []string) (list []*ast.CallExpr) {
	ast.Inspect(n, func(inner ast.Node) bool {
		var of *ast.FuncType
		var body *ast.BlockStmt
		switch x := inner.(type) {
		case *ast.FuncDecl:
			of, body = x.Type, x.Body
		case *ast.FuncLit:
			of, body = x.Type, x.Body
		case *ast.CallExpr:
			who, what, _ := strings.Cut(callee(x), ".")
			if slices.Contains(ts, who) && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, what) {
				list = append(list, x)
			}
		}
		if body == nil {
			return true
		}
		within := slices.Clone(ts)
		for _, p := range of.Params.List {
			for _, name := range p.Names {
				within = slices.DeleteFunc(within, func(t string) bool { return t == name.Name })
				if baseName(p.Type) == "testing" {
					within = append(within, name.Name)
				}
			}
		}
		list = append(list, skips(body, within)...)
		return false
	})
	return list
}

// isProse tells whether people read a file as text.
func isProse(name string) bool {
	base := path.Base(name)
	return path.Ext(name) == ".md" || base == "Makefile" || strings.HasPrefix(name, "tools/") && path.Ext(name) == "" || strings.HasPrefix(name, ".ci/")
}

// checkPlaces: the repository is the same on every machine.
func checkPlaces(tr *tree) (found []string) {
	place := regexp.MustCompile(`(?:^|[^A-Za-z0-9_.~$})/-])/(?:work|tmp|root|home)/[a-z.]|\b(?:proxy|sum)\.golang\.org\b|\bgoproxy\.|\bartifactory\b|\bregistry\.[a-z0-9-]+\.[a-z]{2,}`)
	for _, name := range sortedKeys(tr.texts) {
		if name == "tidy_test.go" || strings.Contains(name, "/testdata/") {
			continue
		}
		for n, line := range strings.Split(tr.texts[name], "\n") {
			if m := place.FindString(line); m != "" {
				found = append(found, fmt.Sprintf("%s:%d: %q is a place of one machine; use a relative path, t.TempDir or a setting", name, n+1, strings.TrimSpace(m)))
			}
		}
	}
	return found
}

// american are the words that are spelt otherwise here, as the part that differs.
func american() *regexp.Regexp {
	return regexp.MustCompile(`(?i)authoriz|behavior|(?:^|[^a-z])colors?(?:$|[^a-z])|colored|canceled|canceling|favor(?:it|s|ed|able)|honor(?:s|ed)?(?:$|[^a-z])|` +
		`(?:^|[^a-z])center(?:ed|s)?(?:$|[^a-z])|initializ|recogniz|serializ|normaliz|organiz|minimiz|maximiz|optimiz|summariz|synchroniz|tokeniz|customiz|finaliz|` +
		`utiliz|realiz|analyz|labeled|labeling|modeled|modeling|signaled|signaling|traveled|fulfill(?:s|$|[^e])|(?:^|[^a-z])gray(?:$|[^a-z])|catalogs?(?:$|[^a-z])|linearizab`)
}

// othersWords are words that belong to somebody else's protocol or API, and are written as they write them.
func othersWords() *regexp.Regexp {
	return regexp.MustCompile("`[^`]*`|\"[^\"\n]*\"|[A-Za-z_]*_[a-z_]+|\\b(?:Authorization|initialized|canceled|Unauthorized|[a-z]+\\.[A-Z][A-Za-z.]+)\\b|\\bDo not honor\\b|\\bSecurity Center\\b|--?[a-z-]*color[a-z-]*|\\bNO_COLOR\\b|\\[[^\\]]*\\]\\([^)]*\\)")
}

// checkSpelling: British spelling, in prose and in the names that we choose.
func checkSpelling(tr *tree) (found []string) {
	bad, others := american(), othersWords()
	for _, name := range sortedKeys(tr.texts) {
		if path.Ext(name) == ".md" {
			for n, line := range strings.Split(withoutCode(tr.texts[name]), "\n") {
				if m := bad.FindString(others.ReplaceAllString(line, " ")); m != "" {
					found = append(found, fmt.Sprintf("%s:%d: %q is American spelling; write it the British way, or in `backticks` when it is somebody's word", name, n+1, m))
				}
			}
		}
	}
	for _, f := range tr.files {
		if f.path == "tidy_test.go" {
			continue
		}
		for _, group := range f.syntax.Comments {
			if m := bad.FindString(others.ReplaceAllString(group.Text(), " ")); m != "" {
				found = append(found, fmt.Sprintf("%s: %q is American spelling; write it the British way, or in \"quotes\" when it is somebody's word", tr.at(group), m))
			}
		}
		for _, lit := range sentences(f.syntax) {
			if m := bad.FindString(others.ReplaceAllString(lit.Value[1:len(lit.Value)-1], " ")); m != "" {
				found = append(found, fmt.Sprintf("%s: %q is American spelling; write what people read the British way", tr.at(lit), m))
			}
		}
		if f.dir == "nexo" {
			continue // the names are the standard's
		}
		for _, id := range declared(f.syntax) {
			if m := bad.FindString(id.Name); m != "" && !slices.Contains([]string{"Authorization"}, id.Name) {
				found = append(found, fmt.Sprintf("%s: %s is American spelling (%s); our names are British", tr.at(id), id.Name, m))
			}
		}
	}
	return found
}

// sentences are the string literals outside tests that people read: those with a space in them that
// are neither JSON, markup, style nor SQL.
func sentences(f *ast.File) (list []*ast.BasicLit) {
	if strings.HasSuffix(f.Name.Name, "_test") {
		return nil
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && strings.Contains(lit.Value, " ") && !strings.ContainsAny(lit.Value, "{}<>") {
			list = append(list, lit)
		}
		return true
	})
	return list
}

// declared are the names that a file gives.
func declared(f *ast.File) (list []*ast.Ident) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.FuncDecl:
			list = append(list, x.Name)
		case *ast.TypeSpec:
			list = append(list, x.Name)
		case *ast.ValueSpec:
			list = append(list, x.Names...)
		case *ast.Field:
			list = append(list, x.Names...)
		case *ast.AssignStmt:
			if x.Tok == token.DEFINE {
				for _, l := range x.Lhs {
					if id, ok := l.(*ast.Ident); ok {
						list = append(list, id)
					}
				}
			}
		}
		return true
	})
	return list
}

// withoutCode blanks the fenced blocks of a Markdown text; its lines stay where they are.
func withoutCode(text string) string {
	lines, inside := strings.Split(text, "\n"), false
	for i, l := range lines {
		fence := strings.HasPrefix(strings.TrimSpace(l), "```")
		if fence || inside {
			lines[i] = ""
		}
		if fence {
			inside = !inside
		}
	}
	return strings.Join(lines, "\n")
}

// checkLinks: each link of the documentation leads somewhere, and when its text is a name of the
// code, that name is declared in the file that it leads to.
func checkLinks(tr *tree) (found []string) {
	link := regexp.MustCompile(`\[([^\]\n]*)\]\(([^)\s]+)\)`)
	for _, name := range sortedKeys(tr.texts) {
		if path.Ext(name) != ".md" {
			continue
		}
		for n, line := range strings.Split(withoutCode(tr.texts[name]), "\n") {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if problem := tr.linkProblem(name, m[1], m[2]); problem != "" {
					found = append(found, fmt.Sprintf("%s:%d: the link %s %s", name, n+1, m[0], problem))
				}
			}
		}
	}
	return found
}

func (tr *tree) linkProblem(from, text, target string) string {
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return ""
	}
	file, anchor, anchored := strings.Cut(target, "#")
	to := from
	if file != "" {
		to = path.Join(path.Dir(from), file)
	}
	body, isFile := tr.texts[to]
	isFolder := to == "." || slices.ContainsFunc(sortedKeys(tr.texts), func(p string) bool { return under(p, to) && p != to })
	switch {
	case !isFile && !isFolder:
		return "leads to nothing; there is no " + to
	case anchored && path.Ext(to) == ".md" && !slices.Contains(headings(body), anchor):
		return "names a heading that " + to + " does not have"
	case anchored && path.Ext(to) != ".md":
		line, err := strconv.Atoi(strings.TrimPrefix(anchor, "L"))
		if err != nil || line < 1 || line > strings.Count(body, "\n")+1 {
			return "names a line that " + to + " does not have; name the function in the link's text instead"
		}
	}
	if named := strings.TrimSuffix(strings.Trim(text, "`"), "()"); path.Ext(to) == ".go" && !tr.declares(to, named) {
		return "names " + named + ", which " + to + " does not declare"
	}
	return ""
}

// headings are the anchors of a Markdown text, as forges make them.
func headings(text string) (list []string) {
	for line := range strings.Lines(withoutCode(text)) {
		if title := strings.TrimLeft(line, "#"); title != line && strings.HasPrefix(title, " ") {
			list = append(list, strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
					return unicode.ToLower(r)
				}
				return -1
			}, strings.TrimSpace(title)))
		}
	}
	return list
}

// declares tells whether a file declares Name, Type.Member or package.Name. A text that is no such
// name (a file's name, or a sentence) claims nothing.
func (tr *tree) declares(file, name string) bool {
	if !regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$`).MatchString(name) || strings.HasSuffix(name, ".go") {
		return true
	}
	i := slices.IndexFunc(tr.files, func(f source) bool { return f.path == file })
	f := tr.files[i].syntax
	of, member, dotted := strings.Cut(name, ".")
	switch {
	case name == f.Name.Name:
		return true // the package itself
	case dotted && of == f.Name.Name:
		name, dotted = member, false
	}
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.FuncDecl:
			if x.Recv == nil || !dotted {
				found = found || !dotted && x.Name.Name == name
			} else {
				found = found || x.Name.Name == member && baseName(x.Recv.List[0].Type) == of
			}
		case *ast.TypeSpec:
			found = found || !dotted && x.Name.Name == name || dotted && x.Name.Name == of && hasMember(x, member)
		case *ast.ValueSpec:
			found = found || !dotted && slices.ContainsFunc(x.Names, func(id *ast.Ident) bool { return id.Name == name })
		}
		return true
	})
	return found
}

func hasMember(s *ast.TypeSpec, member string) bool {
	var fields *ast.FieldList
	switch x := s.Type.(type) {
	case *ast.StructType:
		fields = x.Fields
	case *ast.InterfaceType:
		fields = x.Methods
	default:
		return false
	}
	return slices.ContainsFunc(fields.List, func(f *ast.Field) bool {
		return slices.ContainsFunc(f.Names, func(id *ast.Ident) bool { return id.Name == member })
	})
}

func TestTidy(t *testing.T) {
	const step = "package kassa\ntype Order struct{}\nfunc (o Order) Step() {}\n"
	hold(t, []rule{
		{"no global changes", checkGlobals, [][]string{
			{"x/x.go", "package x\nvar count int"},
			{"x/x.go", "package x\nvar seen = map[string]bool{}\nfunc f() { seen[`a`] = true }"},
			{"x/x.go", "package x\nvar list = []int{1}\nfunc f() { list = append(list, 2) }"},
			{"x/x.go", "package x\nvar seen = map[string]bool{}", "x/y.go", "package x\nfunc f() { delete(seen, `a`) }"},
			{"x/x.go", "package x\nimport `sync`\nvar mu sync.Mutex"},
			{"x/x.go", "package x\nimport `sync`\nvar mu = sync.Mutex{}"},
			{"x/x.go", "package x\ntype s struct{ n int }\nvar v = s{1}\nfunc f() *s { return &v }"},
			{"x/x.go", "package x\nvar p = new(int)"},
		}},
		{"no init", checkInit, [][]string{{"x/x.go", "package x\nfunc init() {}"}}},
		{"names say something", checkNames, [][]string{
			{"util/x.go", "package util"},
			{"x/x_test.go", "package common_test"},
			{"x/x.go", "package x\ntype PaymentService struct{}"},
			{"x/x.go", "package x\nfunc f() { type data int }"},
		}},
		{"nothing is left to do", checkNotes, [][]string{
			{"x/x.go", "package x // TO" + "DO: the rest"}, {"README.md", "FIX" + "ME"}, {"Makefile", "# HA" + "CK"},
		}},
		{"tests neither skip nor sleep", checkTests, [][]string{
			{"x/x_test.go", "package x\nimport `testing`\nfunc TestX(t *testing.T) { t.Skip() }"},
			{"x/x_test.go", "package x\nimport `testing`\nfunc TestX(t *testing.T) { t.Run(``, func(t *testing.T) { func() { t.Skipf(``) }() }) }"},
			{"x/x_test.go", "package x\nimport `time`\nfunc f() { time.Sleep(1) }"},
		}},
		{"no place of one machine", checkPlaces, [][]string{
			{"Makefile", "run:\n\tcp x /" + "work/y"}, {"x/x.go", "package x\nconst p = \"/tmp/x\""}, {"tools/setup", "curl https://registry.example.com/x"},
		}},
		{"spelling is British", checkSpelling, [][]string{
			{"README.md", "The behavior of it."},
			{"x/x.go", "package x\n\n// F is called when it was canceled by us or the color changed.\nfunc F() {}"},
			{"x/x.go", "package x\nconst sorry = \"the order was canceled already by its serializer\""},
			{"x/x.go", "package x\ntype AuthorizeRequest struct{}"},
			{"x/x.go", "package x\nfunc f() { normalized := 1; _ = normalized }"},
		}},
		{"links lead somewhere", checkLinks, [][]string{
			{"README.md", "[here](docs/none.md)"},
			{"docs/a.md", "[here](../step.go#L99)", "step.go", step},
			{"docs/a.md", "[Order.Stop](../step.go)", "step.go", step},
			{"docs/a.md", "[`Steps`](../step.go)", "step.go", step},
			{"docs/a.md", "[b](b.md#no-such)", "docs/b.md", "# Title\n"},
		}},
	})
}

// The link rule must also let good links pass; the house alone would not show that.
func TestGoodLinksPass(t *testing.T) {
	const step = "package kassa\ntype Order struct{ ID string }\nfunc (o *Order) Step() {}\nfunc Fold() {}\nconst Max = 1\n"
	tr := newTree(t, map[string]string{
		"docs/a.md": "# One payment, nine hops\n[Order.Step](../step.go) [`Order.Step()`](../step.go#L3) [Order.ID](../step.go) [Fold](../step.go) " +
			"[kassa.Fold](../step.go) [kassa](../step.go) [Max](../step.go) [the step](../step.go) [step.go](../step.go) [docs](.) [top](#one-payment-nine-hops) [web](https://example.com/x)\n",
		"step.go": step,
	})
	for _, finding := range checkLinks(tr) {
		t.Error(finding)
	}
}
