package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is a process that `kassa dev` keeps alive. It ends when its standard input does, so that
// none outlives a parent that was killed.
type child struct {
	name  string
	args  []string
	log   string
	files []*os.File
	// lock is held by the process too, behind the files that it knows of.
	lock *os.File
	// announced, when set, gets the line that the process writes to its announcement pipe.
	announced chan []byte

	mu     sync.Mutex
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	ending bool

	gaveUp chan error
	ended  chan struct{}
}

// A process that fails again and again within this time is not started again. One that was killed
// did not fail: somebody tries what happens then.
const (
	childMinLife = 2 * time.Second
	childTries   = 5
)

func (c *child) start() error {
	if c.ended == nil {
		c.ended, c.gaveUp = make(chan struct{}), make(chan error, 1)
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	logFile, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	cmd := exec.Command(exe, append(c.args, "--with-parent")...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.ExtraFiles = append([]*os.File{}, c.files...)
	// Its own group: Ctrl-C reaches the parent, which ends the children in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	var pipe *os.File
	if c.announced != nil {
		var w *os.File
		if pipe, w, err = os.Pipe(); err != nil {
			return err
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, w)
		defer w.Close()
	}
	if c.lock != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, c.lock)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending {
		return context.Canceled
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	c.cmd, c.stdin = cmd, stdin
	if pipe != nil {
		go c.readAnnouncement(pipe)
	}
	return nil
}

func (c *child) readAnnouncement(pipe *os.File) {
	defer pipe.Close()
	data, _ := io.ReadAll(io.LimitReader(pipe, 1<<20))
	select {
	case c.announced <- data:
	default: // of a later start: nobody waits
	}
}

// keep waits for the process and starts it again, until it is asked to end.
func (c *child) keep(ctx context.Context, out io.Writer) {
	defer close(c.ended)
	for tries := 0; ; {
		began := time.Now()
		err := c.cmd.Wait()
		if c.isEnding() || ctx.Err() != nil {
			return
		}
		switch failed := c.cmd.ProcessState.Exited() && !c.cmd.ProcessState.Success(); {
		case !failed:
		case time.Since(began) > childMinLife:
			tries = 1
		default:
			tries++
		}
		if tries > childTries {
			c.gaveUp <- fmt.Errorf("the %s process ends as soon as it is started (%w): %s", c.name, err, lastLine(c.log))
			return
		}
		fmt.Fprintf(out, "the %s process ended (%v) and is started again\n", c.name, err)
		if err := c.start(); err != nil {
			c.gaveUp <- err
			return
		}
	}
}

func (c *child) isEnding() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending
}

func (c *child) askToEnd() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending = true
	_ = c.stdin.Close()
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
}

func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.cmd.Process.Kill()
}

// lastLine is what a process wrote last to its log, with the log's name.
func lastLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return fmt.Sprintf("%s (the last line of %s)", lines[len(lines)-1], path)
}
