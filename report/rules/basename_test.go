package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
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
