package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kassa/cli"
)

const (
	devLockFile = "dev.lock"
	// lockPatience is how long the processes of a `kassa dev` that was killed may take to end.
	lockPatience = 5 * time.Second
)

// lockData makes this the only `kassa dev` of a folder. The processes that it starts inherit the
// lock: when this one is killed, the folder is free only after the last of them has ended, and a
// start in between waits for that.
func lockData(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, devLockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	deadline := time.Now().Add(lockPatience)
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return f, noteHolder(f)
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(fmt.Errorf("lock the data folder: %w", err), f.Close())
		case holderLives(f) || time.Now().After(deadline):
			_ = f.Close() // nothing was written
			return nil, cli.Failure{
				Code: cli.Failed, What: "another kassa dev uses the data folder " + dir,
				Next: "end that one, or choose another folder with --data",
			}
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// noteHolder writes this process's number into the lock file.
func noteHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	return nil
}

// holderLives tells whether the process that took the lock still runs.
func holderLives(f *os.File) bool {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return err == nil && pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
