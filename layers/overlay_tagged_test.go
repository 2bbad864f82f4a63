//go:build tagged && linux

package layers

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	containerd "github.com/containerd/containerd/v2/pkg/archive"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestTaggedOverlay has containerd's own code unpack layers, and the kernel's overlayfs
// stack them, and compares what is mounted with the merged view.
func TestTaggedOverlay(t *testing.T) {
	dir := overlayDir(t)
	base := []string{"usr/", "usr/bin/", "usr/bin/a=aa", "usr/bin/b=bb", "bin->usr/bin"}
	for _, tc := range []struct {
		name   string
		layers [][]string
	}{
		{"opaque marker below a link", [][]string{base, {"bin/.wh..wh..opq", "bin/c=c"}}},
		{"whiteout below a link", [][]string{base, {"bin/.wh.a"}}},
		{"file below a link", [][]string{base, {"bin/tool=t"}}},
		{"file below a link, and in its target", [][]string{base, {"bin/tool=t", "usr/bin/c=c"}}},
		{"directory below a link", [][]string{base, {"bin/d/", "bin/d/e=e"}}},
		{"with an entry for the directory", [][]string{base, {"bin/", "bin/.wh..wh..opq", "bin/c=c"}}},
		{"absolute link", [][]string{{"usr/bin/a=a", "bin->/usr/bin"}, {"bin/c=c"}}},
		{"link to a link", [][]string{{"usr/bin/a=a", "l->usr", "m->l/bin"}, {"m/c=c", "l/x=x"}}},
		{"dangling link", [][]string{{"bin->usr/bin"}, {"bin/c=c"}}},
		{"link of the same layer", [][]string{base, {"sbin->usr/sbin", "sbin/c=c"}}},
		{"link of the same layer, after a file", [][]string{base, {"sbin/c=c", "sbin->usr/sbin"}}},
		{"whiteout below a link of the same layer", [][]string{base, {"l->usr/bin", "l/.wh.a", "l/x=x"}}},
		{"opaque marker below a link of the same layer", [][]string{base, {"l->usr/bin", "l/.wh..wh..opq", "l/x=x"}}},
		{"a lower link on the way of one of the same layer", [][]string{{"system/usr/bin/a=1", "usr->system/usr"}, {"bin->usr/bin", "bin/sh=1", "bin/.wh.a"}}},
		{"a third layer above", [][]string{base, {"bin/c=c"}, {"bin/.wh.c", "usr/bin/.wh.a"}}},
		{"the link again", [][]string{base, {"bin/c=c"}, {"bin->usr/bin"}}},
		{"a file in the way", [][]string{{"a=1"}, {"a/b=1"}}},
		{"hard link below a link", [][]string{base, {"bin/c=c", "bin/d=>bin/c"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mounted, refused := stackedByKernel(t, dir, tc.layers)
			require.NoError(t, refused)
			checkMounted(t, read(t, stack(t, tc.layers...), nil), mounted)
		})
	}
}

// TestTaggedOverlayRandom does the same with random layers. What containerd refuses to
// unpack has no truth.
func TestTaggedOverlayRandom(t *testing.T) {
	dir := overlayDir(t)
	compared := 0
	for seed := range 1500 {
		r := rand.New(rand.NewPCG(uint64(seed), 11))
		var layers [][]string
		for range 2 + r.IntN(2) {
			var lines []string
			once := map[string]bool{} // what a layer says twice of a path depends on who unpacks it
			for range 1 + r.IntN(5) {
				line, e := randomEntry(r)
				if line != opaqueName && !once[e.path] { // overlayfs ignores that of the root
					once[e.path] = true
					lines = append(lines, line)
				}
			}
			layers = append(layers, lines)
		}
		mounted, refused := stackedByKernel(t, dir, layers)
		x := read(t, stack(t, layers...), nil)
		if refused != nil || strings.Contains(fmt.Sprint(problemTexts(x)), "hard link to a file that is not there") {
			continue // the link is to a whiteout, of which containerd makes a file at first
		}
		compared++
		if !checkMounted(t, x, mounted) {
			t.Logf("seed %d: %q", seed, layers)
		}
	}
	require.Greater(t, compared, 300)
}

// overlayDir returns a directory in which overlayfs can be mounted.
func overlayDir(t *testing.T) string {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
		t.Skipf("needs the right to mount: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// stackedByKernel unpacks layers and mounts them. It returns what is there: a line for
// each path, with the kind and the content or target. refused is containerd's error.
func stackedByKernel(t *testing.T, dir string, layers [][]string) (mounted map[string]string, refused error) {
	t.Helper()
	dir, err := os.MkdirTemp(dir, "")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	var lower []string // the topmost first
	for i, lines := range layers {
		upper := filepath.Join(dir, fmt.Sprint(i))
		require.NoError(t, os.Mkdir(upper, 0o755))
		_, err := containerd.Apply(t.Context(), upper, bytes.NewReader(archive(t, lines...)),
			containerd.WithConvertWhiteout(containerd.OverlayConvertWhiteout), containerd.WithParents(lower))
		if err != nil {
			return nil, err
		}
		lower = append([]string{upper}, lower...)
	}
	if len(lower) == 1 {
		lower = append(lower, filepath.Join(dir, "none"))
		require.NoError(t, os.Mkdir(lower[1], 0o755))
	}
	merged := filepath.Join(dir, "merged")
	require.NoError(t, os.Mkdir(merged, 0o755))
	err = unix.Mount("overlay", merged, "overlay", unix.MS_RDONLY, "lowerdir="+strings.Join(lower, ":"))
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENODEV) {
		t.Skipf("overlayfs can't be mounted: %v", err)
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Unmount(merged, 0)) }()
	return walkMounted(t, merged), nil
}

func walkMounted(t *testing.T, dir string) map[string]string {
	t.Helper()
	there := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		switch {
		case d.Type()&fs.ModeCharDevice != 0: // a whiteout, which a directory of one layer alone lists
		case d.IsDir():
			there[rel] = "directory"
		case d.Type() == fs.ModeSymlink:
			target, err := os.Readlink(p)
			there[rel] = "link " + target
			return err
		default:
			b, err := os.ReadFile(p)
			there[rel] = "file " + string(b)
			return err
		}
		return nil
	})
	require.NoError(t, err)
	return there
}

// checkMounted compares the merged view with what is mounted. Directories that only
// whiteouts have made are left out of the view: they are empty.
func checkMounted(t *testing.T, x *Index, mounted map[string]string) bool {
	t.Helper()
	ours := map[string]string{}
	top := x.FS(x.Top())
	for e := range x.Merged(x.Top()) {
		if e.Path == "." {
			continue
		}
		if e.Type == Directory {
			ours[e.Path] = "directory"
			continue
		}
		if target, err := fs.ReadLink(top, e.Path); err == nil { // a hard link may be one, too
			ours[e.Path] = "link " + target
			continue
		}
		b, err := fs.ReadFile(top, e.Path)
		require.NoError(t, err)
		ours[e.Path] = "file " + string(b)
	}
	more := map[string]string{}
	for p, kind := range mounted {
		holds := func(other string) bool { return strings.HasPrefix(other, p+"/") }
		if _, ok := ours[p]; !ok && kind == "directory" && !slices.ContainsFunc(slices.Collect(maps.Keys(ours)), holds) {
			more[p] = kind
		}
	}
	maps.Copy(ours, more)
	return assert.Equal(t, mounted, ours)
}
