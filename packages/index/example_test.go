package index_test

import (
	"context"
	"fmt"
	"log"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/index"
)

// What a mirror, or apt's own copy of its index in /var/lib/apt/lists, has of a package.
func ExampleOpen() {
	of := index.System{ID: "debian", VersionID: "12", Codename: "bookworm", Arch: "amd64"}
	x, err := index.Open(context.Background(), of, []string{"testdata/mirror"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x)
	for _, a := range x.Versions(&packages.Package{Type: "deb", Name: "libc6", Arch: "amd64"}) {
		fmt.Println(a.Version, "of", a.Source, "in", a.Index)
	}
	// Output:
	// debian: bookworm, bookworm-security
	// 2.36-9+deb12u12 of glibc in bookworm
	// 2.36-9+deb12u13 of glibc in bookworm-security
}
