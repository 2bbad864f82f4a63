package chain

import (
	"io"
	"path"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/internal/place"
	"github.com/stemma-go/stemma/layers"
)

const (
	maxFiles = 200       // files and links that are kept of a layer
	maxKept  = 512 << 10 // bytes of them
	maxLinks = 8         // links from a name to its file
)

// A finder finds the files of a layer that tell what a root is, while the layer's entries
// go by.
//
// The files are enough once etc/ has gone by and some of them name a distribution.
// os-release is mostly a link from there to usr/lib, megabytes further on, and is waited
// for only if nothing in etc/ says the same. Archives are written directory by directory:
// what comes after etc/ is not followed by more of it, or else it is not seen.
type finder struct {
	contents map[string][]byte
	links    map[string]string // where symbolic links lead
	marks    map[string]bool   // the directories of ancestry.HintPath, of which no content is needed
	kept     int               // bytes of contents

	inEtc, leftEtc bool
	enough         bool // no more is needed
	full           bool // a limit was passed
}

func newFinder() *finder {
	return &finder{contents: map[string][]byte{}, links: map[string]string{}, marks: map[string]bool{}}
}

// visit takes what is needed of an entry. It reports whether more entries are needed.
func (f *finder) visit(e layers.Entry, content io.Reader) bool {
	etc := e.Path == "etc" || strings.HasPrefix(e.Path, "etc/")
	left := f.inEtc && !etc && !f.leftEtc
	f.inEtc, f.leftEtc = f.inEtc || etc, f.leftEtc || left
	if (f.take(e, content) || left) && f.leftEtc {
		_, f.enough = f.files(false).Distro()
	}
	return !f.enough && !f.full
}

// take keeps an entry, if it is needed. It reports whether it was kept.
func (f *finder) take(e layers.Entry, content io.Reader) bool {
	name, ok := ancestry.HintPath(e.Path)
	if ok && name != e.Path {
		f.marks[name] = f.marks[name] || e.Type == layers.Regular || e.Type == layers.Hardlink
		return false
	}
	if !ok && !released(e.Path) {
		return false
	}
	switch e.Type {
	case layers.Symlink:
		target := e.Link
		if !path.IsAbs(target) {
			target = path.Join("/", path.Dir(e.Path), target)
		}
		delete(f.contents, e.Path)
		f.links[e.Path] = strings.TrimPrefix(path.Clean(target), "/")
	case layers.Hardlink:
		b, ok := f.contents[e.Link]
		if !ok {
			return false // it has gone by under a name that said nothing
		}
		f.keep(e.Path, b)
	case layers.Regular:
		if e.Size > place.MaxHint {
			return false
		}
		b, err := io.ReadAll(content)
		if err != nil {
			return false // the layer breaks off here, and its reader says so
		}
		f.keep(e.Path, b)
	}
	f.full = f.full || len(f.contents)+len(f.links) > maxFiles || f.kept > maxKept
	return true
}

func (f *finder) keep(name string, b []byte) {
	f.kept += len(b)
	delete(f.links, name)
	f.contents[name] = b
}

// released reports whether a file may be what a link such as etc/redhat-release leads to.
func released(file string) bool {
	dir := path.Dir(file)
	return (dir == "etc" || dir == "usr/lib") && strings.HasSuffix(file, "-release")
}

// files returns what was found. That there are files in a directory counts only if the
// layer is complete: dpkg's configuration, without which manuals mean nothing, may not yet
// have come.
func (f *finder) files(complete bool) ancestry.Files {
	out := ancestry.Files{}
	for name, b := range f.contents {
		if _, ok := ancestry.HintPath(name); ok {
			out[name] = b
		}
	}
	for name := range f.links {
		if _, ok := ancestry.HintPath(name); !ok {
			continue
		}
		at := name
		for range maxLinks {
			if to, ok := f.links[at]; ok {
				at = to
			}
		}
		if b, ok := f.contents[at]; ok {
			out[name] = b
		}
	}
	for name, there := range f.marks {
		if complete && there {
			out[name] = nil
		}
	}
	return out
}
