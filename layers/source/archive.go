package source

import (
	"archive/tar"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/stemma-go/stemma/layers/internal/detect"
)

const (
	maxLinks      = 16   // links followed from one member to the next
	maxMemberName = 1024 // bytes; nothing that an image refers to has a longer name
)

// archive is an uncompressed tar whose headers have been indexed. Its members are read
// in place.
type archive struct {
	r       io.ReaderAt
	size    int64
	members map[string]member
	damage  error // why the index ends before the tar does
	closer  io.Closer
}

// member is where a member's bytes lie, or what it links to.
type member struct {
	offset, size int64
	link         string // the member it links to
	sparse       bool
}

var _ store = (*archive)(nil)

// indexArchive reads the headers of a tar. Of two members of one name the later one
// counts, as when the tar is unpacked. Of a tar that breaks off it indexes what came
// before; if that is nothing, it returns an error.
func indexArchive(ctx context.Context, r io.ReaderAt, size int64, maxMembers int) (*archive, error) {
	section := io.NewSectionReader(r, 0, size)
	a := &archive{r: r, size: size, members: map[string]member{}}
	tr := tar.NewReader(section)
	var end int64
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		hdr, err := tr.Next()
		if err == io.EOF {
			a.damage = a.missingEnd(section, end, n)
			return a, nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return a.breakOff(n, err)
		}
		if n == maxMembers {
			return nil, a.tooManyMembers(n)
		}
		// tar.Reader does not read ahead: the section is at the start of the data.
		offset, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		a.add(hdr, offset)
		if end = offset; hdr.Typeflag == tar.TypeReg && !detect.Sparse(hdr) {
			end += (hdr.Size + 511) &^ 511
		}
	}
}

// missingEnd returns an error if a tar of n members ends right after the data of its
// last one, at the offset end, without the zeros that belong there.
func (a *archive) missingEnd(section *io.SectionReader, end int64, n int) error {
	at, err := section.Seek(0, io.SeekCurrent)
	if err != nil || n == 0 || at > end {
		return err
	}
	return explainf(because(io.ErrUnexpectedEOF), "the archive breaks off after %s, or was never finished", plural(n, "member"))
}

// breakOff ends the index after n members, because of an error in the next header.
func (a *archive) breakOff(n int, err error) (*archive, error) {
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		return nil, err
	case n == 0:
		return nil, explainf(because(ErrNotImage, err), "not an image: the file is no tar")
	}
	a.damage = explainf(because(err), "the archive is damaged or breaks off after %s: %v", plural(n, "member"), err)
	return a, nil
}

func (a *archive) tooManyMembers(n int) error {
	if !a.has(manifestJSON) && !a.has(indexJSON) {
		return explainf(because(ErrNotImage), "not an image: a tar with neither %s nor %s among its first %d members", manifestJSON, indexJSON, n)
	}
	return explainf(because(ErrLimit), "the archive has more than %d members", n)
}

func (a *archive) add(hdr *tar.Header, offset int64) {
	name := memberName(hdr.Name)
	if len(name) > maxMemberName || len(hdr.Linkname) > maxMemberName {
		return
	}
	switch hdr.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse:
		a.members[name] = member{offset: offset, size: hdr.Size, sparse: detect.Sparse(hdr)}
	case tar.TypeLink:
		// A hard link means what has the name now; a later member may replace that.
		target := memberName(hdr.Linkname)
		if m, ok := a.members[target]; ok {
			a.members[name] = m
		} else {
			a.members[name] = member{link: target}
		}
	case tar.TypeSymlink:
		target := hdr.Linkname
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(name), target)
		}
		a.members[name] = member{link: memberName(target)}
	}
}

// memberName brings a name into the form of the index: clean, and relative to the
// root of the archive, above which no name leads.
func memberName(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

func (a *archive) has(name string) bool {
	_, err := a.find(name)
	return err == nil
}

func (a *archive) find(name string) (member, error) {
	at := memberName(name)
	for range maxLinks {
		m, ok := a.members[at]
		switch {
		case !ok && at != memberName(name) && a.damage != nil:
			return m, explainf(because(fs.ErrNotExist, a.damage), "%s: links to %s, which is not in the archive as far as it goes (%v)", name, at, a.damage)
		case !ok && at != memberName(name):
			return m, explainf(because(fs.ErrNotExist), "%s: links to %s, which is not in the archive", name, at)
		case !ok && a.damage != nil:
			return m, explainf(because(fs.ErrNotExist, a.damage), "%s: not in the archive as far as it goes (%v)", name, a.damage)
		case !ok:
			return m, explainf(because(fs.ErrNotExist), "%s: not in the archive", name)
		case m.link == "":
			return m, nil
		}
		at = m.link
	}
	return member{}, fmt.Errorf("%s: links lead round in a circle, or through more than %d members", name, maxLinks)
}

func (a *archive) open(name string) (blob, error) {
	m, err := a.find(name)
	if err != nil {
		return blob{}, err
	}
	if m.sparse {
		return blob{}, fmt.Errorf("%s: stored as a sparse file, which cannot be read in place", name)
	}
	if left := a.size - m.offset; m.size > left {
		return blob{}, explainf(because(io.ErrUnexpectedEOF), "%s: the archive ends after %d of its %d bytes", name, max(left, 0), m.size)
	}
	return blob{ReadCloser: io.NopCloser(io.NewSectionReader(a.r, m.offset, m.size)), size: m.size}, nil
}

func (a *archive) Close() error {
	if a.closer == nil {
		return nil
	}
	return a.closer.Close()
}

// openArchive indexes the tar in f. The archive closes f, unless there is an error.
func openArchive(ctx context.Context, f *os.File, limits Limits) (*archive, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if kind := fileCompression(f); kind != "" {
		return nil, explainf(because(ErrNotImage), "the archive is compressed with %s: decompress it first (%s), its layers are read in place", kind, unpackHint(kind))
	}
	a, err := indexArchive(ctx, f, info.Size(), limits.Members)
	if err != nil {
		return nil, err
	}
	a.closer = f
	return a, nil
}

const manifestJSON = "manifest.json"

// savedImage is one image of a manifest.json: the list that docker save, and other
// tools like it, put into an archive.
type savedImage struct {
	Config       string   // the member that is the config
	RepoTags     []string // may be missing
	Layers       []string // the members that are the layers, bottom first
	LayerSources map[string]struct {
		URLs []string `json:"urls"`
	} // foreign layers, which are not in the archive, by diffID
}

// readManifestJSON reads manifest.json.
func readManifestJSON(st store, limits Limits) ([]savedImage, error) {
	b, err := st.open(manifestJSON)
	if err != nil {
		return nil, err
	}
	raw, err := readLimited(b, limits.Manifest, manifestJSON)
	if err != nil {
		return nil, err
	}
	return parseManifestJSON(raw, limits)
}

// parseManifestJSON parses a manifest.json. It puts the names of an image that is
// listed twice together, and leaves out entries that are malformed, unless all are.
func parseManifestJSON(raw []byte, limits Limits) ([]savedImage, error) {
	var entries []json.RawMessage
	if err := decodeJSON(raw, &entries); err != nil {
		return nil, explainf(because(ErrNotImage, err), "not an image: %s: %v", manifestJSON, err)
	}
	if len(entries) > limits.Images {
		return nil, explainf(because(ErrLimit), "%s lists more than %d images", manifestJSON, limits.Images)
	}
	var all []savedImage
	byConfig := map[string]int{}
	var broken error // of the first malformed entry
	names := 0
	for n, entry := range entries {
		var s savedImage
		err := json.Unmarshal(entry, &s)
		if err == nil && s.Config == "" {
			err = errors.New("names no config")
		}
		if err != nil {
			broken = cmp.Or(broken, fmt.Errorf("image %d: %w", n, err))
			continue
		}
		if names += len(s.RepoTags); names > limits.names() {
			return nil, explainf(because(ErrLimit), "%s gives more than %d names", manifestJSON, limits.names())
		}
		if n, ok := byConfig[s.Config]; ok && slices.Equal(all[n].Layers, s.Layers) {
			all[n].RepoTags = append(all[n].RepoTags, s.RepoTags...)
			continue
		}
		byConfig[s.Config] = len(all)
		all = append(all, s)
	}
	switch {
	case len(all) > 0:
		return all, nil
	case broken != nil:
		return nil, explainf(because(ErrNotImage, broken), "not an image: %s: %v", manifestJSON, broken)
	}
	return nil, explainf(because(ErrNotImage), "not an image: %s lists none", manifestJSON)
}

// configDigest is the hex digest that the name of the config consists of by custom:
// HEX.json, sha256:HEX, blobs/sha256/HEX; or "". It is only verified if an image is
// asked for by it.
func (s savedImage) configDigest() string {
	name := strings.TrimSuffix(path.Base(s.Config), ".json")
	name = strings.TrimPrefix(name, "sha256:")
	if _, err := v1.NewHash("sha256:" + name); err != nil {
		return ""
	}
	return name
}

// label is what to call the image in a message.
func (s savedImage) label() string {
	switch {
	case len(s.RepoTags) > 0:
		return s.RepoTags[0]
	case s.configDigest() != "":
		return "@sha256:" + s.configDigest()
	}
	return s.Config
}

// chooseSavedImage returns the one image that is wanted.
func chooseSavedImage(all []savedImage, want selection) (savedImage, error) {
	var fit []savedImage
	best := 0
	for _, s := range all {
		rank := 1
		if want.tag != "" {
			rank = nameRank(want.tag, s.RepoTags)
		}
		if want.digest != (v1.Hash{}) && want.digest.Hex != s.configDigest() {
			rank = 0
		}
		if rank > best {
			best, fit = rank, nil
		}
		if rank > 0 && rank == best {
			fit = append(fit, s)
		}
	}
	switch len(fit) {
	case 0:
		return savedImage{}, explainf(because(ErrNotFound), "no image %s: there are %s", want, list(labels(all)))
	case 1:
		return fit[0], nil
	}
	return savedImage{}, ambiguous(labels(fit))
}

func labels(all []savedImage) []string {
	var out []string
	for _, s := range all {
		out = append(out, s.label())
	}
	return out
}

// openSavedImage opens the image that is wanted of a docker-archive.
func openSavedImage(st store, all []savedImage, where reference, limits Limits) (*Image, error) {
	s, err := chooseSavedImage(all, where.want)
	if err != nil {
		return nil, err
	}
	b, err := st.open(s.Config)
	if err != nil {
		return nil, explainf(because(err), "config: %v", err)
	}
	config, err := readLimited(b, limits.Config, "config "+s.Config)
	if err != nil {
		return nil, err
	}
	if want := where.want.digest; want != (v1.Hash{}) {
		if err := verify(config, want, "config "+s.Config); err != nil {
			return nil, err
		}
	}
	diffIDs, err := parseConfig(config)
	if err != nil {
		return nil, err
	}
	layers := make([]*layer, len(s.Layers))
	for n, name := range s.Layers {
		layers[n] = newLayer(n, diffIDs, nil, func() (blob, error) { return s.openLayer(st, name, n, diffIDs) })
	}
	tags := fullNames(s.RepoTags)
	return &Image{
		Image: newImage(config, layers, nil, types.DockerManifestSchema2),
		Name:  displayName(where.want, tags, nil, where.path),
		Tags:  tags,
	}, nil
}

func (s savedImage) openLayer(st store, name string, n int, diffIDs []v1.Hash) (blob, error) {
	b, err := st.open(name)
	if err == nil || n >= len(diffIDs) {
		return b, err
	}
	if foreign := s.LayerSources[diffIDs[n].String()]; len(foreign.URLs) > 0 {
		return b, explainf(because(err), "%s: a foreign layer, whose bytes are not in the archive but at %s", name, list(foreign.URLs))
	}
	return b, err
}
