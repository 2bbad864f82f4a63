package packages_test

import (
	"fmt"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
)

// A package that the image was built with, and that a later layer removed: its bytes are
// still shipped.
func ExamplePackage() {
	p := packages.Package{
		Type: "deb", Name: "gcc", Version: "4:12.2.0-3", State: packages.Gone,
		Events: []packages.Event{
			{Kind: packages.Introduced, Layer: 2, To: "4:12.1.0-1"},
			{Kind: packages.Upgraded, Layer: 4, From: "4:12.1.0-1", To: "4:12.2.0-3"},
			{Kind: packages.Removed, Layer: 5, From: "4:12.2.0-3"},
		},
		Bytes: packages.Bytes{Shadowed: 5_000_000, ByLayer: map[int]int64{2: 2_400_000, 4: 2_600_000}},
	}
	for _, e := range p.Events {
		fmt.Println("layer", e.Layer, e.Kind)
	}
	fmt.Println("first in layer", p.Introduced(), "and as it last was in layer", p.Layer())
	fmt.Println(p.State, "with", p.Bytes.Total(), "bytes shipped,", p.Bytes.Visible, "of them to be seen")
	// Output:
	// layer 2 introduced
	// layer 4 upgraded
	// layer 5 removed
	// first in layer 2 and as it last was in layer 4
	// removed with 5000000 bytes shipped, 0 of them to be seen
}

// An inventory says where every byte of an image belongs.
func ExampleInventory() {
	inv := packages.Inventory{
		Layers:  []packages.LayerBytes{{Packages: 900, Metadata: 40, Unowned: 60}, {Unowned: 500}},
		Unowned: []packages.Directory{{Path: "opt/app", Bytes: 500, Files: 2, Layer: 1}, {Path: "etc", Bytes: 60, Files: 3, Layer: 0}},
		Problems: []layers.Problem{
			{Layer: 1, Step: layers.None, Path: "opt/app/a.jar", Err: fmt.Errorf("not a zip archive")},
		},
	}
	for n, l := range inv.Layers {
		fmt.Println("layer", n, "has", l.Packages+l.Metadata+l.Unowned, "bytes,", l.Unowned, "of no package")
	}
	for _, d := range inv.Unowned {
		fmt.Println(d.Path, d.Bytes)
	}
	fmt.Println(inv.Problems[0])
	// Output:
	// layer 0 has 1000 bytes, 60 of no package
	// layer 1 has 500 bytes, 500 of no package
	// opt/app 500
	// etc 60
	// layer 1: opt/app/a.jar: not a zip archive
}

func ExampleEcosystemOf() {
	deb := packages.EcosystemOf("deb")
	root, _ := deb.Root("srv/chroot/var/lib/dpkg/status")
	order, ok := deb.Compare("1.0~rc1-1", "1.0-1")
	fmt.Println(root, order, ok)
	dir, _ := deb.PerPackageDir("var/lib/dpkg/status.d/base") // as distroless images have it
	fmt.Println(dir)
	python, gem := packages.EcosystemOf("python"), packages.EcosystemOf("gem")
	fmt.Println(python.Place("app/lib/six-1.16.0.dist-info/METADATA"))
	fmt.Println(gem.OwnDirectory("ruby/specifications/rack-3.0.8.gemspec", "rack"))
	// Output:
	// srv/chroot -1 true
	// var/lib/dpkg/status.d
	// app/lib
	// ruby/gems/rack-3.0.8
}

// All caches that package managers leave in images.
func ExampleEcosystems() {
	for _, e := range packages.Ecosystems() {
		for _, c := range e.Caches {
			if c.Tool == "pip" || c.Tool == "apk" {
				fmt.Println(e.Types[0], c.Dir)
			}
		}
	}
	// Output:
	// apk var/cache/apk
	// apk etc/apk/cache
	// python ~/.cache/pip
}

func ExampleIsDatabase() {
	fmt.Println(packages.IsDatabase("var/lib/dpkg/status"), packages.IsDatabase("etc/passwd"))
	// Output:
	// true false
}
