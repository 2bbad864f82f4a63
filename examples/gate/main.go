// Gate lets an image pass, or not: an exit code for a pipeline.
//
//	gate [-policy FILE] [REFERENCE]
//
// The policy is YAML; see package report/policy, and policy.yaml beside this
// program. Without a reference it is the sample image that comes with the module.
//
// The exit code is 0 if the image may pass, 1 if it may not, 2 if the command
// was wrong or the image could not be opened. What nobody can tell, and the policy does
// not ask for, is told on lines that begin with UNKNOWN.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/layers/printable"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/sample"
)

//go:embed policy.yaml
var defaultPolicy []byte

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

const usage = `usage: gate [-policy FILE] [REFERENCE]

Without a reference it is the sample image that comes with the module.

exit code: 0 it may pass, 1 it may not, 2 wrong command or no image

`

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	file := flags.String("policy", "", "policy `file` (YAML); without it, examples/gate/policy.yaml")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 1: // a flag after the reference is not read as one
		fmt.Fprintln(stderr, "gate: one reference at most, and flags before it")
		flags.Usage()
		return 2
	case slices.Contains(flags.Args(), "") || *file == "" && flags.NFlag() > 0:
		// An unset variable must not mean the sample image or another policy:
		// gate -policy "$POLICY" "$IMAGE".
		fmt.Fprintln(stderr, "gate: the reference or the policy is empty")
		flags.Usage()
		return 2
	}
	return gate(ctx, *file, flags.Arg(0), stdout, stderr)
}

func gate(ctx context.Context, file, ref string, stdout, stderr io.Writer) int {
	violations, unknown, err := check(ctx, file, ref)
	if err != nil {
		fmt.Fprintln(stderr, "gate:", err)
		return 2
	}
	for _, v := range violations {
		fmt.Fprintln(stdout, "FAIL", v)
	}
	for _, u := range unknown {
		fmt.Fprintln(stdout, "UNKNOWN", printable.Line(u))
	}
	if len(violations) > 0 {
		return 1
	}
	fmt.Fprintln(stdout, "PASS")
	return 0
}

// check returns why the image may not pass, and what rules could not tell and the policy
// does not ask for. A message ends with the ancestor that brought what was found.
func check(ctx context.Context, file, ref string) (violations []policy.Violation, unknown []string, err error) {
	text := defaultPolicy
	if file != "" {
		if text, err = os.ReadFile(file); err != nil {
			return nil, nil, err
		}
	}
	pol, err := policy.Parse(text, rules.All())
	if err != nil {
		return nil, nil, err
	}
	img, done, err := open(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	rep, err := stemma.Analyze(ctx, img, &stemma.Options{Rules: rules.All()})
	if err != nil {
		return nil, nil, err
	}
	violations = pol.Violations(rep)
	for i, v := range violations {
		if v.Finding != nil && v.Ancestor >= 0 {
			violations[i].Message += " [" + rep.NameOf(v.Ancestor) + "]"
		}
	}
	for _, f := range rep.Findings {
		if len(f.Undecided) > 0 && !slices.ContainsFunc(violations, func(v policy.Violation) bool { return v.Finding != nil && v.Finding.Message == f.Message }) {
			unknown = append(unknown, f.Message)
		}
	}
	return violations, unknown, nil
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
