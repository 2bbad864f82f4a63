package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGate(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	lenient := write("lenient.yaml", "failOn: never\n")
	for name, tt := range map[string]struct {
		file, ref string
		code      int
		out, errs string
	}{
		"the sample fails":       {"", "", 1, "FAIL build-tools: ships build systems: make [example.org/runtime/node:18]", ""},
		"what is accepted":       {lenient, "", 0, "PASS", ""},
		"size":                   {write("size.yaml", "failOn: never\nmaxSize: 1kB\n"), "", 1, "FAIL maxSize", ""},
		"another root":           {write("root.yaml", "failOn: never\nallowedRoots: [alpine]\n"), "", 1, "FAIL allowedRoots", ""},
		"no policy":              {filepath.Join(dir, "nope.yaml"), "", 2, "", "nope.yaml"},
		"unknown rule in policy": {write("typo.yaml", "rules:\n  biuld-tools: off\n"), "", 2, "", "biuld-tools"},
		"no image":               {lenient, "./nope.tar", 2, "", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			assert.Equal(t, tt.code, gate(context.Background(), tt.file, tt.ref, &out, &errs))
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
		"flag after the reference": {[]string{"app.tar", "-policy", "x.yaml"}, 2},
		"empty reference":          {[]string{""}, 2},
		"empty policy":             {[]string{"-policy", "", "app.tar"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			assert.Equal(t, tt.code, run(context.Background(), tt.args, &out, &errs))
			assert.Contains(t, errs.String(), "usage: gate [-policy FILE] [REFERENCE]")
			assert.Empty(t, out.String())
		})
	}
}
