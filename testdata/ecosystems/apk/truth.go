package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/chainguard-dev/go-apk/pkg/apk"
)

// installed are the packages of the root in dir, as go-apk's GetInstalled reads them;
// none when there is no database.
func installed(dir string) ([]*apk.InstalledPackage, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open("lib/apk/db/installed")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return apk.ParseInstalled(f) // closes f
}

func list(to io.Writer, dir string) error {
	found, err := installed(dir)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(to)
	for _, p := range found {
		for _, f := range p.Files {
			fmt.Fprintf(w, "%s\t%s\t%s\n", p.Name, p.Version, f.Name)
		}
	}
	return w.Flush()
}

// write writes the lines sorted, each once.
func write(file string, lines []string) error {
	slices.Sort(lines)
	lines = slices.Compact(lines)
	return os.WriteFile(file, []byte(strings.Join(append(lines, ""), "\n")), 0o644)
}

func writeState(dir, file string) error {
	found, err := installed(dir)
	if err != nil {
		return err
	}
	var lines []string
	for _, p := range found {
		lines = append(lines, fmt.Sprintf("apk\t%s\t%s\t\t%s", p.Name, p.Arch, p.Version))
	}
	return write(file, lines)
}

// writeFiles leaves the file as it is when there is no database any more.
func writeFiles(dir, file string) error {
	found, err := installed(dir)
	if err != nil || len(found) == 0 {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	owned := make([]map[uint64]int64, len(found)) // by inode: bytes
	owners, sum := map[uint64]int{}, int64(0)
	for n, p := range found {
		owned[n] = regular(root, p)
		for inode, size := range owned[n] {
			if owners[inode]++; owners[inode] == 1 {
				sum += size
			}
		}
	}
	lines := []string{fmt.Sprintf("~\t\t\t\t%d\t%d", sum, sum)}
	for n, p := range found {
		var own, all int64
		for inode, size := range owned[n] {
			all += size
			if owners[inode] == 1 {
				own += size
			}
		}
		lines = append(lines, fmt.Sprintf("apk\t%s\t%s\t%s\t%d\t%d", p.Name, p.Arch, p.Version, own, all))
	}
	return write(file, lines)
}

// regular are the regular files among those of p that are there: inode and bytes.
func regular(root *os.Root, p *apk.InstalledPackage) map[uint64]int64 {
	found := map[uint64]int64{}
	for _, f := range p.Files {
		info, err := root.Lstat(f.Name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		found[info.Sys().(*syscall.Stat_t).Ino] = info.Size()
	}
	return found
}
