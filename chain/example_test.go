package chain_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/stemma-go/stemma/chain"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report/text"
)

// The chain of an image in a layout; of one in a registry it is the same.
func ExampleOf() {
	ctx := context.Background()
	img, err := source.Open(ctx, "oci:../testdata/sample/image", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	rep, err := chain.Of(ctx, img, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range rep.Ancestors {
		fmt.Println(a, a.Confidence, a.Distro.PrettyName)
	}
	// or, for people:
	_ = text.Write(os.Stderr, rep, nil)
}
