package own_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
)

func ExampleBuilder_AddDockerfiles() {
	dockerfiles := fstest.MapFS{"acme/base/1/Dockerfile": {Data: []byte(`FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl \
 && rm -rf /var/lib/apt/lists/*
`)}}
	b := own.New("our Dockerfiles", time.Now())
	if err := b.AddDockerfiles(context.Background(), dockerfiles, nil); err != nil {
		log.Fatal(err)
	}
	known, err := b.Catalogue()
	if err != nil {
		log.Fatal(err)
	}

	img := &configFile{History: []v1.History{
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
	// acme/base:1 recognised
	// debian:trixie-slim inferred
}
