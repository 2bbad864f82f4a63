//go:build unix

package cache

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// ownedByOthers returns an error for a directory that belongs to another user. Root is
// excepted, because root can write everywhere.
func ownedByOthers(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid == 0 || int64(stat.Uid) == int64(os.Geteuid()) {
		return nil
	}
	return fmt.Errorf("it belongs to user %d, who can write to it", stat.Uid)
}
