package kassa_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// module is the import path of the root package.
const module = "kassa"

type folder struct {
	path string
	may  []string
	why  string
}

// folders is who may import what of ours, outside tests. The first row that covers a folder counts,
// and a folder that no row covers is an error: a new one says here what it is for.
// "." is the root package, "*" everything, "virtual" a folder with all beneath it.
func folders() []folder {
	return []folder{
		{".", nil, "the language of a payment depends on nothing"},
		{"card", nil, "what masks itself must be small enough to read whole"},
		{"emv", []string{"card"}, "a standard knows no kassa type"},
		{"dukpt", []string{"card"}, "a standard knows no kassa type"},
		{"iso8583", nil, "a standard knows no kassa type"},
		{"nexo", nil, "a standard knows no kassa type"},
		{"ocpi", nil, "a standard knows no kassa type"},
		{"msplink", nil, "shops import it: the links and intents of the payment app, and no kassa type"},
		{"terminalapi", []string{"nexo"}, "shops import it: a client of the Terminal API, and no kassa type"},
		{"poilink", nil, "the envelope is a protocol page in Go; a third party could write it from that page"},
		{"journal/event", []string{".", "journal"}, "what the record shows to the outside depends on the record alone"},
		{"journal", []string{"."}, "the record knows what it records, not who reads it"},
		{"estate", []string{".", "journal"}, "who and what there is decides no payment"},
		{"engine", []string{".", "journal"}, "the engine declares its ports; the edges satisfy them"},
		{"auth", []string{".", "estate"}, "who may act does not depend on what they do"},
		{"doctor", []string{".", "journal", "estate", "emv", "operator", "charging", "ocpi", "doctor"}, "facts in, findings out"},
		{"clinic", []string{".", "journal", "estate", "operator", "charging", "ocpi", "doctor"}, "who gathers the facts for the doctor and keeps what it finds knows no rule and no door"},
		{"status", []string{".", "journal"}, "how the components are is measured from what the record says of them"},
		{"support", []string{".", "journal", "estate"}, "cases, returns, logs and codes are jobs around the estate"},
		{"operator/feed", []string{".", "journal", "operator"}, "what a provider says is noted in the registry; it decides nothing"},
		{"operator", []string{".", "journal"}, "whom unattended terminals work for decides no payment"},
		{"hsm", []string{"card", "emv", "dukpt", "iso8583"}, "keys know no payment, so that a PKCS#11 module can stand in its place"},
		{"store", []string{".", "journal", "estate"}, "a store keeps; it decides nothing"},
		{"bus", []string{".", "journal"}, "nudges carry no truth"},
		{"sale/multisafepay", []string{".", "journal", "estate"}, "a door speaks one dialect; it declares what it needs, and cmd/kassa joins them"},
		{"sale/adyen", []string{".", "journal", "estate", "nexo", "sale/adyen"}, "a door speaks one dialect; it declares what it needs, and cmd/kassa joins them"},
		{"sale/ocpi", []string{".", "journal", "estate", "ocpi", "sale/ocpi"}, "a door speaks one dialect; it declares what it needs, and cmd/kassa joins them"},
		{"sale/native", []string{".", "journal", "estate", "operator", "charging", "doctor"}, "a door declares what it needs, and cmd/kassa joins them"},
		{"poi", []string{".", "journal", "estate", "poilink", "nexo"}, "an edge knows no other edge; card data pass it sealed"},
		{"acquirer", []string{".", "journal", "estate", "iso8583", "emv", "card"}, "an edge knows no other edge; the secure module fills in the card data"},
		{"mail", []string{".", "journal", "estate"}, "an edge knows no other edge; who writes a letter is joined in cmd/kassa"},
		{"receipt", []string{".", "estate"}, "a receipt is written from a committed order; who prints or sends it is another matter"},
		{"charging", []string{".", "journal", "estate", "ocpi"}, "the life of a charging session declares its ports; cmd/kassa joins the engine, the door and the terminals"},
		{"webhook", []string{".", "journal", "estate"}, "delivery knows no dialect: the dialect renders and signs"},
		{"dashboard", []string{".", "journal", "estate", "charging", "doctor"}, "what people see changes nothing by itself"},
		{"driver", []string{".", "charging", "doctor"}, "what a driver may read knows sessions, and no door"},
		{"help", []string{"doctor"}, "what anybody may read knows the rules, and no record"},
		{"front", nil, "what all HTTP passes through knows none of it"},
		{"virtual", []string{"card", "emv", "dukpt", "iso8583", "nexo", "ocpi", "poilink", "msplink", "virtual"},
			"the other parties share none of our beliefs, or they would prove nothing"},
		{"sim", []string{"*"}, "the simulation runs the whole system"},
		{"cli", []string{".", "cli"}, "the verbs speak HTTP, as everybody else does"},
		{"matrix", nil, "what proves the doctor over HTTP shares nothing with it"},
		{"cmd", []string{"*"}, "cmd/kassa is where everything is joined"},
		{"docs", []string{"msplink", "terminalapi", "nexo"}, "examples import what a shop may import"},
		{"tools", nil, "tools stand outside the product"},
	}
}

type door struct {
	module  string
	folders []string
	tests   bool
	why     string
}

// doors is where a third-party module may be imported, and what it is for. With tests the tests of
// any folder may, and the folders named may in code that only tests import.
func doors() []door {
	return []door{
		{"github.com/spf13/cobra", []string{"cli", "cmd/kassa"}, false, "the command line"},
		{"go.yaml.in/yaml/v3", []string{"cli/story"}, false, "scenarios, read as nodes that know their line"},
		{"zombiezen.com/go/sqlite", []string{"store/sqlite"}, false, "SQLite without cgo"},
		{"modernc.org/sqlite", []string{"store/sqlite"}, false, "held at the version whose SQLite we checked"},
		{"golang.org/x/sys", []string{"store/sqlite"}, false, "what kind of file system the data is on"},
		{"github.com/gobwas/ws", []string{"poi", "virtual/terminal", "sale/multisafepay"}, false, "WebSocket frames without a buffer while idle"},
		{"rsc.io/qr", []string{"cli"}, true, "an activation code for a camera"},
		{"github.com/makiuchi-d/gozxing", []string{"virtual/terminal"}, false, "the camera of a terminal reads QR codes out of pictures"},
		{"github.com/go-json-experiment/json", []string{"sale"}, false, "strict JSON on money routes: duplicate keys, bad UTF-8"},
		{"github.com/wneessen/go-mail", []string{"mail"}, false, "letters as mail servers want them"},
		{"github.com/emersion/go-smtp", []string{"virtual/inbox"}, true, "the simulated mail server"},
		{"codeberg.org/go-pdf/fpdf", []string{"receipt"}, false, "receipts as PDF"},
		{"github.com/google/go-cmp", []string{"store/storetest"}, true, "differences in words"},
		{"go.uber.org/goleak", nil, true, "no goroutine is left behind"},
		{"pgregory.net/rapid", nil, true, "properties"},
		{"github.com/anishathalye/porcupine", []string{"store/storetest", "sim"}, true, "linearisability"},
		{"github.com/chromedp/chromedp", nil, true, "pages in a real browser"},
		{"github.com/chromedp/cdproto", nil, true, "pages in a real browser"},
		{"github.com/rogpeppe/go-internal", nil, true, "the command line as scripts"},
		{"github.com/getkin/kin-openapi", nil, true, "answers held against the API's document"},
		{"github.com/moov-io/iso8583", nil, true, "an oracle for our codec that shares no code with it"},
	}
}

// pure are the folders, and with them every machine.go, in which nothing happens but computing.
func pure(f source) bool {
	return !f.test && (path.Base(f.path) == "machine.go" || under(f.dir, "doctor") && f.dir != "doctor/doctortest" ||
		slices.Contains([]string{".", "nexo", "iso8583", "emv", "dukpt", "card", "poilink", "msplink", "journal", "journal/event", "ocpi"}, f.dir))
}

// checkImports holds rules 1, 2, 3, 5 and 6 of the architecture: each folder imports what its row allows.
func checkImports(tr *tree) (found []string) {
	for _, f := range tr.files {
		if f.test {
			continue
		}
		rows := folders()
		i := slices.IndexFunc(rows, func(r folder) bool { return under(f.dir, r.path) })
		if i < 0 {
			found = append(found, fmt.Sprintf("%s: no row of folders() in arch_test.go covers %s; say there what it may import and why", f.path, f.dir))
			continue
		}
		for _, p := range sortedKeys(f.imported()) {
			ours, ok := folderOf(p)
			if !ok {
				continue
			}
			if !slices.ContainsFunc(rows[i].may, func(m string) bool { return m == "*" || under(ours, m) }) {
				found = append(found, fmt.Sprintf("%s: %s must not import %s (%s); declare the one or two methods it needs and join them in cmd/kassa",
					tr.at(f.imported()[p]), rows[i].path, p, rows[i].why))
			}
		}
	}
	return found
}

// folderOf is the folder of an import of ours.
func folderOf(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// checkDoors holds rule 4: each third-party module has one door, and SQL lives in store.
func checkDoors(tr *tree) (found []string) {
	for _, f := range tr.files {
		for _, p := range sortedKeys(f.imported()) {
			if finding := doorProblem(f, p); finding != "" {
				found = append(found, tr.at(f.imported()[p])+": "+finding)
			}
		}
	}
	for _, name := range sortedKeys(tr.texts) {
		if path.Ext(name) == ".sql" && !under(name, "store") {
			found = append(found, name+": SQL lives in store/ only; move it there")
		}
	}
	return found
}

func doorProblem(f source, importPath string) string {
	if p, ok := strings.CutPrefix(importPath, "database/sql"); ok && (p == "" || p[0] == '/') {
		if under(f.dir, "store") {
			return ""
		}
		return "SQL lives in store/ only; ask the store for what you need"
	}
	first, _, _ := strings.Cut(importPath, "/")
	if _, ours := folderOf(importPath); ours || !strings.Contains(first, ".") {
		return ""
	}
	for _, d := range doors() {
		if importPath != d.module && !strings.HasPrefix(importPath, d.module+"/") {
			continue
		}
		if f.test && d.tests || slices.ContainsFunc(d.folders, func(folder string) bool { return under(f.dir, folder) }) {
			return ""
		}
		return fmt.Sprintf("%s (%s) is imported in %v only; ask there for what you need", d.module, d.why, d.folders)
	}
	return importPath + " is in no row of doors() in arch_test.go; do without, or add a row with its one door and its reason"
}

// bannedInPure says what to do instead of importing something in pure code; empty when it may be.
func bannedInPure(importPath string) string {
	switch {
	case importPath == "net/netip", importPath == "net/url":
		return "" // they only parse
	case importPath == "crypto/rand":
		return "take an io.Reader"
	case slices.Contains([]string{"os", "net", "syscall", "database"}, strings.Split(importPath, "/")[0]):
		return "leave it to the shell beside it, and pass in what it read"
	}
	return ""
}

// checkPure holds the second half of rule 1.
func checkPure(tr *tree) (found []string) {
	for _, f := range tr.files {
		if !pure(f) {
			continue
		}
		banned := map[string]string{}
		for _, p := range sortedKeys(f.imported()) {
			spec := f.imported()[p]
			if instead := bannedInPure(p); instead != "" {
				found = append(found, fmt.Sprintf("%s: pure code must not import %s; %s", tr.at(spec), p, instead))
			}
			switch p {
			case "time":
				for _, clock := range []string{"Now", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker", "Since", "Until"} {
					banned[local(spec, p)+"."+clock] = "take now as an argument, and offer NextDue"
				}
			case "math/rand", "math/rand/v2":
				for _, dice := range []string{"Int", "IntN", "Intn", "Int31", "Int31n", "Int32", "Int32N", "Int63", "Int63n", "Int64", "Int64N",
					"Uint", "UintN", "Uint32", "Uint32N", "Uint64", "Uint64N", "Float32", "Float64", "ExpFloat64", "NormFloat64", "N", "Perm", "Shuffle", "Seed", "Read"} {
					banned[local(spec, p)+"."+dice] = "take a *rand.Rand"
				}
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.GoStmt:
				found = append(found, tr.at(x)+": pure code starts no goroutine; return an output and let the shell do it")
			case *ast.SelectorExpr:
				name := baseName(x.X) + "." + x.Sel.Name
				if instead, ok := banned[name]; ok {
					found = append(found, fmt.Sprintf("%s: pure code must not use %s; %s", tr.at(x), name, instead))
				}
			}
			return true
		})
	}
	return found
}

// The budgets of rule 7. They are ratchets: they may fall, and rise only with a reason here.
const (
	maxFunction  = 70
	maxFile      = 600
	maxInterface = 5
	maxPackage   = 4000
)

// larger are packages that may have more lines, with the reason.
func larger() map[string]int {
	return map[string]int{
		"sale/multisafepay":   7000,  // one dialect, whole: its calls share how they read, find, refuse and show the same order
		"sale/native":         7900,  // one API, whole: its calls share how they know the caller, what it sees, and how they read, refuse, repeat and show
		"sale/adyen":          5500,  // one dialect, whole: its categories share how they are read, kept, repeated, answered and encrypted
		"virtual/terminal":    13000, // one device, from its secure element to its menus and its page: it changes as one, and nothing else may use its parts
		"estate":              6000,  // one registry, whose steps change shops, terminals, devices, keys and settings together
		"doctor/multisafepay": 6000,  // a file for each row of one table, most of it texts in five languages
		"poi":                 5200,  // one machine of one terminal's links: payments, presence, settings, prompts and logs share its sequence numbers
		"charging":            4600,  // the life of one session, pure, with what keeps and runs it: each step is small, and all share its state
		"cli":                 7100,  // the verbs of one program: each is small, and all share how they ask, show and fail
		"dashboard":           4700,  // one set of pages: payments, terminals, calls and diagnoses share how they list, mask, age and stay live
		"sim":                 5000,  // one world: its parties, its faults and the books that compare them see each other in every seed
		"cmd/kassa":           7600,  // where everything is joined: each part brings the page that joins it
	}
}

// checkBudgets holds the sizes of rule 7.
func checkBudgets(tr *tree) (found []string) {
	size := map[string]int{}
	for _, f := range tr.files {
		if !f.test {
			size[f.dir] += f.lines
		}
		if f.lines > maxFile {
			found = append(found, fmt.Sprintf("%s has %d lines, at most %d; split it by what it is about", f.path, f.lines, maxFile))
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.FuncDecl:
				if s := tr.span(x); s > maxFunction {
					found = append(found, fmt.Sprintf("%s: %s has %d lines, at most %d; give a part of it a name", tr.at(x), x.Name.Name, s, maxFunction))
				}
			case *ast.InterfaceType:
				if s := x.Methods.NumFields(); s > maxInterface {
					found = append(found, fmt.Sprintf("%s: an interface of %d methods, at most %d; declare what this caller needs", tr.at(x), s, maxInterface))
				}
			}
			return true
		})
	}
	for _, dir := range sortedKeys(size) {
		if most := max(maxPackage, larger()[dir]); size[dir] > most {
			found = append(found, fmt.Sprintf("%s has %d lines, at most %d; make two packages of it, or give the reason in larger()", dir, size[dir], most))
		}
	}
	return found
}

// checkDocs: each package says once what it is, what it promises and what it never does.
func checkDocs(tr *tree) (found []string) {
	for dir, files := range tr.packages() {
		var at []string
		for _, f := range files {
			if f.syntax.Doc == nil {
				continue
			}
			at = append(at, f.path)
			name := f.syntax.Name.Name
			if text := f.syntax.Doc.Text(); !strings.HasPrefix(text, "Package "+name+" ") && name != "main" {
				found = append(found, fmt.Sprintf("%s: the package comment must begin with %q", f.path, "Package "+name+" "))
			}
		}
		if len(at) != 1 {
			found = append(found, fmt.Sprintf("%s has %d package comments %v, want one; put it in doc.go, and it says what the package is, promises and never does",
				dir, len(at), at))
		}
	}
	slices.Sort(found)
	return found
}

func TestArchitecture(t *testing.T) {
	const doc = "// Package x is x.\n"
	lines := strings.Repeat("\n", maxFile+1)
	hold(t, []rule{
		{"each folder imports what its row allows", checkImports, [][]string{
			{"order.go", "package kassa\nimport _ \"kassa/journal\""},
			{"nexo/x.go", "package nexo\nimport _ \"kassa\""},
			{"sale/multisafepay/x.go", "package multisafepay\nimport _ \"kassa/engine\""},
			{"poi/x.go", "package poi\nimport _ \"kassa/acquirer\""},
			{"poi/x.go", "package poi\nimport _ \"kassa/card\""},
			{"virtual/host/x.go", "package host\nimport _ \"kassa\""},
			{"engine/x.go", "package engine\nimport _ \"kassa/virtual/host\""},
			{"cli/x.go", "package cli\nimport _ \"kassa/estate\""},
			{"shiny/x.go", "package shiny"},
			{"sale/x.go", "package sale"},
		}},
		{"each third-party module has one door, and SQL is in store", checkDoors, [][]string{
			{"engine/x.go", "package engine\nimport _ \"zombiezen.com/go/sqlite/sqlitex\""},
			{"engine/x.go", "package engine\nimport _ \"database/sql\""},
			{"engine/0001.sql", "SELECT 1"},
			{"dashboard/x.go", "package dashboard\nimport _ \"github.com/gobwas/ws\""},
			{"engine/x.go", "package engine\nimport _ \"github.com/google/go-cmp/cmp\""},
			{"engine/x_test.go", "package engine\nimport _ \"github.com/stretchr/testify/require\""},
		}},
		{"pure code only computes", checkPure, [][]string{
			{"order.go", "package kassa\nimport _ \"os\""},
			{"emv/x.go", "package emv\nimport _ \"net/http\""},
			{"dukpt/x.go", "package dukpt\nimport _ \"crypto/rand\""},
			{"poi/machine.go", "package poi\nimport \"time\"\nvar _ = time.Now()"},
			{"virtual/host/machine.go", "package host\nimport clock \"time\"\nfunc f() { clock.Sleep(1) }"},
			{"engine/machine.go", "package engine\nimport \"math/rand/v2\"\nvar _ = rand.IntN(6)"},
			{"journal/x.go", "package journal\nfunc f() { go f() }"},
		}},
		{"sizes stay within the budgets", checkBudgets, [][]string{
			{"a/x.go", "package a\nfunc f() {" + strings.Repeat("\n", maxFunction) + "}"},
			{"a/x_test.go", "package a" + lines},
			{"a/x.go", "package a\ntype i interface { a(); b(); c(); d(); e(); f() }"},
			{"a/1.go", "package a" + lines[2:], "a/2.go", "package a" + lines[2:], "a/3.go", "package a" + lines[2:], "a/4.go", "package a" + lines[2:],
				"a/5.go", "package a" + lines[2:], "a/6.go", "package a" + lines[2:], "a/7.go", "package a" + lines[2:]},
		}},
		{"each package has one comment", checkDocs, [][]string{
			{"x/x.go", "package x"},
			{"x/x.go", doc + "package x", "x/y.go", doc + "package x"},
			{"x/x.go", "// This is package x.\npackage x"},
		}},
	})
}
