package scan_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/sample"
)

func ExampleRead() {
	img, err := sample.Open()
	if err != nil {
		panic(err)
	}
	_, inv, err := scan.Read(context.Background(), img, nil)
	if err != nil {
		panic(err)
	}
	for _, p := range inv.Packages {
		if p.Name == "make" || p.Name == "apt" {
			fmt.Println(p.Type, p.Name, p.State)
			for _, e := range p.Events {
				fmt.Printf("  layer %d: %s\n", e.Layer, e.Kind)
			}
		}
	}
	// Output:
	// deb apt present
	//   layer 0: introduced
	//   layer 6: upgraded
	// deb make present
	//   layer 3: introduced
	//   layer 8: removed
	//   layer 11: reinstalled
}

// A Collector joins the pass that the program makes anyway.
func ExampleCollector() {
	img, err := sample.Open()
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	c := scan.NewCollector(&scan.Options{Catalogers: []string{"dpkg-db-cataloger"}})
	idx, err := layers.Read(ctx, img, &layers.Options{Wants: c.Wants()})
	if err != nil {
		panic(err)
	}
	inv, err := c.Attribute(ctx, idx)
	if err != nil {
		panic(err)
	}
	for n, l := range inv.Layers {
		if l.Packages+l.Unowned+l.Metadata != idx.Layers[n].Content {
			fmt.Println("layer", n, "does not add up")
		}
	}
	fmt.Println(len(inv.Problems), "problems")
	// Output:
	// 0 problems
}

// A program that only asks for what a distribution installed names the catalogers.
func ExampleCatalogers() {
	for _, name := range scan.Catalogers() {
		if strings.HasSuffix(name, "-db-cataloger") {
			fmt.Println(name)
		}
	}
	// Output:
	// alpm-db-cataloger
	// apk-db-cataloger
	// dpkg-db-cataloger
	// rpm-db-cataloger
}
