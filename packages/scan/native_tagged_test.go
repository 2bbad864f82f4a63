//go:build tagged

package scan_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/testdata/packaged"
)

// An image of GraalVM carries its bill of materials behind symbols. The real C
// compiler makes a program that does; one without the symbol of its version is none.
func TestTaggedNativeImage(t *testing.T) {
	var sbom bytes.Buffer
	z := gzip.NewWriter(&sbom)
	_, err := z.Write([]byte(`{"bomFormat": "CycloneDX", "specVersion": "1.4", "version": 1, "components": [
		{"type": "library", "group": "io.netty", "name": "netty-codec", "version": "4.1.73.Final", "purl": "pkg:maven/io.netty/netty-codec@4.1.73.Final"}]}`))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for _, tt := range []struct {
		symbol string
		want   int
	}{{"__svm_version_info", 1}, {"no_version_info", 0}} {
		var c bytes.Buffer
		fmt.Fprintf(&c, "char %s[] = \"GraalVM 17\";\nunsigned long sbom_length = %d;\nunsigned char sbom[] = {", tt.symbol, sbom.Len())
		for _, b := range sbom.Bytes() {
			fmt.Fprintf(&c, "%d,", b)
		}
		c.WriteString("};\nint main(void) { return 0; }\n")
		dir := t.TempDir()
		source, program := filepath.Join(dir, "app.c"), filepath.Join(dir, "app")
		require.NoError(t, os.WriteFile(source, c.Bytes(), 0o600))
		out, err := exec.CommandContext(t.Context(), "gcc", "-rdynamic", "-o", program, source).CombinedOutput()
		require.NoError(t, err, "%s", out)
		content, err := os.ReadFile(program)
		require.NoError(t, err)

		_, inv := read(t, packaged.Image(t, packaged.Text("-- usr/bin/app --\n"+string(content))))
		var names []string
		for _, p := range inv.Packages {
			names = append(names, p.Name)
		}
		assert.Len(t, names, tt.want, "%s: %v", tt.symbol, names)
	}
}
