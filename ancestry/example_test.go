package ancestry_test

import (
	"context"
	"fmt"
	"log"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// A configuration is enough: every v1.Image has one.
func ExampleResolve() {
	at := func(day int) v1.Time { return v1.Time{Time: time.Date(2026, time.July, day, 0, 0, 0, 0, time.UTC)} }
	img := &config{
		RootFS: v1.RootFS{DiffIDs: []v1.Hash{hash("root"), hash("app")}},
		History: []v1.History{
			{Created: at(13), CreatedBy: "# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'"},
			{Created: at(20), CreatedBy: "COPY app /usr/local/bin/ # buildkit", Comment: "buildkit.dockerfile.v0"},
			{Created: at(20), CreatedBy: `CMD ["app"]`, Comment: "buildkit.dockerfile.v0", EmptyLayer: true},
		},
	}
	lineage, err := ancestry.Resolve(context.Background(), img, &ancestry.Options{
		Hints: ancestry.Hints{Reference: "ghcr.io/acme/app:1.4"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range lineage.Ancestors {
		fmt.Printf("%s (%s), layers %d to %d\n", a, a.Confidence, a.Layers.From, a.Layers.To-1)
		for _, e := range a.Evidence {
			fmt.Printf("  %s: %s\n", e.Confidence, e.Says)
		}
	}
	// Output:
	// ghcr.io/acme/app:1.4 (recorded), layers 1 to 1
	//   recorded: asked for as ghcr.io/acme/app:1.4
	//   inferred: begins where debian:trixie-20260713 ends: made by debuerreotype for Debian trixie; slim or not is not said
	//   inferred: the builder changes from debuerreotype to buildkit
	// debian:trixie-20260713 (inferred), layers 0 to 0
	//   inferred: made by debuerreotype for Debian trixie; slim or not is not said
}

func ExampleOSRelease() {
	d, ok := ancestry.OSRelease([]byte("PRETTY_NAME=\"Alpine Linux v3.19\"\nID=alpine\nVERSION_ID=3.19.1\n"))
	fmt.Println(d.ID, d.VersionID, ok)
	// Output: alpine 3.19.1 true
}

func ExampleParseName() {
	n, _ := ancestry.ParseName("docker.io/library/debian:bookworm")
	fmt.Println(n.Repository, n.Tags)
	// Output: debian [bookworm]
}

// An organisation that labels its images tells them by a row of its own.
func ExamplePublisher() {
	acme := ancestry.Publisher{
		Vendor: "ACME",
		Marks: map[string]string{
			"label:com.acme.image":   `(?P<name>[a-z/]+)`,
			"label:com.acme.version": `(?P<version>[0-9.]+)`,
		},
		Name: "registry.acme.example/${name}", Tags: []string{"${version}"},
	}
	img := &config{
		RootFS: v1.RootFS{DiffIDs: []v1.Hash{hash("root")}},
		History: []v1.History{
			{CreatedBy: "ADD rootfs.tar / # buildkit", Comment: "buildkit.dockerfile.v0"},
			{CreatedBy: "LABEL com.acme.image=base/java com.acme.version=21.0.4", Comment: "buildkit.dockerfile.v0", EmptyLayer: true},
		},
	}
	lineage, err := ancestry.Resolve(context.Background(), img, &ancestry.Options{Publishers: []ancestry.Publisher{acme}})
	if err != nil {
		log.Fatal(err)
	}
	a := lineage.Ancestors[0]
	fmt.Printf("%s: %s (%s)\n", a, a.Evidence[0].Says, a.Confidence)
	// Output: registry.acme.example/base/java:21.0.4: is named registry.acme.example/base/java:21.0.4 by ACME (recorded)
}
