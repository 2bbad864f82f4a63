package scan

import (
	"path"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
)

// maxListed bounds the paths that are read of one package's list.
const maxListed = 1_000_000

// parseList reads dpkg's info/NAME.list: one absolute path a line, directories
// included. Lines that are no absolute path are passed over.
func parseList(b []byte) []string {
	var files []string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		if !strings.HasPrefix(line, "/") || strings.ContainsRune(line, 0) {
			continue
		}
		p := strings.TrimPrefix(path.Clean(line), "/")
		if p == "" || p == "." {
			continue
		}
		if files = append(files, p); len(files) == maxListed {
			break
		}
	}
	return files
}

// listOf returns dpkg's list of files of a package at a layer. Packages of
// several architectures have it under NAME:ARCH.
func listOf(idx *layers.Index, layer int, l *life) (layers.Entry, bool) {
	lists := packages.EcosystemOf(l.group.kind).FileLists
	if lists == "" || len(l.found.Evidence) == 0 {
		return layers.Entry{}, false
	}
	info := path.Join(path.Dir(l.found.Evidence[0]), lists)
	for _, name := range []string{l.group.name + ":" + l.group.arch, l.group.name} {
		if e, ok := idx.Lookup(layer, path.Join(info, name+".list")); ok {
			return e, true
		}
	}
	return layers.Entry{}, false
}

// sums reports whether the file at p is a list beside a file of status.d, with
// checksums. It is read with its neighbour, and is no database itself.
func sums(p string) bool {
	return path.Ext(p) == ".md5sums" && path.Base(path.Dir(p)) == "status.d"
}
