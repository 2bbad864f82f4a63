package provenance_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/chain"
	"github.com/stemma-go/stemma/ancestry/provenance"
	"github.com/stemma-go/stemma/layers/source"
)

// A config is an image's configuration, and nothing else.
type config []byte

func (c config) ConfigFile() (*v1.ConfigFile, error) { return v1.ParseConfigFile(bytes.NewReader(c)) }

func file(name string) []byte {
	b, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	return b
}

// without drops the registry, which was one on the loopback interface.
func without(name string) string { return name[strings.Index(name, "/")+1:] }

// Documents that are at hand are a catalogue like others.
func ExampleNew() {
	img := config(file("testdata/buildkit/max-v1.config.json"))
	attested := provenance.Document{Content: file("testdata/buildkit/max-v1.json")}
	lineage, err := ancestry.Resolve(context.Background(), img, &ancestry.Options{
		Catalogues: []ancestry.Source{provenance.New([]provenance.Document{attested}, nil)},
	})
	if err != nil {
		log.Fatal(err)
	}
	base := lineage.Ancestors[1]
	fmt.Println("base:", without(base.String()), base.Confidence)
	for _, d := range lineage.Donors {
		fmt.Printf("donor: %s, stage %q\n", without(d.String()), d.Stage)
	}
	fmt.Println(lineage.Dockerfile.Path, "of", lineage.Dockerfile.Repository)
	// Output:
	// base: acme/base:1 recorded
	// donor: acme/helper:3, stage ""
	// donor: acme/seen:5, stage ""
	// donor: acme/tool:2, stage "build"
	// donor: acme/helper:3, stage "helper"
	// donor: acme/donor:4, stage ""
	// build/Dockerfile of https://git.example.org/acme/app.git
}

func ExampleParse() {
	s, err := provenance.Parse(file("testdata/published/github-v1-bundle.json"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Repository, s.Revision)
	_, err = provenance.Parse([]byte(`{"predicateType": "https://spdx.dev/Document"}`))
	fmt.Println(errors.Is(err, provenance.ErrOther))
	// Output:
	// https://github.com/acme/app 4b220de5058abfd01ff619c9d2ff6b09a049bea0
	// true
}

// A registry is asked for attestations, and other registries for the configurations of the
// images that the build used. Who may be asked is the program's choice: the names come from
// a document that anybody can have written.
func ExampleOptions() {
	configs := func(ctx context.Context, name ancestry.Name, p v1.Platform) (*v1.ConfigFile, error) {
		if !strings.HasPrefix(name.Repository, "registry.acme.example/") {
			return nil, errors.New("not asked")
		}
		img, err := source.Open(ctx, "registry:"+name.Repository+"@"+name.Digest.String(), &source.Options{Platform: &p})
		if err != nil {
			return nil, err
		}
		defer img.Close()
		return img.ConfigFile()
	}
	img, err := source.Open(context.Background(), "registry.acme.example/shop/api:2.4.1", nil)
	if err != nil {
		return // there is no such registry
	}
	defer img.Close()
	rep, err := chain.Of(context.Background(), img, &chain.Options{Provenance: &provenance.Options{Config: configs}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rep.Ancestors[1])
}
