package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTour runs the commands of the README's tour, as they stand there, against `kassa dev`.
func TestTour(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sh tour\n(.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("README.md has no block ```sh tour")
	}
	d := startDev(t)
	work := t.TempDir()
	if err := os.Mkdir(filepath.Join(work, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(d.binary, filepath.Join(work, "bin", "kassa")); err != nil {
		t.Fatal(err)
	}
	script := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", string(block[1]))
	script.Dir = work
	script.Env = append(os.Environ(), "KASSA_ENV="+d.env, "HOME="+work)
	script.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	script.Cancel = func() error { return syscall.Kill(-script.Process.Pid, syscall.SIGKILL) }
	script.WaitDelay = time.Second
	timeout := time.AfterFunc(60*time.Second, func() { _ = syscall.Kill(-script.Process.Pid, syscall.SIGKILL) })
	defer timeout.Stop()
	out, err := script.CombinedOutput()
	if err != nil {
		t.Fatalf("the tour fails: %v\n%s", err, out)
	}
	for _, want := range []string{`"authorization_code"`, `"application_id": "a0000000031010"`, "approved"} {
		if !strings.Contains(strings.ToLower(string(out)), want) {
			t.Errorf("the tour does not show %s:\n%s", want, out)
		}
	}
}

// running is a `kassa dev` that a test started.
type running struct {
	binary, dir, env string
	cmd              *exec.Cmd
	ended            chan struct{}
}

func startDev(t *testing.T, args ...string) *running {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	d := &running{binary: path, dir: filepath.Join(dir, "data"), env: filepath.Join(dir, "env"), ended: make(chan struct{})}
	d.cmd = exec.Command(path, append([]string{"dev", "--addr", "127.0.0.1:0", "--data", d.dir, "--env", d.env}, args...)...)
	d.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir)
	var out strings.Builder
	d.cmd.Stdout, d.cmd.Stderr = &out, &out
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = d.cmd.Wait()
		close(d.ended)
	}()
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		<-d.ended
		if t.Failed() {
			t.Logf("kassa dev printed:\n%s", out.String())
		}
	})
	await(t, "kassa dev is ready", 30*time.Second, func() bool {
		_, err := os.Stat(d.env)
		return err == nil
	})
	return d
}

// variables reads the --env file.
func (d *running) variables(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(d.env)
	if err != nil {
		t.Fatal(err)
	}
	vars := make(map[string]string)
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			t.Fatalf("line %q of the env file", line)
		}
		vars[name] = strings.Trim(value, "'")
	}
	return vars
}
