package publishers

import (
	"bytes"
	"strings"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
	"github.com/stemma-go/stemma/layers/history"
)

// A made is an evaluated Dockerfile.
type made struct {
	digest *build.Digest
	// layers are how many layers it puts on its base; -1 if that depends on the builder.
	layers int
	values map[string]string // of ENV, ARG and LABEL, and FROM_TAG
}

// evaluate reads a Dockerfile.
func evaluate(text []byte, opts dockerfile.Options) (made, error) {
	f, err := dockerfile.Parse(bytes.NewReader(text))
	if err != nil {
		return made{}, err
	}
	r, err := f.Recipe(&opts)
	if err != nil {
		return made{}, err
	}
	r.From = plainName(r.From)
	m := made{digest: build.DigestRecipe(r), values: values(r)}
	for _, in := range r.Instructions {
		switch in.Keyword {
		case "RUN", "COPY", "ADD":
			if m.layers >= 0 {
				m.layers++
			}
		case "WORKDIR": // a layer of BuildKit's, and only where it makes a directory of others
			m.layers = -1
		}
	}
	return m, nil
}

// values returns the values of variables that a recipe states.
func values(r recipe.Recipe) map[string]string {
	out := map[string]string{}
	for _, in := range r.Instructions {
		switch in.Keyword {
		case "ENV", "LABEL":
			h := history.Instruction{Keyword: in.Keyword, Args: in.Expanded}
			for _, pair := range append(h.Env(), h.Labels()...) {
				if k, v, ok := strings.Cut(pair, "="); ok {
					out[k] = v
				}
			}
		case "ARG":
			for pair := range strings.FieldsSeq(in.Written) {
				if k, v, ok := strings.Cut(pair, "="); ok {
					out[k] = strings.Trim(v, `"'`)
				}
			}
		}
	}
	if n, ok := ancestry.ParseName(r.From); ok && len(n.Tags) > 0 {
		out["FROM_TAG"] = n.Tags[0]
	}
	return out
}

// mirrors are prefixes of official images under other names: by architecture, and
// publishers' own copies of them. Canonical's at Azure has Docker Hub's layers.
var mirrors = [...]string{
	"docker.io/", "library/", "amd64/", "arm64v8/", "arm32v7/", "arm32v6/", "arm32v5/", "i386/", "ppc64le/", "s390x/", "riscv64/",
	"ubuntu.azurecr.io/", "mcr.microsoft.com/mirror/docker/library/", "public.ecr.aws/docker/library/",
}

// plainName returns a base image's name without what says from where it is fetched.
func plainName(from string) string {
	for _, m := range mirrors {
		if rest, ok := strings.CutPrefix(from, m); ok && !strings.Contains(rest, "/") || m == "docker.io/" && ok {
			from = rest
		}
	}
	return from
}
