package stemma_test

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/stemma-go/stemma"
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
}
