package artifact_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/testdata/lineage"
)

// The genealogy that was published, with all publishers, fetched and kept gives the answers of
// the embedded one.
func TestSameAnswers(t *testing.T) {
	file, err := os.ReadFile("../../genealogy/genealogy.stemma")
	require.NoError(t, err)
	names, err := filepath.Glob("../../genealogy/publishers/*.stemma")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	var parts []artifact.Part
	for _, name := range names {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		parts = append(parts, artifact.Part{Name: strings.TrimSuffix(filepath.Base(name), ".stemma"), File: b})
	}
	s, dir := newServer(t), t.TempDir()
	_, err = artifact.PushAll(t.Context(), s.ref(), file, parts, nil)
	require.NoError(t, err)
	_, err = artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	o := once(dir)
	o.Offline = true
	f, err := artifact.Fetch(t.Context(), s.ref(), o)
	require.NoError(t, err)
	embedded, err := genealogy.Open()
	require.NoError(t, err)
	fetched := map[string]*catalogue.Catalogue{}
	for _, p := range f.Parts {
		fetched[p.Name] = p.Catalogue
	}
	all, err := genealogy.With(f.Catalogue, fetched)
	require.NoError(t, err)
	assert.Equal(t, embedded.Source(), all.Source())
	assert.Equal(t, embedded.Repositories(), f.All().Repositories())
	named := 0
	for _, set := range []string{"official", "others"} {
		cases := lineage.All(t, set)
		for i := 0; i < len(cases); i += 1 + len(cases)/60 {
			resolve := func(g ancestry.Source) *ancestry.Lineage {
				l, err := ancestry.Resolve(t.Context(), cases[i], &ancestry.Options{Hints: cases[i].Hints(), Catalogues: []ancestry.Source{g}})
				require.NoError(t, err)
				return l
			}
			want := resolve(embedded)
			assert.Equal(t, want, resolve(all), cases[i].Name)
			assert.Equal(t, want, resolve(f.All()), cases[i].Name)
			for _, a := range want.Ancestors {
				if a.Standing != nil {
					named++
				}
			}
		}
	}
	assert.Greater(t, named, 50)
}

// A process that fetches, for the test below.
func TestProcess(t *testing.T) {
	ref := os.Getenv("STEMMA_TEST_FETCH")
	if ref == "" {
		t.Skip("it is run by TestProcessesAtOnce")
	}
	f, err := artifact.Fetch(t.Context(), ref, once(os.Getenv("STEMMA_TEST_DIR")))
	require.NoError(t, err)
	require.NoError(t, f.NotKept)
	require.NoError(t, f.NotUpdated)
}

// Of several processes that begin at the same time one asks for the file, and all have it.
func TestProcessesAtOnce(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	s.push(t, "2026-08-01")
	s.set(nil)
	var all []*exec.Cmd
	for range 4 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestProcess$")
		cmd.Env = append(os.Environ(), "STEMMA_TEST_FETCH="+s.ref(), "STEMMA_TEST_DIR="+dir)
		require.NoError(t, cmd.Start())
		all = append(all, cmd)
	}
	for _, cmd := range all {
		assert.NoError(t, cmd.Wait())
	}
	assert.Equal(t, 1, s.asked("GET /v2/acme/bases/blobs/"))
	assert.Len(t, files(t, dir, "sha256-"), 1)
}

// Without a network, what is kept is used; where nothing is, it is an error.
func TestNoNetwork(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	file, _ := s.push(t, "2026-08-01")
	_, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	s.close()
	f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, file, f.File)
	assert.ErrorContains(t, f.NotUpdated, "cannot be reached")
	_, err = artifact.Fetch(t.Context(), s.ref(), once(t.TempDir()))
	assert.ErrorContains(t, err, "cannot be reached")
}
