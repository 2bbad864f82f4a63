package rules

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/lines"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestBaseNames(t *testing.T) {
	moving, latest := MovingBase(), Latest()
	for name, tt := range map[string]struct {
		from, reference string
		moving, newest  string // parts of the messages
	}{
		"a tag":               {"docker.io/library/debian:trixie", "", "stands on debian:trixie by its tag alone, which can go on to another image (annotation base.name)", ""},
		"a digest":            {"debian:trixie@" + digest, "", "", ""},
		"a digest alone":      {"debian@" + digest, "", "", ""},
		"latest":              {"debian:latest", "", "", "stands on debian by the tag latest"},
		"no tag":              {"ghcr.io/acme/base", "", "", "stands on ghcr.io/acme/base by no tag"},
		"of this machine":     {"localhost/base:3", "", "", ""},
		"nobody says":         {"", "", "", ""},
		"an ID":               {"sha256:" + digest[7:], "", "", ""},
		"asked for as latest": {"debian:trixie@" + digest, "nginx:latest", "", "is asked for as nginx:latest"},
		"by its digest":       {"debian:trixie@" + digest, "nginx:latest@" + digest, "", ""},
		"by a version":        {"debian:trixie@" + digest, "nginx:1.29", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			im := onBase(fileList{file("a", 1)}, fileList{file("b", 1)})
			im.Ancestors[0].Evidence = from(tt.from)
			im.Options.Reference = tt.reference
			var movings, latests []want
			if tt.moving != "" {
				movings = []want{{0, 1, 1, report.Note, "debian:trixie", tt.moving, "add the digest in FROM, debian:trixie@sha256:…", 0}}
			}
			if tt.newest != "" {
				latests = []want{{0, 1, 1, report.Warning, "", tt.newest, "", 0}}
				if tt.reference != "" {
					latests[0].severity = report.Note
				}
			}
			r := im.Report(t)
			check(t, moving, r, movings...)
			check(t, latest, r, latests...)
			// How the base names its own base is its publisher's business.
			im.Ancestors = append([]handmade.Ancestor{{}}, im.Ancestors...)
			im.Ancestors[0].Evidence, im.Ancestors[1].Evidence = from("debian:latest"), nil
			im.Options.Reference = ""
			r = im.Report(t)
			check(t, moving, r)
			check(t, latest, r)
		})
	}
}

// A known Dockerfile names the base only where the base is known by that name: the same
// steps stand in the Dockerfiles of other suites, on another base.
func TestBaseNameOfAKnownDockerfile(t *testing.T) {
	for name, found := range map[string]int{"base:1": 1, "base:2": 0, "other:1": 0, "base:1@" + digest: 0} {
		im := onBase(fileList{file("a", 1)}, fileList{file("b", 1)})
		im.Ancestors[0].Evidence = from(name)
		im.Ancestors[0].Evidence[0].Kind = ancestry.KindRecipe
		r := im.Report(t)
		assert.Len(t, report.RunRules(r, []report.Rule{MovingBase()}), found, name)
		_, _, known := baseFinding(r)
		assert.Equal(t, name != "base:2" && name != "other:1", known, name)
	}
}

// A known is a source that knows what the first of two steps is.
type known ancestry.Name

func (k known) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) {
	return []ancestry.Claim{{Start: 0, End: 1, Name: ancestry.Name(k), Evidence: ancestry.Evidence{Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised, Says: "known"}}}, nil
}

// The Dockerfile that is given for the image names its base, if the base is known by that name.
func TestBaseNameOfAGivenDockerfile(t *testing.T) {
	im := handmade.Image{Steps: []handmade.Step{
		{CreatedBy: "ADD rootfs.tar / # buildkit", Files: fileList{file("a", 1)}},
		{CreatedBy: "RUN /bin/sh -c make # buildkit", Files: fileList{file("b", 1)}},
	}}
	for from, found := range map[string]bool{
		"FROM base:1": true, "ARG V=1\nFROM docker.io/library/base:$V AS own": true, "FROM base:1 AS a\nFROM a": true,
		"FROM base:2": false, "FROM other:1": false, "FROM base:1@" + digest: false, "FROM base": false, "FROM scratch": false, "FROM ${NONE}": false,
	} {
		for name, named := range map[string]bool{"base": true, "": false} {
			l, err := ancestry.Resolve(t.Context(), im.Build(t), &ancestry.Options{Catalogues: []ancestry.Source{
				known{Repository: name, Tags: []string{"1"}}, lines.Source("app/Dockerfile", []byte(from+"\nRUN make\n"), nil)}})
			require.NoError(t, err)
			require.Len(t, l.Ancestors, 2, from)
			assert.Equal(t, named, l.Ancestors[1].Repository == "base", "the Dockerfile names nothing")
			r := report.New(nil, l, nil, &report.Options{Rules: []report.Rule{MovingBase()}})
			assert.Empty(t, r.Problems, from)
			if !found || !named {
				assert.Empty(t, r.Findings, from)
				continue
			}
			if assert.Len(t, r.Findings, 1, from) {
				assert.Regexp(t, `^stands on base:1 by its tag alone, .* \(app/Dockerfile: line \d\)$`, r.Findings[0].Message)
			}
		}
	}
}

// The digest in the Dockerfile counts, though an annotation leaves it out.
func TestBaseNameWithADigest(t *testing.T) {
	im := onBase(fileList{file("a", 1)}, fileList{file("b", 1)})
	im.Ancestors[0].Evidence = append(from("debian:trixie"), from("debian:trixie@"+digest)...)
	check(t, MovingBase(), im.Report(t))
	im.Ancestors[0].Evidence = append(from("debian:trixie"), from("other:1@"+digest)...)
	assert.Len(t, MovingBase().Run(im.Report(t)), 1)
}
