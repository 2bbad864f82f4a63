// Package chain has the Dockerfiles of the sample image and of the three images
// below it, with the names that build.sh gives them: a user's own catalogue, for
// examples and tests.
package chain

import (
	"embed"
	"io/fs"
	"path"

	"github.com/stemma-go/stemma/ancestry"
)

//go:embed 1-toolchain/Dockerfile 2-runtime/Dockerfile 3-app/Dockerfile
var files embed.FS

// Dockerfiles returns the Dockerfiles of the chain. Its root is made by mmdebstrap.
func Dockerfiles() fs.FS { return files }

// Name names the image that is built from one of the Dockerfiles.
func Name(file string) (ancestry.Name, bool) {
	references := map[string]string{
		"1-toolchain": "example.org/build/toolchain:12",
		"2-runtime":   "example.org/runtime/node:18",
		"3-app":       "example.org/shop/api:2.4.1",
	}
	return ancestry.ParseName(references[path.Dir(file)])
}
