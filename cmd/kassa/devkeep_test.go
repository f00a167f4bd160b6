package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// again runs a second `kassa dev` on the folder of d, until it ends by itself.
func (d *running) again(t *testing.T, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), d.binary, append([]string{"dev", "--data", d.dir}, args...)...)
	cmd.Env = d.cmd.Env
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// status asks the cloud of d for its status with its operator's token.
func statusWith(vars map[string]string) int {
	r, err := http.NewRequest(http.MethodGet, vars["KASSA_URL"]+"/api/v1/status", nil)
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+vars["KASSA_TOKEN"])
	resp, err := (&http.Client{Timeout: time.Second}).Do(r)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestASecondDevLeavesTheFirstAlone(t *testing.T) {
	d := startDev(t)
	vars := d.variables(t)
	before := children(d.dir)
	for _, args := range [][]string{
		{"--reset", "--addr", "127.0.0.1:0", "--env", d.env},
		{"--reset", "--addr", strings.TrimPrefix(vars["KASSA_URL"], "http://"), "--env", d.env},
	} {
		out, code := d.again(t, args...)
		if code != 1 || !strings.Contains(out, "another kassa dev uses the data folder") {
			t.Errorf("%v: exit code %d: %s", args, code, out)
		}
	}
	if _, err := os.Stat(d.env); err != nil {
		t.Errorf("its env file: %v", err)
	}
	for _, name := range []string{"cloud/kassa.db", "acquirer/ledger", "zone.json"} {
		if _, err := os.Stat(filepath.Join(d.dir, name)); err != nil {
			t.Errorf("its data: %v", err)
		}
	}
	if got := statusWith(vars); got != http.StatusOK || children(d.dir) != before {
		t.Errorf("status %d, processes %q, before %q", got, children(d.dir), before)
	}
}

func TestATakenPortResetsNothing(t *testing.T) {
	d := startDev(t)
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-d.ended
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	out, code := d.again(t, "--reset", "--addr", taken.Addr().String())
	if code != 1 || !strings.Contains(out, "another program listens") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(d.dir, "cloud", "kassa.db")); err != nil {
		t.Errorf("the data: %v", err)
	}
}

// TestDevAfterAKilledOne starts it again while the processes of the killed one still end: the same
// address and folder, the same keys.
func TestDevAfterAKilledOne(t *testing.T) {
	d := startDev(t)
	vars := d.variables(t)
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-d.ended
	next := exec.Command(d.binary, "dev", "--data", d.dir, "--env", d.env, "--addr", strings.TrimPrefix(vars["KASSA_URL"], "http://"))
	next.Env = d.cmd.Env
	if err := next.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = next.Process.Signal(syscall.SIGTERM)
		_ = next.Wait()
	}()
	await(t, "the cloud is back", 15*time.Second, func() bool { return statusWith(vars) == http.StatusOK })
	await(t, "the env file is back", 15*time.Second, func() bool { _, err := os.Stat(d.env); return err == nil })
	now := d.variables(t)
	for _, name := range []string{"KASSA_TOKEN", "KASSA_MSP_KEY", "KASSA_MSP_ACCOUNT_KEY", "KASSA_TERMINAL_ID", "KASSA_POIID"} {
		if now[name] != vars[name] {
			t.Errorf("%s has changed", name)
		}
	}
}

// TestDevOutlastsKills kills each process more often, and sooner, than a failing one may fail.
func TestDevOutlastsKills(t *testing.T) {
	d := startDev(t)
	vars := d.variables(t)
	for _, kid := range []string{"serve --data", "sim acquirer --data", "sim terminal --data"} {
		old := 0
		for range childTries + 3 {
			await(t, "the process runs again", 10*time.Second, func() bool {
				out, _ := exec.Command("pgrep", "-f", "--", kid+" "+d.dir+"/").Output()
				pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
				if err != nil || pid == old {
					return false
				}
				old = pid
				return true
			})
			_ = syscall.Kill(old, syscall.SIGKILL) // it may have been quicker
		}
	}
	await(t, "the cloud is back", 10*time.Second, func() bool { return statusWith(vars) == http.StatusOK })
	await(t, "all terminals are online", 20*time.Second, func() bool {
		cmd := exec.Command(d.binary, "terminals", "--json")
		cmd.Env = append(d.cmd.Env, "KASSA_URL="+vars["KASSA_URL"], "KASSA_TOKEN="+vars["KASSA_TOKEN"])
		out, err := cmd.Output()
		return err == nil && strings.Count(string(out), `"online":true`) == 3
	})
}

// TestSimulationFromElsewhere: a listener beyond loopback lets other machines in, but not to the
// simulation without the operator's token.
func TestSimulationFromElsewhere(t *testing.T) {
	c, err := open(serveOptions{dir: t.TempDir(), acquirer: "127.0.0.1:1"}, newLog(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	h := c.simulation(serveOptions{}, newLog(t.Output()))
	for from, want := range map[string]int{"192.0.2.9:4000": http.StatusUnauthorized, "127.0.0.1:4000": http.StatusServiceUnavailable} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/sim/inbox/", nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("from %s: %d, want %d", from, w.Code, want)
		}
	}
}

func TestServeTellsTheActivationCodes(t *testing.T) {
	f := demoFacts{URL: "http://127.0.0.1:1", Terminals: []demoTerminal{{TID: "00000ABC", POIID: "P2-KS00000001", Code: "A1B2"}, {TID: "00000ABD"}}}
	var out strings.Builder
	f.banner(&out, "data", 0)
	if text := out.String(); !strings.Contains(text, "activate it with A1B2") || strings.Contains(text, "ready in") || strings.Count(text, "activate it") != 1 {
		t.Errorf("it prints\n%s", text)
	}
}

func TestServeArguments(t *testing.T) {
	for _, bad := range []string{"localhost", "a:b:c"} {
		err := runServe(t.Context(), serveOptions{dir: t.TempDir(), acquirer: bad}, t.Output(), newLog(t.Output()))
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("--acquirer %q is not HOST:PORT", bad)) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
