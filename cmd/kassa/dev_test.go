package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// children lists the processes that serve a data folder, by their command lines.
func children(dir string) string {
	out, _ := exec.Command("pgrep", "-f", "--", "--data "+dir+"/").Output()
	return strings.TrimSpace(string(out))
}

func TestDevWritesItsEnvironment(t *testing.T) {
	d := startDev(t)
	vars := d.variables(t)
	for _, name := range []string{
		"KASSA_URL", "KASSA_HTTPS_URL", "KASSA_CA", "KASSA_TOKEN", "KASSA_MSP_KEY", "KASSA_MSP_ACCOUNT_KEY",
		"KASSA_TERMINAL_ID", "KASSA_POIID",
	} {
		if vars[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	info, err := os.Stat(d.env)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the env file has mode %v (%v): it holds keys", info.Mode(), err)
	}
	pem, err := os.ReadFile(vars["KASSA_CA"])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	resp, err := client.Get(vars["KASSA_HTTPS_URL"] + "/v1/json/orders/none?api_key=" + vars["KASSA_MSP_KEY"])
	if err != nil {
		t.Fatalf("HTTPS with the CA: %v", err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown order over HTTPS: %s", resp.Status)
	}
}

func TestDevEndsEverything(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			d := startDev(t)
			if n := len(strings.Fields(children(d.dir))); n < 3 {
				t.Fatalf("%d processes serve the folder", n)
			}
			if err := d.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			await(t, "all processes have ended", 5*time.Second, func() bool { return children(d.dir) == "" })
			<-d.ended
		})
	}
}

func TestDevStartsAKilledCloudAgain(t *testing.T) {
	d := startDev(t)
	vars := d.variables(t)
	out, err := exec.Command("pgrep", "-f", "--", "serve --data "+d.dir+"/").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("kill", append([]string{"-9"}, strings.Fields(string(out))...)...).Run(); err != nil {
		t.Fatal(err)
	}
	await(t, "the cloud is back on the same address", 10*time.Second, func() bool {
		r, _ := http.NewRequest("GET", vars["KASSA_URL"]+"/api/v1/status", nil)
		r.Header.Set("Authorization", "Bearer "+vars["KASSA_TOKEN"])
		client := &http.Client{Timeout: time.Second}
		resp, err := client.Do(r)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}
