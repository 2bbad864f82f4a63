package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/examples/internal/outputs"
	"github.com/stemma-go/stemma/testdata/chain"
	"github.com/stemma-go/stemma/testdata/schema"
)

func TestGate(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	lenient := write("lenient.yaml", "failOn: never\n")
	b := own.New("ours", time.Now())
	require.NoError(t, b.AddDockerfiles(t.Context(), chain.Dockerfiles(), &own.Options{Name: chain.Name}))
	var ours strings.Builder
	_, err := b.WriteTo(&ours)
	require.NoError(t, err)
	write("ours.stemma", ours.String())
	write("none.stemma", "no catalogue")
	bases := func(name, say string) string { return write(name, "failOn: never\nallowedBases: {"+say+"}\n") }
	for name, tt := range map[string]struct {
		file, ref string
		code      int
		out, errs string
	}{
		"the sample fails":       {"", "", 1, "FAIL build-tools: ships build systems: make [example.org/runtime/node:18]", ""},
		"what is accepted":       {lenient, "", 0, "PASS", ""},
		"size":                   {write("size.yaml", "failOn: never\nmaxSize: 1kB\n"), "", 1, "FAIL maxSize", ""},
		"another root":           {write("root.yaml", "failOn: never\nallowedRoots: [alpine]\n"), "", 1, "FAIL allowedRoots", ""},
		"one of our bases":       {bases("ours.yaml", "catalogue: ours.stemma"), "", 0, "PASS", ""},
		"and not old":            {bases("old.yaml", "catalogue: ours.stemma, maxAge: 1d"), "", 1, "FAIL allowedBases: the base example.org/runtime/node:18 was built on", ""},
		"none of our bases":      {bases("theirs.yaml", "names: [theirs/*]"), "", 1, "FAIL allowedBases: the image stands on", ""},
		"no such catalogue":      {bases("lost.yaml", "catalogue: lost.stemma"), "", 2, "", "lost.stemma"},
		"no catalogue":           {bases("none.yaml", "catalogue: none.stemma"), "", 2, "", "corrupt catalogue"},
		"no policy":              {filepath.Join(dir, "nope.yaml"), "", 2, "", "nope.yaml"},
		"a team's policy":        {"team.yaml", "", 1, "FAIL born-old: this image", ""},
		"what extends is named":  {write("bad.yaml", "extends: [lenient.yaml, size.yaml, ../x.yaml]"), "", 2, "", `bad.yaml: line 1: extends: "../x.yaml" leads out`},
		"unknown rule in policy": {write("typo.yaml", "rules:\n  biuld-tools: off\n"), "", 2, "", "biuld-tools"},
		"no image":               {lenient, "./nope.tar", 2, "", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			assert.Equal(t, tt.code, gate(context.Background(), command{policy: tt.file, reference: tt.ref, out: formatted(t)}, &out, &errs))
			assert.Contains(t, out.String(), tt.out)
			assert.Contains(t, errs.String(), tt.errs)
			if tt.code == 2 {
				assert.Empty(t, out.String())
			}
		})
	}
}

// Where the policy or the image is not what was meant, nothing may pass.
func TestCommandLine(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		code int
	}{
		"help":                     {[]string{"-h"}, 0},
		"unknown flag":             {[]string{"-polcy", "x.yaml"}, 2},
		"two references":           {[]string{"app.tar", "-policy", "x.yaml", "b.tar"}, 2},
		"empty reference":          {[]string{""}, 2},
		"empty policy":             {[]string{"-policy", "", "app.tar"}, 2},
		"empty policy, and format": {[]string{"-format", "text", "-policy", "", "app.tar"}, 2},
		"empty Dockerfile":         {[]string{"-dockerfile", "", "app.tar"}, 2},
		"unknown format":           {[]string{"-format", "yaml", "app.tar"}, 2},
		"empty file":               {[]string{"-format", "junit=", "app.tar"}, 2},
		"two to one place":         {[]string{"-format", "junit", "-format", "text", "app.tar"}, 2},
		"two to one file":          {[]string{"-format", "junit=x", "-format", "json=x", "app.tar"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			assert.Equal(t, tt.code, run(context.Background(), tt.args, &out, &errs))
			assert.Contains(t, errs.String(), "usage: gate [-policy FILE]")
			assert.Empty(t, out.String())
		})
	}
}

// A Dockerfile that is another image's is none of this image's; the image's own gives SARIF
// its lines.
func TestDockerfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Dockerfile")
	require.NoError(t, os.WriteFile(path, []byte("FROM scratch\nRUN make\n"), 0o644))
	var out, errs bytes.Buffer
	assert.Equal(t, 2, gate(context.Background(), command{dockerfile: path, out: formatted(t)}, &out, &errs))
	assert.Contains(t, errs.String(), "Dockerfile")
	assert.Empty(t, out.String())

	errs.Reset()
	assert.Equal(t, 1, gate(context.Background(), command{policy: "team.yaml", dockerfile: "../../testdata/chain/3-app/Dockerfile", out: formatted(t, "sarif")}, &out, &errs), errs.String())
	assert.Contains(t, out.String(), `"startLine"`)
}

// formatted are values of -format.
func formatted(t *testing.T, values ...string) outputs.List[*verdict] {
	t.Helper()
	l := outputs.List[*verdict]{Formats: formats()}
	for _, v := range values {
		require.NoError(t, l.Set(v))
	}
	require.NoError(t, l.Settle(""))
	return l
}

// Every format writes what fails, and nothing passes that was not written.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	var all []string
	for _, f := range formats() {
		all = append(all, f.Name+"="+filepath.Join(dir, f.Name))
	}
	v, err := decide(context.Background(), command{policy: "team.yaml", out: formatted(t, all...)}, nil)
	require.NoError(t, err)
	require.NotEmpty(t, v.violations)
	for _, f := range formats() {
		b, err := os.ReadFile(filepath.Join(dir, f.Name))
		require.NoError(t, err)
		for _, violation := range v.violations {
			assert.Contains(t, string(b), violation.Check, f.Name)
		}
		if f.Name == "json" {
			assert.NoError(t, schema.Validate(schema.Open(t, "../../report/json/schema.json"), b))
		}
	}
	for _, f := range v.left.Findings {
		assert.True(t, v.policy.Fails(f) || len(f.Undecided) > 0)
	}
	nowhere := "text=" + filepath.Join(dir, "no", "such", "directory")
	var errs bytes.Buffer
	assert.Equal(t, 2, gate(context.Background(), command{policy: "team.yaml", out: formatted(t, nowhere)}, nil, &errs))
	assert.Contains(t, errs.String(), "no such")
}
