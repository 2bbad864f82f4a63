package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"

	"pault.ag/go/debian/control"
)

// debian is the form of Debian's archive, and of all that are made like it
// (https://wiki.debian.org/DebianRepository/Format).
type debian struct{}

// packagesFile is the name of an index, as a mirror has it, or as apt keeps it.
var packagesFile = regexp.MustCompile(`(^|_)Packages(\.(gz|xz|zst|lz4|bz2))?$`)

func (debian) isIndex(p string) bool { return packagesFile.MatchString(path.Base(p)) }

// A release is what a Release file says.
type release struct {
	names []string // Codename and Suite
	label string
	date  time.Time
	sums  map[string]string // SHA-256 by path
}

// local reads one Packages file, if its Release is one of the release's.
func (d debian) local(l *loader, root fs.FS, p string) error {
	rel, err := d.releaseOf(root, p)
	if err != nil {
		return err
	}
	if len(rel.names) == 0 {
		return errors.New("of which release it is, is not known: there is no Release or InRelease beside it or above it")
	}
	suite := d.suite(rel, l.index.of)
	if suite == "" {
		l.other(rel.names[0])
		return nil
	}
	f, err := root.Open(p)
	if err != nil {
		return err
	}
	defer f.Close()
	part := l.part(suite, rel.date)
	return l.unpacked(f, func(r io.Reader) error { return readPackages(r, l.index, part) })
}

// releaseOf reads the Release of a Packages file; without one, its path may say the suite.
func (debian) releaseOf(root fs.FS, p string) (release, error) {
	var tries []string
	fromPath := ""
	dir, base := path.Split(p)
	if i := strings.Index(base, "_dists_"); i >= 0 { // apt's own copy: HOST_PATH_dists_SUITE_COMPONENT_binary-ARCH_Packages
		suite, _, _ := strings.Cut(base[i+len("_dists_"):], "_")
		fromPath = suite
		stem := dir + base[:i] + "_dists_" + suite
		tries = append(tries, stem+"_InRelease", stem+"_Release")
	}
	e := elements(p)
	for i := len(e) - 1; i >= 0; i-- {
		above := path.Join(e[:i]...)
		tries = append(tries, path.Join(above, "InRelease"), path.Join(above, "Release"))
		if i > 0 && e[i-1] == "dists" && i < len(e)-1 && fromPath == "" {
			fromPath = e[i]
		}
	}
	for _, name := range tries {
		b, err := readSmall(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return release{}, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		rel, err := parseRelease(b)
		if err != nil {
			return release{}, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		if len(rel.names) > 0 { // components have a Release of their own, of which older ones name no suite
			return rel, nil
		}
	}
	if fromPath != "" {
		return release{names: []string{fromPath}}, nil
	}
	return release{}, nil
}

// suite returns the name of the suite if it is one of the system's release that everybody
// gets who has the release, "" if it is not. Ubuntu's updates have the Codename of the
// release, Debian's have one of their own, and its security updates once were a Label.
func (debian) suite(rel release, of System) string {
	is := false
	for _, name := range rel.names {
		switch pocket, ok := strings.CutPrefix(strings.ReplaceAll(name, "/", "-"), of.Codename); {
		case !ok:
		case pocket == "":
			is = true
		case pocket == "-updates", pocket == "-security":
			return of.Codename + pocket
		default:
			return ""
		}
	}
	switch {
	case !is:
		return ""
	case rel.label == "Debian-Security":
		return of.Codename + "-security"
	}
	return of.Codename
}

func parseRelease(b []byte) (release, error) {
	var rel release
	r, err := control.NewParagraphReader(&paragraphs{r: bytes.NewReader(b)}, nil)
	if err != nil {
		return rel, err
	}
	p, err := r.Next()
	if err == io.EOF {
		return rel, nil
	}
	if err != nil {
		return rel, clipError(err)
	}
	for _, name := range []string{p.Values["Codename"], p.Values["Suite"]} {
		if name != "" {
			rel.names = append(rel.names, clip(name))
		}
	}
	rel.label = p.Values["Label"]
	for _, form := range []string{time.RFC1123, "Mon, _2 Jan 2006 15:04:05 MST"} {
		if t, err := time.Parse(form, p.Values["Date"]); err == nil {
			rel.date = t.UTC()
			break
		}
	}
	rel.sums = map[string]string{}
	for line := range strings.Lines(p.Values["SHA256"]) {
		if f := strings.Fields(line); len(f) == 3 {
			rel.sums[f[2]] = f[0]
		}
	}
	return rel, nil
}

// readPackages reads a Packages file.
func readPackages(r io.Reader, x *Index, part int) error {
	pr, err := control.NewParagraphReader(&paragraphs{r: r}, nil)
	if err != nil {
		return clipError(err)
	}
	for n := 1; ; n++ {
		p, err := pr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("paragraph %d: %w", n, clipError(err))
		}
		name, version := p.Values["Package"], p.Values["Version"]
		if name == "" || version == "" {
			return fmt.Errorf("paragraph %d: without Package or Version", n)
		}
		o := offer{version: version, source: name, sourceVersion: version, part: part}
		if s := p.Values["Source"]; s != "" {
			source, rest, ok := strings.Cut(s, "(")
			o.source = strings.TrimSpace(source)
			if ok {
				o.sourceVersion = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), ")"))
			}
		}
		if err := x.add(strings.Clone(name), strings.Clone(p.Values["Architecture"]), o); err != nil {
			return fmt.Errorf("paragraph %d: %w", n, err)
		}
	}
}

// wantedIndex is a Packages file in a Release, of a component and an architecture.
var wantedIndex = regexp.MustCompile(`^([A-Za-z0-9.+-]+/)+binary-([a-z0-9-]+)/Packages\.(xz|gz)$`)

// remote asks a mirror for the release, its updates and its security updates.
func (d debian) remote(ctx context.Context, l *loader, root string) error {
	if l.index.of.Arch == "" {
		return fmt.Errorf("%w: the image's architecture is not known", ErrSystem)
	}
	// Up to Debian 10, the security updates are in dists/CODENAME/updates.
	for _, suite := range []string{"", "-updates", "-security", "/updates"} {
		at := root + "/dists/" + l.index.of.Codename + suite
		rel, err := d.askRelease(ctx, l, at)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		name := d.suite(rel, l.index.of)
		if name == "" {
			return fmt.Errorf("%s: is of %s", at, strings.Join(rel.names, ", "))
		}
		part := l.part(name, rel.date)
		for file, sum := range rel.sums {
			m := wantedIndex.FindStringSubmatch(file)
			if m == nil || m[2] != l.index.of.Arch || strings.Contains(file, "debian-installer/") {
				continue
			}
			if _, ok := rel.sums[strings.TrimSuffix(file, "gz")+"xz"]; ok && m[3] == "gz" {
				continue
			}
			if err := l.fetch(ctx, at+"/"+file, sum, func(r io.Reader) error { return readPackages(r, l.index, part) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (debian) askRelease(ctx context.Context, l *loader, at string) (rel release, err error) {
	for _, name := range []string{"InRelease", "Release"} {
		var b []byte
		err = l.get(ctx, at+"/"+name, func(r io.Reader) error {
			b, err = io.ReadAll(&limited{r: r, left: maxRelease, most: maxRelease, what: "bytes"})
			return err
		})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return rel, err
		}
		if rel, err = parseRelease(b); err != nil {
			return rel, fmt.Errorf("%s/%s: %w", at, name, err)
		}
		return rel, nil
	}
	return rel, err
}

// paragraphs fails where a paragraph is too long: the parser would keep all of it.
type paragraphs struct {
	r    io.Reader
	size int
	last byte
}

func (p *paragraphs) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	for _, c := range b[:n] {
		switch {
		case c == '\r':
			continue
		case c == '\n' && p.last == '\n':
			p.size = 0
		default:
			p.size++
		}
		p.last = c
	}
	if p.size > maxParagraph {
		return 0, fmt.Errorf("a paragraph of more than %d bytes", maxParagraph)
	}
	return n, err
}

// clip bounds text of a file that an error or a name repeats.
func clip(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return s
}

func clipError(err error) error {
	if s := err.Error(); len(s) > 200 {
		return errors.New(clip(s))
	}
	return err
}
