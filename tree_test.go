package kassa_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// tree is the house as the rules of arch_test.go and tidy_test.go see it: the whole repository, or a
// few lines that show that a rule bites.
type tree struct {
	fset  *token.FileSet
	texts map[string]string // all files, by path from the root
	files []source          // the Go files among them, by path
}

type source struct {
	path, dir string
	test      bool
	syntax    *ast.File
	lines     int
}

// rule is one promise of the house. Each of its findings says where, what, and what to do instead.
type rule struct {
	name  string
	check func(*tree) []string
	// bad are trees that break the rule, each as path and text, path and text, …
	bad [][]string
}

func newTree(t *testing.T, texts map[string]string) *tree {
	t.Helper()
	tr := &tree{fset: token.NewFileSet(), texts: texts}
	for _, name := range sortedKeys(texts) {
		if path.Ext(name) != ".go" {
			continue
		}
		f, err := parser.ParseFile(tr.fset, name, texts[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("%v: gofmt -e %s shows where", err, name)
		}
		tr.files = append(tr.files, source{
			path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), syntax: f,
			lines: strings.Count(texts[name], "\n"),
		})
	}
	return tr
}

// readTree reads the repository. What .gitignore names is not part of it.
func readTree(t *testing.T) *tree {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".kassa", "bin", "tools/clients/node_modules"}, name):
			return fs.SkipDir
		case name == ".git", !d.Type().IsRegular(), strings.HasSuffix(name, ".test"), strings.HasSuffix(name, ".prof"):
			return nil
		}
		text, err := os.ReadFile(name)
		texts[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return newTree(t, texts)
}

// hold checks the rules against the repository, and each rule against what breaks it.
func hold(t *testing.T, rules []rule) {
	t.Helper()
	house := readTree(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, finding := range r.check(house) {
				t.Error(finding)
			}
			if len(r.bad) == 0 {
				t.Error("nothing shows that this rule bites; add a bad tree to it")
			}
			for _, b := range r.bad {
				texts := map[string]string{}
				for i := 0; i < len(b); i += 2 {
					texts[b[i]] = b[i+1]
				}
				if len(r.check(newTree(t, texts))) == 0 {
					t.Errorf("the rule does not bite on %q", b)
				}
			}
		})
	}
}

// at is where a node is, as path:line.
func (tr *tree) at(n ast.Node) string {
	p := tr.fset.Position(n.Pos())
	return p.Filename + ":" + strconv.Itoa(p.Line)
}

func (tr *tree) span(n ast.Node) int {
	return tr.fset.Position(n.End()).Line - tr.fset.Position(n.Pos()).Line + 1
}

// imported are the paths that a file imports.
func (s source) imported() map[string]*ast.ImportSpec {
	list := map[string]*ast.ImportSpec{}
	for _, i := range s.syntax.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			list[p] = i
		}
	}
	return list
}

// local is the name by which a file calls an import.
func local(i *ast.ImportSpec, importPath string) string {
	if i.Name != nil {
		return i.Name.Name
	}
	base := path.Base(importPath)
	if base == "v2" {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

// packages are the folders with Go files that are not tests.
func (tr *tree) packages() map[string][]source {
	list := map[string][]source{}
	for _, f := range tr.files {
		if !f.test {
			list[f.dir] = append(list[f.dir], f)
		}
	}
	return list
}

// under tells whether a path is a folder or lies in it. "." is the root folder alone.
func under(p, folder string) bool {
	return p == folder || folder != "." && strings.HasPrefix(p, folder+"/")
}

func sortedKeys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// baseName is the identifier that an expression begins with: x in x.f[i].g.
func baseName(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return ""
		}
	}
}

// callee is how a call is written when it is name or name.name, else empty.
func callee(e ast.Expr) string {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return ""
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}
