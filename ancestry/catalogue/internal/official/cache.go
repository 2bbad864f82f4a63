package official

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/cache"
	"github.com/stemma-go/stemma/layers/history"
)

// kept is what a cache has of one repository, by its [RepoName]: hashes, the variables that
// Dockerfiles set, and the text of those that use their parent's.
type kept struct {
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

// load returns what is known of a repository.
func load(c *cache.Cache, repo string) *kept {
	k := &kept{}
	if !c.Load(repo, k) {
		k = &kept{}
	}
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

// save keeps what is known, if that is more than before.
func (k *kept) save(c *cache.Cache, repo string) error {
	if !k.fresh {
		return nil
	}
	return c.Save(repo, k)
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
