package cache

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func key(n int) string { return fmt.Sprintf("%064x-%024x", n, 7) }

func open(t testing.TB, path string, opts *Options) *Dir {
	t.Helper()
	d, err := Open(path, opts)
	require.NoError(t, err)
	return d
}

func TestDir(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "cache")
	d := open(t, path, &Options{Failed: func(err error) { t.Error(err) }})
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
	_, ok := d.Get(key(1))
	assert.False(t, ok)
	for _, b := range [][]byte{[]byte("one"), nil, []byte("other")} {
		d.Put(key(1), b)
		got, ok := open(t, path, nil).Get(key(1))
		assert.True(t, ok)
		assert.Equal(t, string(b), string(got))
	}
	for _, bad := range []string{"", "../" + key(1), strings.ToUpper(key(0xabc)), "lock", key(1) + ".x", strings.Repeat("a", 300)} {
		d.Put(bad, []byte("x"))
		_, ok := d.Get(bad)
		assert.False(t, ok, bad)
	}
	list, err := os.ReadDir(path)
	require.NoError(t, err)
	assert.Len(t, list, 1)
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(file, nil)
	assert.ErrorContains(t, err, "cache: ")
	if runtime.GOOS == "windows" {
		return
	}
	shared := filepath.Join(dir, "shared")
	require.NoError(t, os.Mkdir(shared, 0o700))
	require.NoError(t, os.Chmod(shared, 0o770))
	_, err = Open(shared, nil)
	assert.ErrorContains(t, err, "others can write to it (mode -rwxrwx---)")
}

// A damaged file is reported, deleted, and counts as missing.
func TestDamaged(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.Chmod(path, 0o700))
	var told []error
	d := open(t, path, &Options{Size: 8000, Failed: func(err error) { told = append(told, err) }})
	name := filepath.Join(path, key(1))
	body := bytes.Repeat([]byte("0123456789"), 30)
	d.Put(key(1), body)
	good, err := os.ReadFile(name)
	require.NoError(t, err)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x20
		require.NoError(t, os.WriteFile(name, bad, 0o600))
		_, ok := d.Get(key(1))
		require.False(t, ok, "byte %d", i)
	}
	require.Len(t, told, len(good))
	for _, bad := range [][]byte{nil, good[:10], good[:len(good)-1], append(bytes.Clone(good), 0), make([]byte, 9000)} {
		require.NoError(t, os.WriteFile(name, bad, 0o600))
		_, ok := d.Get(key(1))
		assert.False(t, ok)
		assert.NoFileExists(t, name)
	}
	for _, err := range told {
		require.True(t, errors.Is(err, errDamaged))
	}
	require.NoError(t, os.Symlink("/etc/passwd", name))
	_, ok := d.Get(key(1))
	assert.False(t, ok, "a link is not followed")
	assert.ErrorContains(t, told[len(told)-1], "no regular file")
}

// The least recently used files are deleted first. Files of others stay.
func TestEvict(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.Chmod(path, 0o700))
	d := open(t, path, &Options{Size: 4 * 1100, FileSize: 1100, Failed: func(err error) { t.Error(err) }})
	body := make([]byte, 1000)
	for i := range 4 {
		d.Put(key(i), body)
		old := time.Now().Add(time.Duration(i-100) * time.Hour)
		require.NoError(t, os.Chtimes(filepath.Join(path, key(i)), old, old))
	}
	alien, temp := filepath.Join(path, "README"), filepath.Join(path, tempName+"1")
	require.NoError(t, os.WriteFile(alien, make([]byte, 5000), 0o600))
	require.NoError(t, os.WriteFile(temp, nil, 0o600))
	old := time.Now().Add(-2 * staleTemp)
	require.NoError(t, os.Chtimes(temp, old, old))
	_, ok := d.Get(key(0)) // is young again
	require.True(t, ok)
	d.Put(key(4), body)
	d.Put(key(5), make([]byte, 1101)) // too large
	held := func() (s string) {
		for i := range 8 {
			if _, err := os.Stat(filepath.Join(path, key(i))); err == nil {
				s += fmt.Sprint(i)
			}
		}
		return s
	}
	assert.Equal(t, "0234", held())
	assert.FileExists(t, alien)
	assert.NoFileExists(t, temp)

	// Another process holds the lock; then it turns out to be dead.
	lock := filepath.Join(path, lockName)
	require.NoError(t, os.WriteFile(lock, nil, 0o600))
	d.Put(key(6), body)
	assert.Equal(t, "02346", held())
	old = time.Now().Add(-2 * staleLock)
	require.NoError(t, os.Chtimes(lock, old, old))
	d.Put(key(7), body)
	assert.Equal(t, "0467", held())
	assert.NoFileExists(t, lock)
}

// Processes and goroutines share a directory: Get returns what was put.
func TestShared(t *testing.T) {
	const variable = "STEMMA_TEST_CACHE"
	path := os.Getenv(variable)
	child := path != ""
	if !child {
		path = t.TempDir()
		require.NoError(t, os.Chmod(path, 0o700))
	}
	d := open(t, path, &Options{Size: 60_000, Failed: func(err error) { t.Error(err) }})
	var wg sync.WaitGroup
	if !child {
		for range 2 {
			wg.Go(func() {
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestShared$")
				cmd.Env = append(os.Environ(), variable+"="+path)
				out, err := cmd.CombinedOutput()
				assert.NoError(t, err, string(out))
			})
		}
	}
	for g := range 3 {
		wg.Go(func() {
			for i := range 150 {
				n := (i*7 + g) % 20
				want := bytes.Repeat([]byte{byte(n)}, 500*n)
				if got, ok := d.Get(key(n)); ok && !bytes.Equal(want, got) {
					t.Errorf("%d: another content", n)
				}
				d.Put(key(n), want)
			}
		})
	}
	wg.Wait()
	if child {
		return
	}
	d.Put(key(1), nil)
	_, size, err := d.files()
	require.NoError(t, err)
	assert.LessOrEqual(t, size, int64(60_000))
}

// FuzzFile puts any bytes in the place of a file.
func FuzzFile(f *testing.F) {
	path := f.TempDir()
	require.NoError(f, os.Chmod(path, 0o700))
	d := open(f, path, nil)
	d.Put(key(1), []byte("body"))
	good, err := os.ReadFile(filepath.Join(path, key(1)))
	require.NoError(f, err)
	f.Add(good)
	f.Add(good[:20])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(path, key(1))
		require.NoError(t, os.WriteFile(name, b, 0o600))
		if got, ok := d.Get(key(1)); ok {
			require.Equal(t, b[headSize:], got)
			return
		}
		require.NoFileExists(t, name)
	})
}
