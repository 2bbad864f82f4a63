package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

func TestShippedRemoved(t *testing.T) {
	const mb = 1_000_000
	removed := aPackage("deb", "gcc-12", 0, 3*mb)
	removed.State = packages.Gone
	removed.Events = append(removed.Events, packages.Event{Kind: packages.Removed, Layer: 2})
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("ADD rootfs.tar /", file("usr/bin/gcc", 3*mb), file("var/lib/dpkg/status", 2*mb), file("bin/sh", 200*mb/100)),
			buildkit("RUN fetch", file("tmp/big", 2*mb), file("small", 1000), file("app", 4*mb), file("chowned", 5*mb)),
			buildkit("RUN apt-get purge gcc && rm", handmade.File{Name: "usr/bin/.wh.gcc"}, handmade.File{Name: "tmp/.wh.big"}, handmade.File{Name: ".wh.small"},
				file("var/lib/dpkg/status", 2*mb+1), handmade.File{Name: "chowned", Size: 5 * mb, UID: 9}),
			buildkit("COPY app", file("app", 4*mb+1)),
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 3}},
		Inventory: &packages.Inventory{Packages: []packages.Package{removed, aPackage("deb", "bash", 0, 9)}},
	}
	check(t, ShippedRemoved(), im.Report(t),
		want{0, 2, 2, report.Warning, "files of layer 0", "layer 2 deletes 1 file of debian:12 (layer 0), which is shipped all the same: of gcc-12", "choose a base without the files that your steps delete", 3 * mb},
		want{0, 2, 2, report.Warning, "files of layer 1", "layer 2 deletes 2 files of the same image (layer 1), which are shipped all the same: in /tmp and /", "do both in one RUN", 2*mb + 1000},
		want{0, 3, 3, report.Warning, "files of layer 1", "layer 3 overwrites 1 file", "", 4 * mb},
	)
	check(t, CopyUp(), im.Report(t),
		want{0, 2, 2, report.Warning, "layer 2", "ships 1 file of the same image a second time: only the owner changed", "COPY --chown", 5 * mb})

	im.Ancestors = []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 4}}
	im.Steps = append(im.Steps, buildkit("ENV A=1"))
	im.Ancestors = append(im.Ancestors, handmade.Ancestor{Steps: 1})
	found := report.RunRules(im.Report(t), []report.Rule{ShippedRemoved(), CopyUp()})
	require.Len(t, found, 3, "what one image hides of its own is one finding")
	for _, f := range found {
		assert.Equal(t, 1, f.Ancestor)
		assert.Equal(t, "ask the publisher of debian:12 to ship less: a later step takes no byte out", f.Remedy)
		assert.Equal(t, report.Publisher, f.By)
	}
}

// What is still there under another name is not hidden.
func TestShippedHardLink(t *testing.T) {
	const mb = 1_000_000
	im := handmade.Image{Steps: []handmade.Step{
		buildkit("ADD rootfs.tar /", file("a", 3*mb), handmade.File{Name: "b", Hard: "a"}),
		buildkit("RUN rm a", handmade.File{Name: ".wh.a"}),
	}}
	r := im.Report(t)
	require.Zero(t, r.Index.Layers[0].Shadowed)
	check(t, ShippedRemoved(), r)
	im.Steps = append(im.Steps, buildkit("RUN rm b", handmade.File{Name: ".wh.b"}))
	r = im.Report(t)
	require.EqualValues(t, 3*mb, r.Index.Layers[0].Shadowed)
	check(t, ShippedRemoved(), r, want{0, 1, 1, report.Warning, "", "", "", 3 * mb})
}

// A small package that goes with much else is not what was hidden.
func TestShippedBesidePackage(t *testing.T) {
	const mb = 1_000_000
	tiny := aPackage("deb", "tiny", 0, 1000)
	tiny.State = packages.Gone
	tiny.Events = append(tiny.Events, packages.Event{Kind: packages.Removed, Layer: 1})
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("RUN a", file("usr/bin/tiny", 1000), file("opt/big/x", 9*mb)),
			buildkit("RUN b", handmade.File{Name: "usr/bin/.wh.tiny"}, handmade.File{Name: "opt/.wh.big"}),
		},
		Inventory: &packages.Inventory{Packages: []packages.Package{tiny}},
	}
	check(t, ShippedRemoved(), im.Report(t), want{0, 1, 1, report.Warning, "", "all the same: in /opt/big and /usr/bin", "do both in one RUN", 9*mb + 1000})
}

// Who upgrades needs another remedy than who removes, even where files went away.
func TestShippedByUpgrade(t *testing.T) {
	const mb = 1_000_000
	upgraded := aPackage("deb", "libssl3", 0, 3*mb)
	upgraded.Events = append(upgraded.Events, packages.Event{Kind: packages.Upgraded, Layer: 1})
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("ADD rootfs.tar /", file("usr/lib/libssl.so.3.0.1", 2*mb), file("usr/lib/libcrypto.so", mb)),
			buildkit("RUN apt-get upgrade", handmade.File{Name: "usr/lib/.wh.libssl.so.3.0.1"}, file("usr/lib/libssl.so.3.0.2", 2*mb), file("usr/lib/libcrypto.so", mb+1)),
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 1}},
		Inventory: &packages.Inventory{Packages: []packages.Package{upgraded}},
	}
	check(t, ShippedRemoved(), im.Report(t),
		want{0, 1, 1, report.Warning, "", "deletes and overwrites 2 files of debian:12 (layer 0), which are shipped all the same: of libssl3", "rebuild on a current debian:12", 3 * mb})
}

// Files that are written again and are no package's are as good in no newer build.
func TestShippedRewritten(t *testing.T) {
	const mb = 1_000_000
	im := handmade.Image{
		Steps: []handmade.Step{
			buildkit("ADD rootfs.tar /", file("var/cache/debconf/templates.dat", 3*mb)),
			buildkit("RUN apt-get install", file("var/cache/debconf/templates.dat", 3*mb+1)),
		},
		Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 1}},
		Inventory: &packages.Inventory{},
	}
	check(t, ShippedRemoved(), im.Report(t),
		want{0, 1, 1, report.Warning, "", "overwrites 1 file of debian:12 (layer 0), which is shipped all the same: in /var/cache/debconf", "ask the publisher of debian:12 to leave out", 3 * mb})
}

func TestCopyUp(t *testing.T) {
	const size = 300_000
	f := func(name string, mode int64, uid int) handmade.File {
		return handmade.File{Name: name, Size: size, Mode: mode, UID: uid}
	}
	for name, tt := range map[string]struct {
		second []handmade.File
		want   string // "" for none
	}{
		"owner":        {[]handmade.File{f("a", 0o755, 5), f("b", 0o755, 5)}, "2 files of debian:12 a second time: only the owner changed"},
		"mode":         {[]handmade.File{f("a", 0o700, 0)}, "1 file of debian:12 a second time: only the mode changed"},
		"both":         {[]handmade.File{f("a", 0o700, 0), f("b", 0o755, 5)}, "only owner, mode or time changed"},
		"time":         {[]handmade.File{{Name: "a", Size: size, Mode: 0o755, Time: handmade.Day("2021-01-01")}}, "only the time changed"},
		"nothing":      {[]handmade.File{f("a", 0o755, 0)}, "1 file of debian:12 a second time: nothing changed"},
		"content":      {[]handmade.File{{Name: "a", Body: strings.Repeat("x", size), UID: 5}}, ""},
		"a small file": {[]handmade.File{{Name: "c", Size: 10, UID: 5}}, ""},
		"a new file":   {[]handmade.File{f("d", 0o755, 0)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			im := handmade.Image{
				Steps:     []handmade.Step{buildkit("ADD rootfs.tar /", f("a", 0o755, 0), f("b", 0o755, 0), file("c", 10)), buildkit("RUN x", tt.second...)},
				Ancestors: []handmade.Ancestor{{Repository: "debian", Tag: "12", Steps: 1}, {Steps: 1}},
			}
			var wants []want
			if tt.want != "" {
				wants = []want{{0, 1, 1, report.Warning, "layer 1", tt.want, "", int64(size * len(tt.second))}}
			}
			check(t, CopyUp(), im.Report(t), wants...)
			if name != "content" {
				check(t, ShippedRemoved(), im.Report(t)) // a copy-up is not reported as overwritten
			}
		})
	}
}
