package matrix

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kassa/cli/cause"
)

// build makes the program that both installations run.
func build(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "kassa")
	made := exec.Command("go", "build", "-trimpath", "-o", binary, "kassa/cmd/kassa")
	made.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// startSite runs a whole installation, as kassa dev does. Terminals report often enough to keep no test waiting, and
// seldom enough for a machine that is busy with other things.
func startSite(t *testing.T, binary string) *cause.Lab {
	t.Helper()
	dir := t.TempDir()
	env := filepath.Join(dir, "env")
	dev := exec.Command(binary, "dev", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--env", env, "--terminals", "2",
		"--ev", "--heartbeat", "1s", "--acquirer-timeout", "2s")
	dev.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "HOME="+dir)
	var said strings.Builder
	dev.Stdout, dev.Stderr = &said, &said
	if err := dev.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- dev.Wait() }()
	t.Cleanup(func() {
		_ = dev.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = dev.Process.Kill()
			<-ended
		}
		if t.Failed() {
			for _, name := range []string{"cloud", "terminal", "acquirer"} {
				log, _ := os.ReadFile(filepath.Join(dir, "data", "log", name+".log"))
				t.Logf("--- %s.log\n%s", name, tail(told(string(log)), 3000))
			}
		}
	})
	vars, err := awaitEnv(t.Context(), env, ended)
	if err != nil {
		t.Fatalf("kassa dev: %v\n%s", err, said.String())
	}
	var made atomic.Int64
	return &cause.Lab{
		URL: vars["KASSA_URL"], Token: vars["KASSA_TOKEN"], Every: 40 * time.Millisecond,
		Client: &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		Name:   func() string { return fmt.Sprintf("M%05d", made.Add(1)) },
	}
}

// told leaves out of a log what is in it anyway: who asked what.
func told(log string) string {
	lines := slices.DeleteFunc(strings.Split(log, "\n"), func(l string) bool { return strings.Contains(l, `"msg":"request"`) })
	return strings.Join(lines, "\n")
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// awaitEnv waits for the environment file, which is written once everything is ready.
func awaitEnv(ctx context.Context, path string, ended <-chan error) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if f, err := os.Open(path); err == nil {
			defer f.Close()
			vars := map[string]string{}
			for lines := bufio.NewScanner(f); lines.Scan(); {
				name, value, _ := strings.Cut(lines.Text(), "=")
				vars[name] = strings.Trim(value, "'")
			}
			return vars, nil
		}
		select {
		case err := <-ended:
			return nil, errors.Join(errors.New("it ended"), err)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}
