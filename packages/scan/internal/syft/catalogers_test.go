package syft

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	root "github.com/anchore/syft/syft"
	"github.com/anchore/syft/syft/artifact"
	"github.com/anchore/syft/syft/file"
	"github.com/anchore/syft/syft/pkg"
	"github.com/bmatcuk/doublestar/v4"
	"github.com/gabriel-vasile/mimetype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// selected returns the names of the package catalogers that Syft itself runs on an
// image. It tells them only in the audit trail of a scan, so one of an image of
// nothing is made.
func selected(t *testing.T) []string {
	t.Helper()
	s, err := root.CreateSBOM(t.Context(), resolverSource{resolver: &aloneResolver{path: "/nothing"}}, root.DefaultCreateSBOMConfig().WithoutFiles())
	require.NoError(t, err)
	return used(t, s.Descriptor.Configuration)
}

// TestSelection fails when an upgrade of Syft brings a cataloger that is not in
// allCatalogers, or drops one.
func TestSelection(t *testing.T) {
	set, err := NewSet(nil, false)
	require.NoError(t, err)
	var ours []string
	for _, c := range set.Catalogers {
		ours = append(ours, c.Name)
	}
	assert.ElementsMatch(t, selected(t), unique(ours))
}

// TestEveryCatalogerAsks fails when one asks for nothing in the dry run, and would
// never run.
func TestEveryCatalogerAsks(t *testing.T) {
	set, err := NewSet(Names(), false)
	require.NoError(t, err)
	for _, c := range set.Catalogers {
		assert.NotEmpty(t, append(c.Globs, c.MIME...), c.Name)
		for _, m := range c.MIME {
			assert.Contains(t, []string{"application/x-executable", "application/x-sharedlib", "application/x-elf",
				"application/x-mach-binary", "application/vnd.microsoft.portable-executable"}, m,
				"%s asks for a type that executable does not tell", c.Name)
		}
	}
}

func TestUnknownName(t *testing.T) {
	_, err := NewSet([]string{"dpkg-db-cataloger", "no-such-cataloger"}, false)
	require.EqualError(t, err, `cataloger "no-such-cataloger": unknown`)
}

// TestGlobSet compares the index of globs with matching each of them.
func TestGlobSet(t *testing.T) {
	set, err := NewSet(nil, false)
	require.NoError(t, err)
	var globs []string
	for _, c := range set.Catalogers {
		globs = append(globs, c.Globs...)
	}
	globs = unique(globs)
	s := newGlobSet(globs)
	paths := []string{
		"var/lib/dpkg/status", "lib/dpkg/status.d/base", "usr/lib/apk/db/installed", "var/lib/rpm/Packages", "usr/lib/sysimage/rpm/rpmdb.sqlite",
		"usr/bin/python3.11", "usr/bin/perl", "a/node_modules/b/package.json", "opt/app.jar", "opt/app.zip", "x/y.deps.json", "x/y.dll", "x/y.DLL",
		"usr/lib/python3/dist-packages/six-1.16.0.egg-info", "x/requests-2.dist-info/METADATA", "lib/modules/6.1/kernel/fs.ko.xz", "boot/vmlinuz-6.1",
		"usr/local/bin/go", "usr/local/lib/libpython3.11.so.1.0", "opt/bitnami/redis/.spdx-redis.spdx", "release", "a.gguf", "usr/lib/php83/modules/zip.so",
		"usr/lib/rustlib/libstd-0123456789abcdef.so", "etc/passwd", "kernel", "var/www/wp-content/plugins/a/b.php", "nix/store/x.drv", ".packlist", "auto/X/.packlist",
	}
	hits := 0
	for _, p := range paths {
		var want []string
		for _, g := range globs {
			if doublestar.MatchUnvalidated(g, "/"+p) {
				want = append(want, g)
			}
		}
		hits += len(want)
		assert.ElementsMatch(t, want, s.match(p), p)
	}
	require.Greater(t, hits, 25)
}

// TestExecutable compares with the library that tells MIME types for Syft.
func TestExecutable(t *testing.T) {
	elf := func(class, data byte, kind ...byte) []byte {
		return append(append([]byte{0x7f, 'E', 'L', 'F', class, data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, kind...), make([]byte, 40)...)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		self = nil
	}
	samples := [][]byte{
		elf(2, 1, 2, 0), elf(2, 1, 3, 0), elf(2, 1, 1, 0), elf(2, 1, 4, 0), elf(1, 2, 0, 2), elf(2, 2, 0, 3),
		append([]byte("MZ"), make([]byte, 100)...),
		append([]byte{0xcf, 0xfa, 0xed, 0xfe}, make([]byte, 100)...),
		append([]byte{0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2}, make([]byte, 100)...),
		append([]byte{0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61}, make([]byte, 100)...),
		bytes.Repeat([]byte("text "), 20), self,
	}
	known := map[string]bool{
		"application/x-executable": true, "application/x-sharedlib": true, "application/x-elf": true,
		"application/x-mach-binary": true, "application/vnd.microsoft.portable-executable": true,
	}
	for _, b := range samples {
		want := mimetype.Detect(b).String()
		if !known[want] {
			want = ""
		}
		assert.Equal(t, want, executable(b), "% x", b[:min(len(b), 20)])
	}
}

// However a cataloger is run, its panic is an error that says where.
func TestPanics(t *testing.T) {
	const panicked = `^panic: index out of range, in \S+/scan/internal/syft\.hostile\.Catalog \(catalogers_test\.go:\d+\)$`
	broken := &Cataloger{cataloger: hostile{}}
	_, err := RunAlone(t.Context(), broken, "a", nil)
	assert.Regexp(t, panicked, err)
	_, err = Run(Parallel(t.Context(), 2), broken, &View{})
	assert.Regexp(t, panicked, err)
	_, err = withTempDir(Parallel(t.Context(), 2), hostile{}, &dryResolver{})
	assert.Regexp(t, panicked, err)
}

// A panic in Syft's own goroutines is caught by Syft, whose error is the whole stack. What is
// told is one line.
func TestPanicsOfSyft(t *testing.T) {
	img := handmade.Image{Steps: []handmade.Step{{Files: []handmade.File{{Name: "package.json", Body: "{}"}}}}}.Build(t)
	idx, err := layers.Read(t.Context(), img, nil)
	require.NoError(t, err)
	set, err := NewSet([]string{"javascript-package-cataloger"}, false)
	require.NoError(t, err)
	c := set.Catalogers[0]
	v := &View{Index: idx, Hits: map[string][]string{c.Globs[0]: {"package.json"}}, Missing: func(string) { panic("a bug") }}
	_, err = Run(Parallel(t.Context(), 2), c, v)
	problems := Problems(err)
	require.Len(t, problems, 1)
	assert.Regexp(t, `^panic: a bug, in \S+TestPanicsOfSyft\S+ \(catalogers_test\.go:\d+\)$`, problems[0].Err)
}

type hostile struct{ pkg.Cataloger }

func (hostile) Name() string { return "hostile" }

func TestNeighbour(t *testing.T) {
	for p, want := range map[string]bool{
		"etc/os-release": true, "usr/lib/os-release": true, "opt/os-release": false,
		"var/lib/dpkg/info/libc6:amd64.list": true, "var/lib/dpkg/info/libc6:amd64.md5sums": false,
		"x/a.dist-info/RECORD": true, "usr/share/perl5/A.pm": false, "usr/local/share/perl/5.36/A.pm": true,
	} {
		assert.Equal(t, want, isNeighbour(p, 10), p)
	}
	assert.False(t, isNeighbour("x/a.dist-info/RECORD", maxNeighbour+1))
}

func TestWithheld(t *testing.T) {
	assert.True(t, withheld("usr/share/doc/libc6/copyright"))
	assert.True(t, withheld("x/LICENSE.txt"))
	assert.False(t, withheld("x/package.json"))
}

const metadata = "Metadata-Version: 2.1\nName: a\nLicense: one\n two\n\tthree\nLicense-File: L\nVersion: 1\n\nLicense: text\n"

func TestWithoutLicense(t *testing.T) {
	assert.Equal(t, "Metadata-Version: 2.1\nName: a\nVersion: 1\n\nLicense: text\n",
		string(withoutLicense("python-installed-package-cataloger", "a.dist-info/METADATA", []byte(metadata))))
	assert.Equal(t, metadata, string(withoutLicense("other", "a.dist-info/METADATA", []byte(metadata))))
}

func FuzzWithoutLicense(f *testing.F) {
	f.Add(metadata)
	f.Add("License: a")
	f.Add("\n")
	f.Add("License:\r\n x\r\n\r\nb")
	f.Fuzz(func(t *testing.T, s string) {
		out := string(withoutLicense("python-x", "METADATA", []byte(s)))
		header, _, _ := strings.Cut(out, "\n\n")
		for line := range strings.Lines(header) {
			if strings.TrimRight(line, "\r\n") == "" {
				break
			}
			if strings.HasPrefix(strings.ToLower(line), "license:") {
				assert.LessOrEqual(t, len(line), maxLicenseName+len("license:\n"), "%q", out)
			}
			assert.False(t, strings.HasPrefix(strings.ToLower(line), "license-file:"), "%q", out)
		}
		assert.LessOrEqual(t, len(out), len(s)+1)
	})
}

func FuzzExecutable(f *testing.F) {
	f.Add([]byte("\x7fELF"))
	f.Add(append([]byte("\x7fELF\x02\x01"), make([]byte, 20)...))
	f.Fuzz(func(t *testing.T, b []byte) { _ = executable(b) })
}

func FuzzGlobSet(f *testing.F) {
	set, err := NewSet(nil, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("var/lib/dpkg/status")
	f.Add("a.ko.gz")
	f.Fuzz(func(t *testing.T, p string) {
		if p = relative(p); p == "" {
			return
		}
		for _, g := range set.alone.match(p) {
			assert.True(t, doublestar.MatchUnvalidated(g, path.Join("/", p)))
		}
	})
}

func used(t *testing.T, configuration any) []string {
	t.Helper()
	b, err := json.Marshal(configuration)
	require.NoError(t, err)
	var trail struct {
		Catalogers struct{ Used []string }
	}
	require.NoError(t, json.Unmarshal(b, &trail))
	require.NotEmpty(t, trail.Catalogers.Used)
	// Those of files name no packages.
	trail.Catalogers.Used = slices.DeleteFunc(trail.Catalogers.Used, func(n string) bool { return strings.HasPrefix(n, "file-") })
	return trail.Catalogers.Used
}

// Catalog fails as a parser that trusts its input does.
func (hostile) Catalog(context.Context, file.Resolver) ([]pkg.Package, []artifact.Relationship, error) {
	panic("index out of range")
}
