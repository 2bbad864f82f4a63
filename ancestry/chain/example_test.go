package chain_test

import (
	"context"
	"fmt"
	"log"

	"github.com/stemma-go/stemma/ancestry/chain"
	"github.com/stemma-go/stemma/layers/source"
)

// The chain of an image in a layout; of one in a registry it is the same.
func ExampleOf() {
	ctx := context.Background()
	img, err := source.Open(ctx, "oci:../../testdata/sample/image", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	rep, err := chain.Of(ctx, img, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range rep.Ancestors {
		fmt.Println(a, a.Confidence)
	}
	fmt.Println(rep.Ancestors[len(rep.Ancestors)-1].Distro.PrettyName)
	// text.Write(os.Stdout, rep, nil) writes all of it, for people.

	// Output:
	// example.org/shop/api:2.4.1 recorded
	// example.org/runtime/node:18 recorded
	// example.org/build/toolchain:12 inferred
	// example.org/base/debian:bookworm recorded
	// Debian GNU/Linux 12 (bookworm)
}
