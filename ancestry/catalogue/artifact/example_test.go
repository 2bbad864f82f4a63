package artifact_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// An organisation publishes the catalogue of its bases, and fetches it.
func ExamplePush() {
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)))) // its registry
	defer srv.Close()
	ref := strings.TrimPrefix(srv.URL, "http://") + "/stemma/bases:" + artifact.FormatVersion
	b := own.New("our Dockerfiles", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	err := b.AddDockerfiles(context.Background(), fstest.MapFS{"base/os/1/Dockerfile": {Data: []byte("FROM debian:trixie\nRUN make\n")}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := b.WriteTo(&file); err != nil {
		log.Fatal(err)
	}
	digest, err := artifact.Push(context.Background(), ref, file.Bytes(), nil)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	f, err := artifact.Fetch(context.Background(), ref, &artifact.Options{Dir: dir})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Digest == digest, f.Catalogue.Repositories(), f.Day.Format(time.DateOnly))
	// Output: true [base/os] 2026-11-01
}

// The genealogy that was fetched last, or else the one that ships in the module. Nobody is
// asked; without Offline, the registry is asked for a newer one.
func ExampleFetch() {
	embedded, err := genealogy.Official()
	if err != nil {
		log.Fatal(err)
	}
	others, err := genealogy.Publishers()
	if err != nil {
		log.Fatal(err)
	}
	known := embedded
	f, err := artifact.Fetch(context.Background(), artifact.Genealogy, &artifact.Options{Offline: true})
	if err == nil && f.Day.After(embedded.Day()) {
		known = f.Catalogue
		if age, old := f.Age(time.Now()); old {
			fmt.Println("Warning:", age)
		}
	}
	_ = &ancestry.Options{Catalogues: []ancestry.Source{catalogue.Join(known, others)}}
}
