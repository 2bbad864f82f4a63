package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/live"
)

// A registry in memory stands for source.NewDocuments(nil), which asks the real ones.
func ExampleResolve() {
	old := config("2026-03-01", "root")
	app := config("2026-03-01", "root")
	app.RootFS.DiffIDs = append(app.RootFS.DiffIDs, hash([]byte("app")))
	app.History = append(app.History, v1.History{CreatedBy: "COPY app / # buildkit", Comment: "buildkit.dockerfile.v0"})
	hints := ancestry.Hints{Annotations: map[string]string{"org.opencontainers.image.base.name": "ghcr.io/acme/base:1"}}

	registry := memory{}
	for _, base := range []*v1.ConfigFile{old, config("2026-10-01", "another root")} {
		registry.push("1", base)
		lineage, err := live.Resolve(context.Background(), image{app}, &ancestry.Options{
			Hints: hints, Catalogues: []ancestry.Source{recipe("ghcr.io/acme/base:1")},
		}, &live.Options{Registry: registry})
		if err != nil {
			log.Fatal(err)
		}
		base := lineage.Ancestors[1]
		fmt.Printf("%s is %s", base.Live.Name, base.Live.State)
		if d := base.Live.Difference; d != nil {
			fmt.Printf(" since %s or later: %d layer, %d bytes", base.Live.Since.Format(time.DateOnly), d.Layers, d.Bytes)
		}
		fmt.Printf(" (%d requests)\n", lineage.Asked.Requests)
	}
	// Output:
	// ghcr.io/acme/base:1 is current (4 requests)
	// ghcr.io/acme/base:1 is moved since 2026-10-01 or later: 1 layer, 3000 bytes (2 requests)
}

// memory is a registry: a document for each tag and digest.
type memory map[string][]byte

func (m memory) Get(_ context.Context, _, what, reference string, _ int64) ([]byte, int, error) {
	if b, ok := m[reference]; ok && what != "referrers" {
		return b, 1, nil
	}
	return nil, 1, fs.ErrNotExist
}

// push makes a tag point to an image of one layer.
func (m memory) push(tag string, cfg *v1.ConfigFile) {
	config := must(json.Marshal(cfg))
	m[hash(config).String()] = config
	m[tag] = must(json.Marshal(v1.Manifest{
		SchemaVersion: 2, Config: v1.Descriptor{Digest: hash(config), Size: int64(len(config))},
		Layers: []v1.Descriptor{{Digest: hash([]byte("blob")), Size: 3000}},
	}))
}

type image struct{ config *v1.ConfigFile }

func (i image) ConfigFile() (*v1.ConfigFile, error) { return i.config, nil }

// recipe is a catalogue that knows one image, of one step.
type recipe string

func (r recipe) Claims(context.Context, *ancestry.Query) ([]ancestry.Claim, error) {
	n, _ := ancestry.ParseName(string(r))
	return []ancestry.Claim{{Start: 0, End: 1, Name: n, Evidence: ancestry.Evidence{Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised, Says: "its Dockerfile"}}}, nil
}

func config(day, root string) *v1.ConfigFile {
	at := v1.Time{Time: must(time.Parse(time.DateOnly, day))}
	return &v1.ConfigFile{
		OS: "linux", Architecture: "amd64", Created: at,
		RootFS:  v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{hash([]byte(root))}},
		History: []v1.History{{CreatedBy: "ADD " + root + " /", Created: at}},
	}
}

func hash(b []byte) v1.Hash {
	h, _, err := v1.SHA256(bytes.NewReader(b))
	if err != nil {
		log.Fatal(err)
	}
	return h
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
