// Gate lets an image pass, or not: an exit code for a pipeline.
//
//	gate [-policy FILE] [REFERENCE]
//
// The policy is YAML; see package report/policy, and policy.yaml beside this
// program. Without a reference the embedded sample image is judged.
//
// The exit code is 0 if the image may pass, 1 if it may not, 2 if the command
// was wrong or the image could not be opened.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/sample"
)

//go:embed policy.yaml
var defaultPolicy []byte

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: gate [-policy FILE] [REFERENCE]")
		flags.PrintDefaults()
	}
	file := flags.String("policy", "", "policy `file`; default: the one embedded in this program")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 1: // a flag behind the reference would not be read
		flags.Usage()
		return 2
	}
	return gate(ctx, *file, flags.Arg(0), stdout, stderr)
}

func gate(ctx context.Context, file, ref string, stdout, stderr io.Writer) int {
	violations, err := judge(ctx, file, ref)
	if err != nil {
		fmt.Fprintln(stderr, "gate:", err)
		return 2
	}
	for _, v := range violations {
		fmt.Fprintln(stdout, "FAIL", v)
	}
	if len(violations) > 0 {
		return 1
	}
	fmt.Fprintln(stdout, "PASS")
	return 0
}

func judge(ctx context.Context, file, ref string) ([]policy.Violation, error) {
	text := defaultPolicy
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	pol, err := policy.Parse(text, rules.All())
	if err != nil {
		return nil, err
	}
	img, done, err := open(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer done()
	rep, err := report.Analyze(ctx, img, &report.Options{Rules: rules.All()})
	if err != nil {
		return nil, err
	}
	return pol.Judge(rep), nil
}

func open(ctx context.Context, ref string) (img v1.Image, done func() error, err error) {
	if ref == "" {
		img, err = sample.Open()
		return img, func() error { return nil }, err
	}
	i, err := source.Open(ctx, ref, nil)
	if err != nil {
		return nil, nil, err
	}
	return i, i.Close, nil
}
