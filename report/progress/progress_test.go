package progress

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestShowsAfterDelay(t *testing.T) {
	var out bytes.Buffer
	l := newLine(&out, time.Nanosecond, true)
	time.Sleep(time.Millisecond)
	l.Update(10_000_000, 0) // how much there is becomes known later
	l.Update(25_000_000, 100_000_000)
	assert.Contains(t, out.String(), "25%")
	assert.Contains(t, out.String(), "25/100 MB")
	l.Done()
	last := out.String()[strings.LastIndex(strings.TrimSuffix(out.String(), "\r"), "\r")+1:]
	assert.Empty(t, strings.TrimSpace(last), "the line is wiped")
	n := out.Len()
	l.Update(50_000_000, 100_000_000)
	l.Done()
	assert.Equal(t, n, out.Len(), "silent after Done")
}

func TestCounting(t *testing.T) {
	var out bytes.Buffer
	l := newLine(&out, time.Nanosecond, true)
	l.what = "jobs"
	time.Sleep(time.Millisecond)
	l.Update(25, 100)
	assert.Contains(t, out.String(), "jobs")
	assert.Contains(t, out.String(), "25/100")
	assert.NotContains(t, out.String(), "B")
}

func TestWaiting(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	l := newLine(w, time.Nanosecond, true)
	l.Waiting("registry example.test\x1b[2J")
	seen := make([]byte, 200)
	n, err := r.Read(seen) // the line comes by itself
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(seen[:n]), "\rwaiting for registry example.test"), "%q", seen[:n])
	assert.NotContains(t, string(seen[:n]), "\x1b")
	l.Done()
	l.Waiting("more")
	l.Done()
	require.NoError(t, w.Close())
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Empty(t, strings.TrimSpace(string(rest)), "wiped, and silent after Done")
}

func TestSilentForASecond(t *testing.T) {
	var out bytes.Buffer
	l := newLine(&out, quiet, true)
	l.Update(1, 2)
	l.Update(2, 2)
	l.Done()
	assert.Empty(t, out.String())
}

func TestSilentWithoutTerminal(t *testing.T) {
	var out bytes.Buffer
	l := newLine(&out, time.Nanosecond, isTerminal(&out))
	time.Sleep(time.Millisecond)
	l.Update(1, 2)
	l.Done()
	assert.Empty(t, out.String())

	r, w, err := os.Pipe()
	require.NoError(t, err)
	l = newLine(w, time.Nanosecond, isTerminal(w))
	l.Update(1, 2)
	l.Done()
	require.NoError(t, w.Close())
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Empty(t, b)
}

// Layers are read in parallel; the size may become known late, and be wrong.
func TestManyGoroutines(t *testing.T) {
	var out bytes.Buffer
	l := newLine(&out, time.Nanosecond, true)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 100 {
				l.Update(int64(n*1000), int64(i%3)*50_000)
			}
		})
	}
	wg.Wait()
	l.Done()
	assert.Contains(t, out.String(), "reading")
}
