//go:build tagged

package picture

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Chromium shows the page with its style, runs nothing, asks for nothing, and complains of
// nothing; no box and no name reaches beyond a window, wide or narrow. With STEMMA_PICTURES, a directory, pictures are
// left there to be looked at.
func TestTaggedPage(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed")
	}
	evil := sample()
	for i := range evil.Nodes {
		evil.Nodes[i].Name = strings.Repeat("<img src=x onerror=alert(1)>\u202e\"", 40)
	}
	many := Forest{AsOf: asOf, Images: 4000}
	for i := range int64(300) {
		many.Nodes = append(many.Nodes, Node{ID: i + 1, Parent: (i - 1) / 2, Name: fmt.Sprintf("registry.example.org/team/base-%d:2026.1", i), Sure: i%9 != 0, Images: int(4000 / (i + 2)), Bytes: 1e6 * i})
	}
	for name, f := range map[string]Forest{"sample": sample(), "evil": evil, "many": many, "nothing": {AsOf: asOf}} {
		_, html := write(t, f)
		for _, width := range []int{400, 1400} {
			dir := t.TempDir()
			page := filepath.Join(dir, "page.html")
			require.NoError(t, os.WriteFile(page, []byte(html), 0o644))
			shot := filepath.Join(dir, "page.png")
			cmd := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--user-data-dir="+dir, "--enable-logging=stderr", "--v=0",
				fmt.Sprintf("--window-size=%d,1400", width), "--screenshot="+shot, "file://"+page)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.NotContains(t, string(out), "CONSOLE", "violations of the policy and errors are there")
			require.FileExists(t, shot)
			if to := os.Getenv("STEMMA_PICTURES"); to != "" {
				b, err := os.ReadFile(shot)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(to, fmt.Sprintf("fleet-%s-%d.png", name, width)), b, 0o644))
			}
		}
	}
}

// Graphviz reads nodes and edges that are ours, whatever the names are.
func TestTaggedGraphviz(t *testing.T) {
	path, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("Graphviz is not installed")
	}
	for _, evil := range evils() {
		f := sample()
		for i := range f.Nodes {
			f.Nodes[i].Name, f.Nodes[i].Note = evil, evil
		}
		dot, _ := write(t, f)
		cmd := exec.Command(path, "-Tplain")
		cmd.Stdin = strings.NewReader(dot)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Equal(t, 5, strings.Count("\n"+string(out), "\nnode a"), evil)
		assert.Equal(t, 3, strings.Count("\n"+string(out), "\nedge a"), evil)
	}
}
