package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kassa/cli"
	"kassa/virtual/host"
	"kassa/virtual/terminal"
)

// TestFaultsOfTheVerbs: `kassa sim faults` lists what the simulated parties know, all of it and
// nothing else. The verbs know it by heart, since they may import neither.
func TestFaultsOfTheVerbs(t *testing.T) {
	nobody := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":[],"faults":[]}`)
	}))
	defer nobody.Close()
	t.Setenv("KASSA_URL", nobody.URL)
	t.Setenv("KASSA_TOKEN", "token")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	root := cli.New()
	var out bytes.Buffer
	root.SetOut(&out)
	if code := cli.Execute(t.Context(), root, []string{"sim", "faults", "--json"}); code != cli.OK {
		t.Fatalf("exit code %d", code)
	}
	listed := make(map[string][]string)
	for line := range strings.Lines(out.String()) {
		var f struct{ Of, Name string }
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		listed[f.Of] = append(listed[f.Of], f.Name)
	}
	var terminals []string
	for _, f := range terminal.Faults() {
		terminals = append(terminals, string(f.Name))
	}
	_, text, ok := strings.Cut(host.Fault{Kind: "none"}.Check().Error(), "there are ")
	if !ok {
		t.Fatal("the host does not tell its faults")
	}
	for of, want := range map[string][]string{"terminal": terminals, "acquirer": strings.Split(text, ", ")} {
		slices.Sort(want)
		if slices.Sort(listed[of]); !slices.Equal(listed[of], want) {
			t.Errorf("%s: the verbs have %q, it knows %q", of, listed[of], want)
		}
	}
}
