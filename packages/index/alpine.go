package index

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// alpine is the form of Alpine's archive (https://wiki.alpinelinux.org/wiki/Apk_spec). The
// readers of APKINDEX that others keep cost dozens of modules, for lines of a letter, a colon
// and a value.
type alpine struct{}

// apkIndex is the name of an index, as a mirror has it, or as apk keeps it.
var apkIndex = regexp.MustCompile(`^APKINDEX(\.[0-9a-f]+)?\.tar\.gz$`)

func (alpine) isIndex(p string) bool { return apkIndex.MatchString(path.Base(p)) }

var (
	alpineVersion = regexp.MustCompile(`^v?(\d+\.\d+)(\.\d+)?(-|$)`)
	alpineAlpha   = regexp.MustCompile(`^\d+\.\d+(\.\d+)?_alpha`)
	alpineName    = regexp.MustCompile(`^(v\d+\.\d+|edge)$`)
)

// alpineBranch returns the branch of a version, "v3.19" or "edge"; "" if it is none.
func alpineBranch(version string) string {
	if m := alpineVersion.FindStringSubmatch(version); m != nil {
		return "v" + m[1]
	}
	if alpineAlpha.MatchString(version) {
		return "edge"
	}
	return ""
}

// local reads one APKINDEX.tar.gz, if its path or its description is of the release.
func (a alpine) local(l *loader, root fs.FS, p string) error {
	f, err := root.Open(p)
	if err != nil {
		return err
	}
	defer f.Close()
	branch, repository := "", ""
	for e := elements(p); len(e) > 0; e = e[:len(e)-1] {
		if name := e[len(e)-1]; alpineName.MatchString(name) {
			branch = name
			break
		} else if name == "main" || name == "community" || name == "testing" {
			repository = name
		}
	}
	return l.unpacked(f, func(r io.Reader) error { return a.read(r, l, branch, repository) })
}

// read reads the archive: a signature, DESCRIPTION, APKINDEX. branch is "" if only the
// description says it.
func (alpine) read(r io.Reader, l *loader, branch, repository string) error {
	t := tar.NewReader(r)
	described := ""
	for {
		h, err := t.Next()
		if err == io.EOF {
			return errors.New("no APKINDEX in it")
		}
		if err != nil {
			return err
		}
		switch h.Name {
		case "DESCRIPTION":
			b, err := io.ReadAll(&limited{r: t, left: maxRelease, most: maxRelease, what: "bytes"})
			if err != nil {
				return fmt.Errorf("DESCRIPTION: %w", err)
			}
			described = alpineBranch(string(bytes.TrimSpace(b)))
		case "APKINDEX":
			if branch == "" {
				branch = described
			}
			if branch == "" {
				return errors.New("of which release it is, is not known: neither its path nor its description says it")
			}
			if branch != alpineBranch(l.index.of.VersionID) {
				l.other(branch)
				return nil
			}
			part := l.part(strings.TrimSuffix(branch+"/"+repository, "/"), time.Time{})
			newest, err := readAPKINDEX(t, l.index, part)
			if err != nil {
				return fmt.Errorf("APKINDEX: %w", err)
			}
			// It does not say when it was made: that was when its newest package had been
			// built, or some hours later.
			if l.index.parts[part].date.Before(newest) {
				l.index.parts[part].date = newest
			}
			return nil
		}
	}
}

// readAPKINDEX reads the packages, and returns the day on which the newest was built.
func readAPKINDEX(r io.Reader, x *Index, part int) (newest time.Time, err error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxParagraph)
	fields := map[byte]string{}
	end := func(line int) error {
		defer clear(fields)
		if len(fields) == 0 {
			return nil
		}
		name, version := fields['P'], fields['V']
		if name == "" || version == "" {
			return fmt.Errorf("line %d: a package without P or V", line)
		}
		o := offer{version: version, source: fields['o'], sourceVersion: version, part: part}
		if o.source == "" {
			o.source = name
		}
		if n, err := strconv.ParseInt(fields['t'], 10, 64); err == nil && n > 0 && n < 1<<40 {
			o.built = n
			if t := time.Unix(n, 0).UTC(); t.After(newest) {
				newest = t
			}
		}
		if err := x.add(name, fields['A'], o); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		return nil
	}
	line := 1
	for ; in.Scan(); line++ {
		b := in.Bytes()
		switch {
		case len(b) == 0:
			if err := end(line); err != nil {
				return newest, err
			}
		case len(b) < 2 || b[1] != ':':
			return newest, fmt.Errorf("line %d: not a letter, a colon and a value", line)
		case strings.IndexByte("PVAot", b[0]) >= 0:
			fields[b[0]] = string(b[2:])
		}
	}
	if err := in.Err(); err != nil {
		return newest, fmt.Errorf("line %d: %w", line, err)
	}
	return newest, end(line)
}

// remote asks a mirror for the repositories of the branch.
func (a alpine) remote(ctx context.Context, l *loader, root string) error {
	if l.index.of.Arch == "" {
		return fmt.Errorf("%w: the image's architecture is not known", ErrSystem)
	}
	branch := alpineBranch(l.index.of.VersionID)
	for _, repository := range []string{"main", "community"} {
		at := root + "/" + branch + "/" + repository + "/" + l.index.of.Arch + "/APKINDEX.tar.gz"
		err := l.fetch(ctx, at, "", func(r io.Reader) error { return a.read(r, l, branch, repository) })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
