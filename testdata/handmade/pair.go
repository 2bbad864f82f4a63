package handmade

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
)

// Pair is the reports of two images of one program: the old one on a full Debian with a link
// between, the new one on Alpine. Its own layer runs as it was, but for a user that was added.
// They are the same on every run.
func Pair(t testing.TB, rules []report.Rule) (old, new *report.Report) {
	t.Helper()
	debian := ancestry.Distro{ID: "debian", VersionID: "12", Codename: "bookworm", PrettyName: "Debian GNU/Linux 12 (bookworm)"}
	alpine := ancestry.Distro{ID: "alpine", VersionID: "3.22.1", PrettyName: "Alpine Linux v3.22"}
	own := File{Name: "srv/api", Size: 400_000}
	old = pairOf(t, "registry.example.com/shop/api:1", rules, Image{
		Config: User("0"),
		Steps: []Step{
			{CreatedBy: "ADD rootfs.tar / # buildkit", Comment: BuildKit, Created: Day("2025-03-17"), Files: []File{{Name: "bin/sh", Size: 1_000_000}, {Name: "var/lib/dpkg/status", Size: 1000}}},
			{CreatedBy: "RUN /bin/sh -c apt-get update && apt-get install -y gcc # buildkit", Comment: BuildKit, Created: Day("2025-03-18"), Files: []File{{Name: "usr/bin/gcc", Size: 2_000_000}}},
			{CreatedBy: "COPY api /srv/ # buildkit", Comment: BuildKit, Created: Day("2025-03-20"), Files: []File{own}},
		},
		Ancestors: []Ancestor{{Repository: "debian", Tag: "bookworm", Steps: 1, Distro: debian}, {Repository: "shop/build", Tag: "4", Steps: 1}, {Repository: "shop/api", Tag: "1", Steps: 1}},
		Inventory: &packages.Inventory{Packages: []packages.Package{
			OS("deb", "dash", "0.5.12-2", "", 0), OS("deb", "gcc-12", "12.2.0-14", "", 1), OS("deb", "libc6", "2.36-9+deb12u9", "glibc", 0),
			OS("deb", "libssl3", "3.0.15-1~deb12u1", "openssl", 0), OS("deb", "openssl", "3.0.15-1~deb12u1", "", 1), OS("deb", "zlib1g", "1:1.2.13.dfsg-1", "zlib", 0),
			{Type: "npm", Name: "express", Version: "4.18.2", Locations: []packages.Location{{Path: "srv/node_modules/express/package.json", Layer: 2}},
				State: packages.Present, Events: []packages.Event{{Kind: packages.Introduced, Layer: 2, To: "4.18.2"}}, Bytes: packages.Bytes{Visible: 200_000}},
		}},
	})
	new = pairOf(t, "registry.example.com/shop/api:2", rules, Image{
		Steps: []Step{
			{CreatedBy: "ADD alpine-minirootfs-3.22.1-x86_64.tar.gz / # buildkit", Comment: BuildKit, Created: Day("2026-10-01"), Files: []File{{Name: "bin/busybox", Size: 800_000}, {Name: "lib/apk/db/installed", Size: 1000}}},
			{CreatedBy: "COPY api /srv/ # buildkit", Comment: BuildKit, Created: Day("2026-10-20"), Files: []File{own, {Name: "srv/more", Size: 1000}}},
			{CreatedBy: "USER 10001", Comment: BuildKit, Created: Day("2026-10-20")},
		},
		Config:    User("10001"),
		Ancestors: []Ancestor{{Repository: "alpine", Tag: "3.22", Steps: 1, Distro: alpine}, {Repository: "shop/api", Tag: "2", Steps: 2}},
		Inventory: &packages.Inventory{Packages: []packages.Package{
			OS("apk", "busybox", "1.37.0-r18", "", 0), OS("apk", "libcrypto3", "3.5.1-r0", "openssl", 0), OS("apk", "libssl3", "3.5.1-r0", "openssl", 0),
			OS("apk", "musl", "1.2.5-r10", "", 0), OS("apk", "zlib", "1.3.1-r2", "", 0),
			{Type: "npm", Name: "express", Version: "5.1.0", Locations: []packages.Location{{Path: "srv/node_modules/express/package.json", Layer: 1}},
				State: packages.Present, Events: []packages.Event{{Kind: packages.Introduced, Layer: 1, To: "5.1.0"}}, Bytes: packages.Bytes{Visible: 210_000}},
		}},
	})
	return old, new
}

// OS is a distribution's package that a layer brought.
func OS(kind, name, version, source string, layer int) packages.Package {
	return packages.Package{
		Type: kind, Name: name, Version: version, Arch: "amd64", Source: source, State: packages.Present, Files: 1,
		Locations: []packages.Location{{Path: "var/lib/db", Layer: layer}},
		Events:    []packages.Event{{Kind: packages.Introduced, Layer: layer, To: version}},
		Bytes:     packages.Bytes{Visible: 100_000, ByLayer: map[int]int64{layer: 100_000}},
	}
}

func pairOf(t testing.TB, reference string, rules []report.Rule, im Image) *report.Report {
	t.Helper()
	idx, err := layers.Read(t.Context(), im.Build(t), nil)
	require.NoError(t, err)
	for i := range idx.Layers { // so that it does not depend on the compressor
		idx.Layers[i].Size = idx.Layers[i].Uncompressed / 3
	}
	im.Inventory.Layers = make([]packages.LayerBytes, len(idx.Layers))
	im.Options = report.Options{Reference: reference, Rules: rules}
	return im.Join(idx, idx.Steps)
}
