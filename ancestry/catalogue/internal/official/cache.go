package official

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/layers/history"
)

// A cache keeps, between runs, what was read of each repository. It holds hashes, the
// variables that Dockerfiles set, and the text of those that use their parent's; and it
// belongs to one build of the program: what another build wrote is not used.
type cache struct {
	dir     string // "" for none
	program uint64
}

func openCache(dir string) (*cache, error) {
	if dir == "" {
		return &cache{}, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	f, err := os.Open(self)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := xxhash.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	return &cache{dir, h.Sum64()}, nil
}

// kept is what is known of one repository, by its [RepoName].
type kept struct {
	Program uint64
	Files   map[string]string     // "commit:path" to blob
	Results map[string]keptResult // by blob; of OCI layouts by "commit:path"
	Named   map[string]string     // tags and branches to the commits that they led to
	Unread  map[string]bool       // "commit:path" of what could not be read the last time
	fresh   bool                  // something was added
}

type keptResult struct {
	Digest  *build.Digest
	Vars    []string
	Place   bool
	Effects []history.Instruction
	Text    []byte // if it uses what its parent hands on
	Err     string // why it is invalid
}

func (c *cache) file(repo string) string {
	return filepath.Join(c.dir, fmt.Sprintf("%016x.gob", xxhash.Sum64String(repo)))
}

// load returns what is known of a repository. It ignores a file that
// can't be read, or that another build of the program wrote.
func (c *cache) load(repo string) *kept {
	k := &kept{}
	if c.dir != "" {
		if f, err := os.Open(c.file(repo)); err == nil {
			if gob.NewDecoder(f).Decode(k) != nil || k.Program != c.program {
				k = &kept{}
			}
			_ = f.Close()
		}
	}
	k.Program = c.program
	if k.Files == nil {
		k.Files = map[string]string{}
	}
	if k.Results == nil {
		k.Results = map[string]keptResult{}
	}
	if k.Named == nil {
		k.Named = map[string]string{}
	}
	if k.Unread == nil {
		k.Unread = map[string]bool{}
	}
	return k
}

// save writes what is known, whole or not at all.
func (c *cache) save(repo string, k *kept) error {
	if c.dir == "" || !k.fresh {
		return nil
	}
	f, err := os.CreateTemp(c.dir, "new-*")
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	err = errors.Join(gob.NewEncoder(f).Encode(k), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.file(repo))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("cache: %w", err)
	}
	return nil
}

func (k *kept) get(file string) (result, bool) { return k.byBlob(k.Files[file]) }

func (k *kept) byBlob(blob string) (result, bool) {
	r, ok := k.Results[blob]
	if !ok {
		return result{}, false
	}
	res := result{digest: r.Digest, needs: needs{r.Vars, r.Place}, effects: r.Effects, text: r.Text}
	if r.Err != "" {
		res.err = fmt.Errorf("%w: %s", errInvalid, r.Err)
	}
	return res, true
}

// put keeps a result: of a Dockerfile, or why it is none. What is missing may be
// there the next time, and is not kept.
func (k *kept) put(file, blob string, r result) {
	if r.err != nil && !errors.Is(r.err, errInvalid) {
		return
	}
	k.fresh = true
	k.Files[file] = blob
	if _, ok := k.Results[blob]; ok {
		return
	}
	out := keptResult{Digest: r.digest, Vars: r.needs.vars, Place: r.needs.place, Effects: r.effects, Text: r.text}
	if r.err != nil {
		out.Err = strings.TrimPrefix(r.err.Error(), errInvalid.Error()+": ")
	}
	k.Results[blob] = out
}
