package dockerfile_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/dockerfile"
)

func Example() {
	base, err := dockerfile.Parse(strings.NewReader(`
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl \
 && rm -rf /var/lib/apt/lists/*
`))
	if err != nil {
		log.Fatal(err)
	}
	known, err := dockerfile.New(dockerfile.Image{
		Name: ancestry.Name{Repository: "ghcr.io/acme/base", Tags: []string{"1"}}, File: base,
	})
	if err != nil {
		log.Fatal(err)
	}

	img := &config{History: []v1.History{
		{CreatedBy: "# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'"},
		{CreatedBy: "RUN /bin/sh -c apt-get update  && apt-get install -y --no-install-recommends ca-certificates curl " +
			" && rm -rf /var/lib/apt/lists/* # buildkit"},
		{CreatedBy: "COPY app /usr/local/bin/ # buildkit"},
	}}
	img.RootFS.DiffIDs = make([]v1.Hash, 3)
	lineage, err := ancestry.Resolve(context.Background(), img, &ancestry.Options{Catalogues: []ancestry.Source{known}})
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range lineage.Ancestors {
		fmt.Println(a, a.Confidence)
	}
	// Output:
	// unknown unknown
	// ghcr.io/acme/base:1 recognised
	// debian:trixie-slim inferred
}
