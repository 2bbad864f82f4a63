// Package lineage reads configurations of real images with the chain that each
// really has, which may lie beside a checkout, in ../shared/lineage of the module, and
// says how right an answer is. It is for tests.
package lineage

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// Folder holds the files, seen from the module's root.
const Folder = "../shared/lineage"

// A Case is an image with its true chain. It is an ancestry.ConfigFiler.
type Case struct {
	Name   string        `json:"name"`
	Config v1.ConfigFile `json:"config"`
	// RootFiles are small files of the root layer, by path.
	RootFiles map[string]string `json:"rootFiles"`
	// Chain lists, youngest first, where images end whose names are known. Nil where
	// Names are given.
	Chain []End `json:"chain"`
	// Names is the whole chain, youngest first: for each image the names that would be
	// right, "?" for one that has no public name.
	Names [][]string `json:"names"`
}

// An End is where an image's history ends, and what that image was called.
type End struct {
	Names []string `json:"names"`
	End   int      `json:"end"` // number of history entries
}

// ConfigFile returns the configuration.
func (c *Case) ConfigFile() (*v1.ConfigFile, error) { return &c.Config, nil }

// All returns the cases of a file ("official", "others"). It skips the test, naming
// the folder, where that is not there; with STEMMA_SHARED set, it fails.
func All(t testing.TB, file string) []*Case {
	t.Helper()
	f, err := os.Open(filepath.Join(moduleRoot(t), Folder, file+".jsonl.zst"))
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("STEMMA_SHARED") == "" {
		t.Skipf("%s is not beside this checkout: its chains of known truth are not tried", Folder)
	}
	require.NoError(t, err, "STEMMA_SHARED promises %s", Folder)
	defer f.Close()
	dec, err := zstd.NewReader(f, zstd.WithDecoderMaxWindow(1<<27))
	require.NoError(t, err)
	defer dec.Close()
	var out []*Case
	for lines := json.NewDecoder(dec); ; {
		c := &Case{}
		if err := lines.Decode(c); errors.Is(err, io.EOF) {
			return out
		} else {
			require.NoError(t, err)
		}
		// The configurations have stand-ins for diffIDs. What is the same for images that
		// are not is no evidence.
		for i := range c.Config.RootFS.DiffIDs {
			c.Config.RootFS.DiffIDs[i] = v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}
		}
		out = append(out, c)
	}
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		require.NotEqual(t, dir, up, "no go.mod above the test")
		dir = up
	}
}

// Hints are what the root layer tells, for the image's resolution.
func (c *Case) Hints() ancestry.Hints {
	files := ancestry.Files{}
	for path, text := range c.RootFiles {
		if name, ok := ancestry.HintPath(path); ok {
			files[name] = []byte(text)
		}
	}
	if len(files) == 0 {
		return ancestry.Hints{}
	}
	return ancestry.Hints{Files: map[int]ancestry.Files{0: files}}
}

// A Verdict says how right an answer is.
type Verdict string

// The verdicts, best first.
const (
	Right     Verdict = "right"      // every known image is there and rightly named, or an honest tie
	Partly    Verdict = "partly"     // nothing is wrong, something is missing
	Unknown   Verdict = "unknown"    // no ancestor is named
	WrongTag  Verdict = "wrong tag"  // the tag that is shown, told without ties, is not one that the build had
	WrongName Verdict = "wrong name" // a repository that the build did not have, or no tag and no tie that is right
	Boundary  Verdict = "boundary"   // more ancestors than there are
)

// Verdicts are all of them, best first.
func Verdicts() []Verdict { return []Verdict{Right, Partly, Unknown, WrongTag, WrongName, Boundary} }

// told is what was said of one ancestor.
type told struct {
	repo, first string
	names, ties map[string]bool
	end         int
}

func (t told) named() bool { return t.repo != "" || len(t.ties) > 0 }

func tell(l *ancestry.Lineage) []told {
	var out []told
	for _, a := range l.Ancestors {
		x := told{repo: a.Repository, names: map[string]bool{}, ties: map[string]bool{}, end: a.Steps.To}
		for i, tag := range a.Tags {
			name := a.Repository + ":" + tag
			if i == 0 {
				x.first = name
			}
			x.names[name] = true
		}
		for _, tie := range a.Ties {
			for _, tag := range tie.Tags {
				x.ties[tie.Repository+":"+tag] = true
			}
			if len(tie.Tags) == 0 {
				x.ties[tie.Repository] = true
			}
		}
		out = append(out, x)
	}
	return out
}

// Judge compares a lineage with the truth, and says what is wrong or missing.
func (c *Case) Judge(l *ancestry.Lineage) (Verdict, string) {
	got := tell(l)
	if c.Chain != nil {
		return c.judgeEnds(got)
	}
	known, used, at := 0, 0, 0
	for _, w := range c.Names {
		if !slices.Contains(w, "?") {
			known++
		}
	}
	var wrong, tag string
	for _, a := range got {
		if !a.named() {
			continue
		}
		found := false
		for i := at; i < len(c.Names) && !found; i++ {
			if ok, shown := a.fits(c.Names[i]); ok {
				found = true
				used++
				if !shown {
					tag = a.first + " for " + c.Names[i][0]
				}
			}
		}
		if !found {
			wrong = a.first + " (" + a.repo + ")"
		}
	}
	return verdict(wrong, tag, len(got)-len(c.Names), used, known, got)
}

func (c *Case) judgeEnds(got []told) (Verdict, string) {
	ends := map[int][]string{}
	for _, e := range c.Chain {
		ends[e.End] = e.Names
	}
	used := 0
	var wrong, tag string
	for _, a := range got {
		truth, ok := ends[a.end]
		if !a.named() || !ok {
			continue
		}
		fits, shown := a.fits(truth)
		switch {
		case !fits:
			wrong = a.first + " (" + a.repo + ") for " + truth[0]
		case !shown:
			tag = a.first + " for " + strings.Join(truth[:min(4, len(truth))], " ")
		}
		if fits {
			used++
		}
	}
	return verdict(wrong, tag, 0, used, len(ends), got)
}

func verdict(wrong, tag string, extra, used, known int, got []told) (Verdict, string) {
	var chain []string
	for _, a := range got {
		switch {
		case a.first != "":
			chain = append(chain, a.first)
		case a.named():
			chain = append(chain, a.repo+"?"+strings.Join(slices.Sorted(maps.Keys(a.ties)), ","))
		default:
			chain = append(chain, "?")
		}
	}
	says := strings.Join(chain, " < ")
	switch {
	case wrong != "":
		return WrongName, wrong
	case tag != "":
		return WrongTag, tag
	case extra > 0:
		return Boundary, says
	case used == 0 && known > 0:
		return Unknown, says
	case used < known || extra < 0:
		return Partly, says
	}
	return Right, says
}

func repository(name string) string {
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		return name[:i]
	}
	return name
}

// fits reports whether the ancestor is one of names, and whether what is shown is right.
func (t told) fits(names []string) (ok, shown bool) {
	untagged, repos, tied := map[string]bool{}, map[string]bool{}, false
	has := false
	for _, n := range names {
		repos[repository(n)] = true
		if repository(n) == n {
			untagged[n] = true
		}
		has = has || t.names[n] || t.ties[n]
		tied = tied || t.ties[n]
	}
	byRepo := untagged[t.repo] || repos[t.repo] && len(t.names)+len(t.ties) == 0
	for tie := range t.ties {
		byRepo = byRepo || untagged[repository(tie)]
	}
	ok = has || byRepo
	shown = t.first == "" || slices.Contains(names, t.first) || untagged[t.repo] || tied || extends(t.first, names)
	return ok, shown
}

var (
	day      = regexp.MustCompile(`-20\d{6}`)
	dayLevel = regexp.MustCompile(`-20\d{6}(\.\d)?`)
)

// extends reports whether tag is a name with a day or a patch level added, where the
// truth lists none of that kind.
func extends(tag string, names []string) bool {
	for _, n := range names {
		if strings.Split(n, ":")[0] == strings.Split(tag, ":")[0] && day.MatchString(n) {
			return false
		}
	}
	plain := dayLevel.ReplaceAllString(tag, "")
	for _, n := range names {
		if plain == n || strings.HasPrefix(plain, n+".") || strings.HasPrefix(plain, n+"-r") {
			return true
		}
	}
	return false
}
