package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// day is the day on which everything in the tests happens.
var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sha returns a hash that a text stands for.
func sha(text string) v1.Hash {
	sum := sha256.Sum256([]byte(text))
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

// facts returns an image of steps "debian:2 scm:1 app:3": so many steps that each made a
// layer, by ancestor, the root first. Those of an ancestor in parentheses are the image's, but
// it does not tell that they are an ancestor's: they belong to the next.
func facts(chain string) *Facts {
	f := &Facts{}
	begin := 0
	for _, word := range strings.Fields(chain) {
		name, n, _ := strings.Cut(strings.Trim(word, "()"), ":")
		var count int
		fmt.Sscan(n, &count)
		for i := range count {
			step := fmt.Sprint(name, " step ", i)
			f.Steps = append(f.Steps, Step{Created: day.Add(time.Duration(len(f.Steps)) * time.Minute), CreatedBy: step, Layer: len(f.Layers)})
			f.Layers = append(f.Layers, Layer{DiffID: sha(step), Digest: sha("blob of " + step), Size: 10, Content: 100, Shadowed: 7})
		}
		if strings.HasPrefix(word, "(") {
			continue
		}
		span := ancestry.Span{From: begin, To: len(f.Steps)}
		begin = len(f.Steps)
		f.Chain = append([]Ancestor{{Steps: span, Layers: span, Packages: []Package{}}}, f.Chain...)
	}
	return f
}

// pack gives the ancestors of f packages: "curl 1, bash 5", the root's first.
func (f *Facts) pack(lists ...string) *Facts {
	for i, list := range lists {
		a := &f.Chain[len(f.Chain)-1-i]
		for word := range strings.SplitSeq(list, ", ") {
			if name, version, ok := strings.Cut(word, " "); ok {
				a.Packages = append(a.Packages, Package{Type: "deb", Name: name, Version: version, Arch: "amd64", PURL: "pkg:deb/debian/" + name + "@" + version, Bytes: 1000})
			}
		}
	}
	return f
}

// called names an ancestor of f, 0 being the root.
func (f *Facts) called(i int, c ancestry.Confidence, names ...string) *Facts {
	a := &f.Chain[len(f.Chain)-1-i]
	for k, n := range names {
		repository, tag, _ := strings.Cut(n, ":")
		a.Names = append(a.Names, Name{Repository: repository, Tag: tag, Confidence: c, Evidence: "it says so", Alternative: k > 0})
	}
	return f
}

// found adds a finding at a step.
func (f *Facts) found(rule string, step int) *Facts {
	i := 0
	for f.Chain[i].Steps.From > step {
		i++
	}
	f.Findings = append(f.Findings, Finding{Rule: rule, Severity: report.Warning, Subject: "something", Message: "is there", Remedy: "remove it", By: report.OtherBase, Bytes: 5, Ancestor: i, Step: step})
	return f
}

// save saves an image under a reference, if it has one: "registry/app:1".
func save(t testing.TB, s *Store, ref string, f *Facts) v1.Hash {
	t.Helper()
	img := Image{Digest: sha("manifest of " + ref), Config: sha("config"), Platform: "linux/amd64", Read: day, Version: "test"}
	write(t, s, func(ctx context.Context, tx *sql.Tx) error {
		if repository, tag, ok := strings.Cut(ref, ":"); ok {
			if _, err := s.See(ctx, tx, Ref{Repository: repository, Tag: tag}, img.Digest, day); err != nil {
				return err
			}
		}
		return s.SaveFacts(ctx, tx, img, f)
	})
	return img.Digest
}

func write(t testing.TB, s *Store, f func(ctx context.Context, tx *sql.Tx) error) {
	t.Helper()
	require.NoError(t, s.Write(t.Context(), func(tx *sql.Tx) error { return f(t.Context(), tx) }))
}

// tree returns the forest, with leaves, each line as "name layers images itself", deeper ones
// further right.
func tree(t testing.TB, s *Store) string {
	t.Helper()
	nodes, err := s.Forest(t.Context(), true)
	require.NoError(t, err)
	var b strings.Builder
	var draw func(parent int64, depth int)
	draw = func(parent int64, depth int) {
		for _, n := range nodes {
			if n.Parent == parent {
				fmt.Fprintf(&b, "%s%s layers=%d images=%d itself=%d\n", strings.Repeat("  ", depth), n.Name, n.Layers, n.Images, n.Itself)
				draw(n.ID, depth+1)
			}
		}
	}
	draw(0, 0)
	return b.String()
}

// blast returns how many images have each package: "bash 5: 3".
func blast(t testing.TB, s *Store) string {
	t.Helper()
	var b strings.Builder
	for row, err := range s.Query(t.Context(), "blast_packages", 0) {
		require.NoError(t, err)
		fmt.Fprintf(&b, "%s %s: %d\n", row[1], row[2], row[5])
	}
	return b.String()
}

// chainID returns the chain ID of layers.
func chainID(layers []Layer) v1.Hash {
	f := &Facts{Layers: layers}
	for i := range layers {
		f.Steps = append(f.Steps, Step{Layer: i})
	}
	s, err := newSpine(Image{}, f)
	if err != nil {
		panic(err)
	}
	h, err := v1.NewHash(s.chains[len(layers)])
	if err != nil {
		panic(err)
	}
	return h
}
