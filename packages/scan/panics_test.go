package scan

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// readBroken reads an image of a Debian package, a Node.js package and a jar, a layer each, with a collector that breakIt has broken.
func readBroken(t *testing.T, breakIt func(*Collector)) (*Collector, *layers.Index) {
	t.Helper()
	img := packaged.Image(t,
		packaged.Text("-- var/lib/dpkg/status --\nPackage: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12\n"),
		packaged.Text("-- srv/node_modules/left/package.json --\n{\"name\": \"left\", \"version\": \"1.0.0\"}\n"),
		[]packaged.File{{Path: "srv/core.jar", Content: packaged.Jar(t, "org.example", "core", "2.0")}},
	)
	c := NewCollector(&Options{Parallelism: 2})
	breakIt(c)
	idx, err := layers.Read(t.Context(), img, &layers.Options{Wants: c.Wants()})
	require.NoError(t, err)
	require.Empty(t, idx.Problems)
	return c, idx
}

// A cataloger that panics costs what it would have found. The problem names it, the layer or
// file, and where it panicked.
func TestPanic(t *testing.T) {
	const where = `: panic: .*nil pointer dereference, in \S+/internal/syft\.\S+ \(run\.go:\d+\)$`
	for name, test := range map[string]struct {
		problem string
		rest    []string
	}{
		"no cataloger":                 {"", []string{"base-files", "core", "left"}},
		"dpkg-db-cataloger":            {"^layer 0: dpkg-db-cataloger" + where, []string{"core", "left"}},
		"javascript-package-cataloger": {"^layer 1: javascript-package-cataloger" + where, []string{"base-files", "core"}},
		"java-archive-cataloger":       {"^layer 2: srv/core.jar: java-archive-cataloger" + where, []string{"base-files", "left"}},
	} {
		c, idx := readBroken(t, func(c *Collector) {
			for _, one := range c.set.Catalogers {
				if one.Name == name { // as it was, but for what it runs, which is nil
					*one = syft.Cataloger{Name: name, Mode: one.Mode, Globs: one.Globs, MIME: one.MIME, Database: one.Database}
				}
			}
		})
		inv, err := c.Attribute(t.Context(), idx)
		require.NoError(t, err)
		if test.problem == "" {
			assert.Empty(t, inv.Problems)
		} else if assert.Len(t, inv.Problems, 1, name) {
			assert.Regexp(t, test.problem, inv.Problems[0].Error())
		}
		var names []string
		for _, p := range inv.Packages {
			names = append(names, p.Name)
		}
		assert.ElementsMatch(t, test.rest, names, name)
	}
}

// Where this package itself panics, beside its caller, that is an error.
func TestPanicOfOurs(t *testing.T) {
	c, idx := readBroken(t, func(*Collector) {})
	c.set = nil
	inv, err := c.Attribute(t.Context(), idx)
	assert.Nil(t, inv)
	assert.Regexp(t, `^panic: .*nil pointer dereference, in \S+/scan/\S+ \(\S+\.go:\d+\)$`, err)
}
