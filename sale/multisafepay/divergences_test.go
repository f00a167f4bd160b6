package multisafepay_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDivergencesAreShown: each row of the list of divergences names the tests that show it, and they are
// there: in this folder, or in the one named before them.
func TestDivergencesAreShown(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "divergences", "multisafepay.md"))
	must(t, err)
	named := regexp.MustCompile("(?:`([a-z/]+)`: )?`(Test[A-Za-z0-9]+)`")
	there := map[string]string{}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| MultiSafepay ") {
			continue
		}
		rows++
		tests := named.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(tests) == 0 {
			t.Errorf("no test shows: %s", line)
		}
		folder := "sale/multisafepay"
		for _, test := range tests {
			if test[1] != "" {
				folder = test[1]
			}
			if there[folder] == "" {
				there[folder] = testsIn(t, folder)
			}
			if !strings.Contains(there[folder], "func "+test[2]+"(") {
				t.Errorf("%s has no %s, which is said to show: %s", folder, test[2], line)
			}
		}
	}
	if rows < 40 {
		t.Errorf("%d rows found", rows)
	}
}

func testsIn(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
	must(t, err)
	var all strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		must(t, err)
		all.Write(text)
	}
	return all.String()
}
