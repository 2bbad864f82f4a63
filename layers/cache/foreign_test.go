package cache

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestForeignFiles puts a cache into a directory with other files. None of them is
// deleted, whatever its name and its age.
func TestForeignFiles(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.Chmod(path, 0o700))
	names := []string{
		"123e4567-e89b-12d3-a456-426614174000", key(1)[:64], key(1)[:64] + "-x", "lock", "new-year", "new-2024", tempName + "x",
		"a-very-long-name-of-a-file-that-is-not-the-cache-s",
	}
	old := time.Now().Add(-24 * time.Hour)
	for _, name := range names {
		name = filepath.Join(path, name)
		require.NoError(t, os.WriteFile(name, make([]byte, 5000), 0o600))
		require.NoError(t, os.Chtimes(name, old, old))
	}
	d := open(t, path, &Options{Size: 3000, FileSize: 1100, Failed: func(err error) { t.Error(err) }})
	for n := range 5 {
		d.Put(key(n), make([]byte, 1000))
	}
	for _, name := range names {
		d.Get(name)
		assert.FileExists(t, filepath.Join(path, name))
	}
	_, size, err := d.files()
	require.NoError(t, err)
	assert.Less(t, size, int64(3000), "the cache's own are deleted")
	assert.NotZero(t, size)
}

// TestLockFromTheFuture: a lock that was left behind while the clock was wrong does not
// last for ever.
func TestLockFromTheFuture(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.Chmod(path, 0o700))
	d := open(t, path, &Options{Size: 2200, FileSize: 1100})
	lock, future := filepath.Join(path, lockName), time.Now().AddDate(10, 0, 0)
	require.NoError(t, os.WriteFile(lock, nil, 0o600))
	require.NoError(t, os.Chtimes(lock, future, future))
	for n := range 5 {
		d.Put(key(n), make([]byte, 1000))
	}
	_, size, err := d.files()
	require.NoError(t, err)
	assert.LessOrEqual(t, size, int64(2200))
	assert.NoFileExists(t, lock)
}

// TestForeignDirectory: a directory of another user is refused.
func TestForeignDirectory(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	path := t.TempDir()
	require.NoError(t, os.Chmod(path, 0o755))
	open(t, path, nil)
	require.NoError(t, os.Chown(path, 12345, -1))
	_, err := Open(path, nil)
	assert.ErrorContains(t, err, "user 12345")
}

// TestOtherLimits: a file that is too large for this process is not damaged.
func TestOtherLimits(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.Chmod(path, 0o700))
	large := open(t, path, nil)
	large.Put(key(1), make([]byte, 2000))
	small := open(t, path, &Options{FileSize: 1000, Failed: func(err error) { t.Error(err) }})
	_, ok := small.Get(key(1))
	assert.False(t, ok)
	_, ok = large.Get(key(1))
	assert.True(t, ok)
}
