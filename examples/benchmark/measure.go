//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize/english"
)

// measured is what one run took.
type measured struct {
	wall, cpu time.Duration
	peak      int64 // bytes of resident memory
	disk      int64 // bytes in the scratch directory at their most
	packages  int   // -1: it does not look for them
}

func (m measured) String() string {
	s := fmt.Sprintf("%.2f s wall, %.2f s CPU, %d MiB, %d MiB on disk", m.wall.Seconds(), m.cpu.Seconds(), m.peak>>20, m.disk>>20)
	if m.packages < 0 {
		return s
	}
	return s + ", " + english.Plural(m.packages, "package", "")
}

var errNoRusage = errors.New("the system does not say what the process used")

// measure runs a tool once, and counts what it found.
func measure(ctx context.Context, t tool) (m measured, err error) {
	results, err := os.MkdirTemp("", "benchmark-result-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(results)) }()
	out := filepath.Join(results, "out")
	if m, err = measureOnly(ctx, t, out); err != nil {
		return m, err
	}
	m.packages, err = counted(ctx, t.kind, out)
	return m, err
}

// measureOnly runs a tool once. Its result is in out then.
//
// A new process counts the memory of the one that started it into its own peak, up
// to the moment at which it becomes the program. So this process must stay smaller
// than what it measures, and another process reads the results.
func measureOnly(ctx context.Context, t tool, out string) (m measured, err error) {
	dir, clean, err := scratchFor(t)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, clean()) }()
	cmd := exec.CommandContext(ctx, t.program, t.with(dir, out)...)
	cmd.Env = append(environment(), "TMPDIR="+dir, "HOME="+dir, "XDG_CACHE_HOME="+dir+"/xdg", "SYFT_CHECK_FOR_APP_UPDATE=false", "CI=")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if t.stdout {
		f, err := os.Create(out)
		if err != nil {
			return m, err
		}
		defer f.Close()
		cmd.Stdout = f
	}
	before := used(dir)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return m, err
	}
	stop, most := make(chan struct{}), make(chan int64)
	go watch(dir, stop, most)
	err = cmd.Wait()
	m.wall = time.Since(start)
	close(stop)
	m.disk = max(<-most-before, 0)
	if err != nil {
		return m, fmt.Errorf("%w: %s", err, lastLines(stderr.String()))
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return m, errNoRusage
	}
	m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	m.peak = int64(usage.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		m.peak <<= 10 // KiB everywhere else
	}
	return m, nil
}

// scratchFor returns a tool's empty directory. A tool that keeps its own finds it
// again in the next round.
func scratchFor(t tool) (dir string, clean func() error, err error) {
	if t.keep {
		dir = keptDir()
		return dir, func() error { return nil }, os.MkdirAll(dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "benchmark-scratch-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// keptDir is where the cache is that outlives a round.
func keptDir() string { return filepath.Join(os.TempDir(), "benchmark-"+strconv.Itoa(os.Getpid())) }

// environment is the caller's without what would change a tool's work.
func environment() []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch {
		case strings.HasPrefix(name, "TRIVY_"), strings.HasPrefix(name, "SYFT_"), strings.HasPrefix(name, "XDG_"), name == "HOME", name == "TMPDIR", name == "CI":
		default:
			env = append(env, v)
		}
	}
	return env
}

// watch tells the most that was in dir until stop. Files that are deleted while they
// are open are not seen.
func watch(dir string, stop <-chan struct{}, most chan<- int64) {
	var peak int64
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		peak = max(peak, used(dir))
		select {
		case <-stop:
			most <- max(peak, used(dir))
			return
		case <-tick.C:
		}
	}
}

// used is the disk that the files below dir take.
func used(dir string) (n int64) {
	// Files vanish while they are looked at: what can't be seen does not count.
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil
		}
		if info, err := e.Info(); err == nil {
			if s, ok := info.Sys().(*syscall.Stat_t); ok {
				n += int64(s.Blocks) * 512
			}
		}
		return nil
	})
	return n
}

func lastLines(s string) string {
	const most = 500
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-most):]
}
