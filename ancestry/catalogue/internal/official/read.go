package official

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// Why an origin could not be read.
var (
	ErrNoClone  = errors.New("no clone of the repository")
	errNoCommit = errors.New("commit in no clone")
	errNoFile   = errors.New("no such file at the commit")
	errInvalid  = errors.New("not readable as a Dockerfile")
)

// A reader reads origins of one repository from one clone. Most Dockerfiles are the same at many commits,
// so each blob is parsed once.
type reader struct {
	objects *git.Objects
	kept    *kept
}

// A result is what became of one Dockerfile.
type result struct {
	digest *build.Digest
	needs  needs
	// effects are the instructions that its children inherit.
	effects []history.Instruction
	// text is the Dockerfile, if it uses what its parent hands on.
	text []byte
	err  error
}

// needs says what a Dockerfile takes over from its parent.
type needs struct {
	vars  []string // without PATH: every parent has one
	place bool
}

// read reads an origin at the commit that was found for it.
func (r *reader) read(o Origin, commit string) result {
	file := commit + ":" + path.Join(o.Directory, o.File)
	if known, ok := r.kept.get(file); ok {
		return known
	}
	if o.Builder == "oci-import" || o.File == "index.json" {
		d, err := readLayout(r.objects, commit, o.Directory)
		res := result{digest: d, err: err}
		r.kept.put(file, file, res)
		return res
	}
	hash, text, err := r.blob(o, commit)
	if err != nil {
		return result{err: err}
	}
	res, ok := r.kept.byBlob(hash)
	if !ok {
		res = parse(text, nil)
	}
	r.kept.put(file, hash, res)
	return res
}

// blob returns an origin's Dockerfile and its hash.
func (r *reader) blob(o Origin, commit string) (hash string, text []byte, err error) {
	hash, text, err = r.objects.Blob(commit + ":" + path.Join(o.Directory, o.File))
	if errors.Is(err, git.ErrMissing) {
		err = errNoFile
	}
	return hash, text, err
}

// parse evaluates a Dockerfile on a parent that hands on nothing but a PATH: inherit
// evaluates those again whose parent hands on what they use.
func parse(text []byte, opts *dockerfile.Options) result {
	if opts == nil {
		opts = &dockerfile.Options{Parent: recipe.Context{Env: map[string]string{"PATH": recipe.DefaultPath}}}
	}
	f, err := dockerfile.Parse(bytes.NewReader(text))
	if err != nil {
		return result{err: fmt.Errorf("%w: %w", errInvalid, err)}
	}
	x, err := f.Recipe(opts)
	if err != nil {
		return result{err: fmt.Errorf("%w: %w", errInvalid, err)}
	}
	x.From = strings.TrimPrefix(strings.TrimPrefix(x.From, "docker.io/"), "library/")
	res := result{digest: build.DigestRecipe(x)}
	res.needs.vars = slices.DeleteFunc(slices.Clone(x.Inherits), func(v string) bool { return v == "PATH" })
	for _, in := range x.Instructions {
		switch in.Keyword {
		case "ENV", "WORKDIR", "SHELL":
			res.effects = append(res.effects, history.Instruction{Keyword: in.Keyword, Args: in.Expanded})
		}
		res.needs.place = res.needs.place || in.Keyword == "WORKDIR" && !path.IsAbs(in.Written)
	}
	if len(res.needs.vars) > 0 || res.needs.place {
		res.text = text
	}
	return res
}
