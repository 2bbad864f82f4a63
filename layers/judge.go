package layers

import (
	"archive/tar"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// The names by which layers delete, from AUFS; the image specification kept the
// first two.
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	aufsPrefix     = ".wh..wh."     // AUFS' own housekeeping, in the root
	aufsLinks      = ".wh..wh.plnk" // part of it: the files that hard links of the layer name
)

// An item is what a tar header means.
type item struct {
	path   string // clean; for a whiteout what it deletes
	typ    Type
	opaque bool
	link   string
}

// judge tells what a header means. Whatever its answer depends on is in the header
// and in lim, so that a second reading of a layer counts the same items. A header
// that is of no interest gives false without an error.
func judge(h *tar.Header, lim Limits) (it item, ok bool, err error) {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return item{}, false, nil
	}
	if it.path, err = cleanPath(h.Name, lim); err != nil {
		return item{}, false, err
	}
	if strings.Contains(it.path, whiteoutPrefix) {
		if done, ok, err := it.whiteout(h.Typeflag); done {
			return it, ok, err
		}
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		it.typ = Regular
	case tar.TypeDir:
		it.typ = Directory
	case tar.TypeSymlink:
		it.typ, it.link = Symlink, h.Linkname
		if it.link == "" {
			return item{}, false, errors.New("symbolic link without a target")
		}
	case tar.TypeLink:
		it.typ = Hardlink
		if it.link, err = cleanPath(h.Linkname, lim); err != nil {
			return item{}, false, fmt.Errorf("hard link: target: %w", err)
		}
	case tar.TypeChar, tar.TypeBlock:
		it.typ = Device
	case tar.TypeFifo:
		it.typ = FIFO
	default:
		return item{}, false, fmt.Errorf("tar entry of unknown type %q", h.Typeflag)
	}
	if len(it.link) > lim.PathLength {
		return item{}, false, fmt.Errorf("link target of %d bytes, over the limit of %d", len(it.link), lim.PathLength)
	}
	if it.path == "." && it.typ != Directory {
		return item{}, false, fmt.Errorf("the root is a %s", it.typ)
	}
	return it, true, nil
}

// whiteout recognises whiteouts, whatever the type of the header, and the housekeeping
// of AUFS, as Docker and containerd do. done is false if the path is neither.
func (it *item) whiteout(flag byte) (done, ok bool, err error) {
	dir, base := split(it.path)
	switch {
	case base == opaqueName:
		it.path, it.typ, it.opaque = dir, Whiteout, true
		return true, true, nil
	case strings.HasPrefix(it.path, aufsLinks+"/") && flag == tar.TypeReg:
		return false, false, nil
	case strings.HasPrefix(it.path, aufsPrefix):
		return true, false, nil
	case !strings.HasPrefix(base, whiteoutPrefix):
		return false, false, nil
	}
	name := base[len(whiteoutPrefix):]
	if name == "" || name == "." || name == ".." {
		return true, false, errors.New("whiteout of no file")
	}
	it.path, it.typ = name, Whiteout
	if dir != "." {
		it.path = dir + "/" + name
	}
	return true, true, nil
}

// attrsOf takes the attributes from a header, the type from what it means: the mode
// field of a hostile header may say something else.
func attrsOf(h *tar.Header, typ Type) attrs {
	a := attrs{mode: fs.FileMode(h.Mode & 0o777), uid: h.Uid, gid: h.Gid}
	if h.Mode&0o4000 != 0 {
		a.mode |= fs.ModeSetuid
	}
	if h.Mode&0o2000 != 0 {
		a.mode |= fs.ModeSetgid
	}
	if h.Mode&0o1000 != 0 {
		a.mode |= fs.ModeSticky
	}
	switch typ {
	case Directory:
		a.mode |= fs.ModeDir
	case Symlink:
		a.mode |= fs.ModeSymlink
	case FIFO:
		a.mode |= fs.ModeNamedPipe
	case Device:
		a.mode |= fs.ModeDevice
		if h.Typeflag == tar.TypeChar {
			a.mode |= fs.ModeCharDevice
		}
	case Whiteout:
		return attrs{}
	}
	a.xattrs = xattrSum(h.PAXRecords)
	return a
}

// xattrSum is a checksum of the extended attributes among PAX records, 0 for none.
func xattrSum(pax map[string]string) uint64 {
	var d *xxhash.Digest
	for _, k := range slices.SortedFunc(maps.Keys(pax), cmp.Compare[string]) {
		if !strings.HasPrefix(k, "SCHILY.xattr.") && !strings.HasPrefix(k, "LIBARCHIVE.xattr.") {
			continue
		}
		if d == nil {
			d = xxhash.New()
		}
		fmt.Fprintf(d, "%d %s=%d ", len(k), k, len(pax[k]))
		d.WriteString(pax[k]) //nolint:errcheck // never fails
	}
	if d == nil {
		return 0
	}
	return d.Sum64()
}

// isSparse reports whether the content of a file has holes that archive/tar fills
// with zeros: it can be any number of times longer than what is stored.
func isSparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return false
}
