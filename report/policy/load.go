package policy

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/report"
)

// The limits of what a policy may extend. Each file is below 1 MiB.
const (
	maxFiles = 32 // that are extended, one that is extended twice counting twice
	maxFile  = 1 << 20
)

// Load reads a policy and those that it extends, and lays them over each other. name is a
// slash-separated path in fsys, and no policy outside of fsys is read: os.DirFS follows
// symbolic links out of its directory, the FS of an os.Root does not. The rules that a policy
// names must be among rules. Errors name the file and the line.
func Load(fsys fs.FS, name string, rules []report.Rule) (*Policy, error) {
	l := &loader{fsys: fsys, rules: rules}
	p := &Policy{}
	name = path.Clean(name)
	if err := l.load(p, name, []string{name}); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return p, nil
}

type loader struct {
	fsys  fs.FS
	rules []report.Rule
	files int
}

// load lays over p what name extends, and then name itself. way is how it came there: the
// files that extend each other, the first one first, and name last.
func (l *loader) load(p *Policy, name string, way []string) error {
	b, err := readFile(l.fsys, name)
	if err != nil {
		return err
	}
	own := &Policy{} // by itself, since what it extends comes first
	if err := own.lay(b, l.rules); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, other := range own.Extends {
		target, err := l.find(other, way)
		if err != nil {
			return fmt.Errorf("%s: %sextends: %w", name, lineOf(b, other), err)
		}
		if err := l.load(p, target, append(slices.Clip(way), target)); err != nil {
			return err
		}
	}
	if err := p.lay(b, l.rules); err != nil {
		return err
	}
	if c := own.AllowedBases.Catalogue; c != "" {
		target := path.Join(path.Dir(name), c)
		if path.IsAbs(c) || !fs.ValidPath(target) {
			return fmt.Errorf("%s: %sallowedBases: catalogue: %q leads out of the directory that policies may be in", name, lineOf(b, c), c)
		}
		p.AllowedBases.Catalogue = target
	}
	return nil
}

// find returns where a path leads that the last file of way extends.
func (l *loader) find(to string, way []string) (string, error) {
	target := path.Join(path.Dir(way[len(way)-1]), to)
	switch {
	case to == "" || path.IsAbs(to) || strings.Contains(to, "://"):
		return "", fmt.Errorf("%q is no path relative to the policy", to)
	case !fs.ValidPath(target):
		return "", fmt.Errorf("%q leads out of the directory that policies may be in", to)
	case slices.Contains(way, target):
		return "", fmt.Errorf("the policy extends itself: %s", strings.Join(append(way, target), " → "))
	}
	if l.files++; l.files > maxFiles {
		return "", fmt.Errorf("more than %d files, by way of %s", maxFiles, strings.Join(way, " → "))
	}
	if info, err := fs.Stat(l.fsys, target); err != nil {
		return "", err
	} else if info.IsDir() {
		return "", fmt.Errorf("%s is a directory", target)
	}
	return target, nil
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(b) > maxFile:
		return nil, fmt.Errorf("%s: more than %d bytes", name, maxFile)
	}
	return b, nil
}
