package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/examples/fleet/store"
)

// A base is seen and read, then an app on it, and then the base's tag goes on. A worker takes
// the facts from a report, with Store.Save; here they are written by hand.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "fleet-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(ctx, filepath.Join(dir, "fleet.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	base := store.Facts{
		Steps:  []store.Step{{CreatedBy: "ADD rootfs.tar /", Layer: 0}},
		Layers: []store.Layer{{DiffID: digest("1"), Size: 30_000_000, Content: 74_000_000}},
		Chain:  []store.Ancestor{{Steps: ancestry.Span{To: 1}, Layers: ancestry.Span{To: 1}}},
	}
	app := store.Facts{
		Steps:  append(base.Steps, store.Step{CreatedBy: "COPY app /", Layer: 1}),
		Layers: append(base.Layers, store.Layer{DiffID: digest("2"), Size: 1_000_000, Content: 2_000_000}),
		Chain:  []store.Ancestor{{Steps: ancestry.Span{To: 2}, Layers: ancestry.Span{To: 2}}}, // it does not say what it stands on
	}
	march := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	err = s.Write(ctx, func(tx *sql.Tx) error {
		for i, image := range []struct {
			repository string
			facts      *store.Facts
		}{{"base", &base}, {"app", &app}} {
			img := store.Image{Digest: digest(fmt.Sprint("a", i)), Platform: "linux/amd64", Read: march}
			ref := store.Ref{Repository: "registry.example.org/" + image.repository, Tag: "1", Owner: "team-" + image.repository}
			if _, err := s.See(ctx, tx, ref, img.Digest, march); err != nil {
				return err
			}
			if err := s.SaveFacts(ctx, tx, img, image.facts); err != nil {
				return err
			}
		}
		_, err := s.See(ctx, tx, store.Ref{Repository: "registry.example.org/base", Tag: "1"}, digest("b"), march.AddDate(0, 0, 7))
		return err
	})
	if err != nil {
		log.Fatal(err)
	}

	images, _, err := s.StandsOn(ctx, store.Question{Repository: "registry.example.org/base"})
	if err != nil {
		log.Fatal(err)
	}
	for _, i := range images {
		fmt.Println(i.Refs, i.Owners, i.Since.Format(time.DateOnly), i.Itself, i.Current)
	}
	stale, err := s.Stale(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range stale {
		fmt.Println(m.Refs, "stands on an old", m.Name, "since", m.Since.Format(time.DateOnly))
	}
	for row, err := range s.Query(ctx, "blast_ancestors", 10, store.Where{Column: "images", Op: ">", Value: "0"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row[1], row[5])
	}
	// Output:
	// registry.example.org/app:1 team-app 2026-03-01 false true
	// registry.example.org/base:1 team-base 2026-03-01 true false
	// registry.example.org/app:1 stands on an old registry.example.org/base:1 since 2026-03-08
	// registry.example.org/base:1 1
}

func digest(hex string) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64-len(hex)) + hex}
}
