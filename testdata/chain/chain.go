// Package chain has the Dockerfiles of the sample image and of the three images
// below it, with the names that build.sh gives them: a user's own catalogue, for
// examples and tests.
package chain

import (
	"embed"
	"fmt"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/dockerfile"
)

//go:embed 1-toolchain/Dockerfile 2-runtime/Dockerfile 3-app/Dockerfile
var files embed.FS

// Images returns the images of the chain that are built from a Dockerfile, the
// parent first, for [dockerfile.New]. Its root is made by mmdebstrap.
func Images() []dockerfile.Image {
	var images []dockerfile.Image
	for _, i := range []struct{ dir, reference string }{
		{"1-toolchain", "example.org/build/toolchain:12"},
		{"2-runtime", "example.org/runtime/node:18"},
		{"3-app", "example.org/shop/api:2.4.1"},
	} {
		images = append(images, image(i.dir+"/Dockerfile", i.reference))
	}
	return images
}

// image panics on an error: the files are fixed when the package is compiled.
func image(path, reference string) dockerfile.Image {
	name, ok := ancestry.ParseName(reference)
	if !ok {
		panic("bad reference " + reference)
	}
	f, err := files.Open(path)
	if err != nil {
		panic(err)
	}
	parsed, err := dockerfile.Parse(f)
	if err != nil {
		panic(fmt.Errorf("%s: %w", path, err))
	}
	return dockerfile.Image{Name: name, Path: path, File: parsed}
}
