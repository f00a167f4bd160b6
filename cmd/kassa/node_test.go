package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNodeClient lets MultiSafepay's published client for Node.js do what it does, over plain HTTP and
// over HTTPS, against the real processes. tools/clients pins it; nothing of it runs while it is installed.
func TestNodeClient(t *testing.T) {
	t.Parallel()
	dir := installClients(t)
	s := newSite(t, 2)
	s.start("visa")
	for name, c := range map[string]struct{ origin, ca string }{
		"http": {s.facts.URL, ""}, "https": {s.facts.HTTPSURL, s.facts.CA},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			suite := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", "multisafepay.test.mjs")
			suite.Dir = dir
			suite.Env = append(os.Environ(), "KASSA_API="+c.origin+"/v1/json/", "KASSA_MSP_KEY="+s.facts.GroupKey,
				"KASSA_TERMINAL_ID="+s.facts.Terminals[0].TID, "NODE_EXTRA_CA_CERTS="+c.ca)
			out, err := suite.CombinedOutput()
			text := strings.ReplaceAll(string(out), s.facts.GroupKey, "KEY")
			if err != nil || !strings.Contains(text, "# pass 9") || !strings.Contains(text, "# skipped 0") {
				t.Fatalf("%v\n%s", err, text)
			}
		})
	}
}

// TestAdyenNode lets Adyen's published library for Node.js do what it does, over HTTPS, against the real
// processes: version 15.1.0, which the example registers pin, and the newest. docs/adyen-clients.md says what is
// changed in it: the address.
func TestAdyenNode(t *testing.T) {
	t.Parallel()
	dir := installClients(t)
	s := newSite(t, 2)
	s.start("")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	suite := exec.CommandContext(ctx, "node", "--test", "--test-reporter=tap", "adyen.test.mjs")
	suite.Dir = dir
	suite.Env = append(os.Environ(), "KASSA_URL="+s.facts.URL, "KASSA_HTTPS_URL="+s.facts.HTTPSURL, "KASSA_TOKEN="+s.facts.Token,
		"KASSA_ADYEN_KEY="+s.facts.AccountKey, "KASSA_ADYEN_MERCHANT="+s.facts.Merchant, "KASSA_POIID="+s.facts.Terminals[0].POIID,
		"NODE_EXTRA_CA_CERTS="+s.facts.CA)
	out, err := suite.CombinedOutput()
	text := strings.NewReplacer(s.facts.AccountKey, "KEY", s.facts.Token, "TOKEN").Replace(string(out))
	if err != nil || !strings.Contains(text, "# pass 26") || !strings.Contains(text, "# skipped 0") {
		t.Fatalf("%v\n%s", err, text)
	}
}

// installClients installs what tools/clients pins into a folder of the test.
func installClients(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: tools/setup installs it", err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "tools", "clients"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return dir
}
