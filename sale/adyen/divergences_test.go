package adyen_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDivergencesAreShown: each row about the Terminal API in the list of divergences names tests, and they
// are there.
func TestDivergencesAreShown(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "divergences", "adyen.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Terminal API\n")
	section, _, _ = strings.Cut(section, "\n## ")
	named := regexp.MustCompile("(?:`([a-z/]+)`: )?`(Test[A-Za-z0-9]+)`")
	rows := 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Adyen ") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		tests := named.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(tests) == 0 {
			t.Errorf("no test shows: %s", line)
		}
		for _, test := range tests {
			folder := "sale/adyen"
			if test[1] != "" {
				folder = test[1]
			}
			if !strings.Contains(testsIn(t, filepath.Join(root, filepath.FromSlash(folder))), "func "+test[2]+"(") {
				t.Errorf("%s has no %s, which is said to show: %s", folder, test[2], line)
			}
		}
	}
	if rows < 20 {
		t.Errorf("%d rows found", rows)
	}
}

func testsIn(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
