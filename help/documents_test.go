package help_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"kassa/doctor"
	"kassa/doctor/book"
	"kassa/help"
)

func rules(t *testing.T) []doctor.Rule {
	t.Helper()
	b, err := book.Whole()
	if err != nil {
		t.Fatal(err)
	}
	return b.Rules()
}

// TestDocuments: docs/causes has a file for each rule, as the rule says it, and no other. UPDATE_DOCS=1 makes them.
func TestDocuments(t *testing.T) {
	const folder = "../docs/causes"
	docs := help.Documents(rules(t))
	update := os.Getenv("UPDATE_DOCS") != ""
	if update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, f := range there {
		if _, ok := docs[f.Name()]; ok {
			continue
		}
		if !update {
			t.Errorf("docs/causes/%s is of no rule; UPDATE_DOCS=1 go test -run TestDocuments ./help", f.Name())
		} else if err := os.Remove(filepath.Join(folder, f.Name())); err != nil {
			t.Error(err)
		}
	}
	for name, want := range docs {
		path := filepath.Join(folder, name)
		if update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Error(err)
			}
			continue
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("docs/causes/%s is missing or stale; UPDATE_DOCS=1 go test -run TestDocuments ./help", name)
		}
	}
}
