package tutorial_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/text"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/sample"
)

// The README shows what the programs print, and its Go and YAML are the files beside it.
// -update writes them again. What is printed of 2.4.2, which build.sh makes and which is
// not kept, is not compared.
func TestREADME(t *testing.T) {
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks := map[string]func(*testing.T) string{
		"$ go run ./examples/tree -width 100\n":                                                        func(t *testing.T) string { return tree(t, analyzeSample(t)) },
		"$ go run ./examples/tree -width 100 oci:examples/tutorial/image\n":                            func(t *testing.T) string { return tree(t, analyzeLast(t)) },
		"$ go run ./examples/gate -policy examples/tutorial/policy.yaml\n":                             func(t *testing.T) string { return gate(t, analyzeSample(t)) },
		"$ go run ./examples/gate -policy examples/tutorial/policy.yaml oci:examples/tutorial/image\n": func(t *testing.T) string { return gate(t, analyzeLast(t)) },
		"$ cd examples/tutorial && IMAGE=oci:../../testdata/sample/image go test -run TestImage\n":     failingTest,
		"# examples/tutorial/policy.yaml\n":                                                            func(t *testing.T) string { return file(t, "policy.yaml") },
		"// examples/tutorial/image_test.go\n":                                                         func(t *testing.T) string { return file(t, "image_test.go") },
		"# 2.4.2/Dockerfile\n":                                                                         func(t *testing.T) string { return file(t, "2.4.2/Dockerfile") },
		"# 2.5.0/Dockerfile\n":                                                                         func(t *testing.T) string { return file(t, "2.5.0/Dockerfile") },
	}
	found := 0
	got := regexp.MustCompile("(?s)(```\\w+\n)(.*?\n)(```\n)").ReplaceAllStringFunc(string(page), func(block string) string {
		lines := strings.SplitAfterN(block, "\n", 3)
		write, ok := blocks[lines[1]]
		if !ok {
			return block
		}
		found++
		return lines[0] + lines[1] + write(t) + "```\n"
	})
	assert.Equal(t, len(blocks), found, "the README lacks some")
	golden.CheckFile(t, "README.md", []byte(got))
}

func file(t *testing.T, name string) string {
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}

// analyzeSample reads the sample as examples/tree does without a reference, as of the
// tutorial's day.
func analyzeSample(t *testing.T) *report.Report {
	b := own.New("testdata/chain", images.Analyze.AsOf)
	require.NoError(t, b.AddDockerfiles(t.Context(), chain.Dockerfiles(), &own.Options{Name: chain.Name}))
	c, err := b.Catalogue()
	require.NoError(t, err)
	img, err := sample.Open()
	require.NoError(t, err)
	return analyze(t, &source.Image{Image: img, Reference: sample.Reference, Tags: []string{sample.Reference}}, c)
}

// analyzeLast reads the image that the tutorial ends with.
func analyzeLast(t *testing.T) *report.Report {
	img, err := source.Open(t.Context(), "oci:image", nil)
	require.NoError(t, err)
	defer img.Close()
	r := analyze(t, img)
	r.Reference = "oci:examples/tutorial/image" // as from the module's root
	return r
}

func analyze(t *testing.T, img v1.Image, catalogues ...ancestry.Source) *report.Report {
	r, err := stemma.Analyze(context.Background(), img, &stemma.Options{Rules: rules.All(), AsOf: images.Analyze.AsOf, Catalogues: catalogues})
	require.NoError(t, err)
	return r
}

func tree(t *testing.T, r *report.Report) string {
	var b bytes.Buffer
	require.NoError(t, text.Write(&b, r, &text.Options{Width: 100, More: "tree -v"}))
	return b.String()
}

// gate is what examples/gate prints.
func gate(t *testing.T, r *report.Report) string {
	p, err := policy.Load(os.DirFS("."), "policy.yaml", rules.All())
	require.NoError(t, err)
	var b strings.Builder
	for _, v := range p.Violations(r) {
		if v.Ancestor >= 0 && v.Check == v.Finding.Rule {
			v.Message += " [" + r.NameOf(v.Ancestor) + "]"
		}
		fmt.Fprintln(&b, "FAIL", v)
	}
	if b.Len() == 0 {
		return "PASS\n"
	}
	return b.String()
}

// failingTest runs TestImage on the image that the tutorial begins with.
func failingTest(t *testing.T) string {
	binary, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(binary, "-test.run=^TestImage$")
	cmd.Env = append(os.Environ(), "IMAGE=oci:../../testdata/sample/image")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "it fails")
	return regexp.MustCompile(`\(\d+\.\d+s\)`).ReplaceAllString(string(out), "(2.31s)")
}
