package stemma_test

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report/rules"
)

func ExampleAnalyze() {
	img, err := mutate.Append(empty.Image, mutate.Addendum{History: v1.History{
		CreatedBy: "CMD [\"serve\"]", Comment: "buildkit.dockerfile.v0", EmptyLayer: true,
	}})
	if err != nil {
		fmt.Println(err)
		return
	}

	rep, err := stemma.Analyze(context.Background(), img, &stemma.Options{Rules: rules.All()})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range rep.Findings {
		fmt.Printf("%s: %s: %s\n", f.Severity, f.Rule, f.Message)
	}
	// Output: warning: root-user: runs as root: no ancestor sets USER
	// note: unknown: no build date is known: the date of this image is not recorded
	// note: unknown: nothing says which distribution it is, so how long that is maintained is not known
	// note: unknown: no layer has a list of packages, so which are there is not known
}

// The chain alone, without reading a layer: the place where the image was found
// says its name.
func ExampleHintsOf() {
	img := &source.Image{Image: empty.Image, Scheme: "registry", Tags: []string{"example.org/app:1"}} // by source.Open
	lineage, err := ancestry.Resolve(context.Background(), img, &ancestry.Options{Hints: stemma.HintsOf(img)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(lineage.Ancestors[0])
	// Output: example.org/app:1
}
