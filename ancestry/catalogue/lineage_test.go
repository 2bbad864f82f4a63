package catalogue_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/testdata/lineage"
)

// A mode is what is known besides the configuration.
var lineageModes = []struct {
	name  string
	hints func(*lineage.Case) ancestry.Hints
}{
	{"with the root's files", (*lineage.Case).Hints},
	{"from the configuration alone", func(*lineage.Case) ancestry.Hints { return ancestry.Hints{} }},
}

// every says which part of the official cases is tried: each of them where
// STEMMA_LINEAGE_EVERY is 1.
func every(t *testing.T) int {
	if v := os.Getenv("STEMMA_LINEAGE_EVERY"); v != "" {
		n, err := strconv.Atoi(v)
		require.NoError(t, err)
		return n
	}
	return 20
}

// TestLineage: chains with known truth are told right, or what is not known is said.
func TestLineage(t *testing.T) {
	g := embedded(t)
	for _, file := range []string{"official", "others"} {
		t.Run(file, func(t *testing.T) {
			cases := lineage.All(t, file)
			step := 1
			if file == "official" {
				step = every(t)
			}
			for _, mode := range lineageModes {
				count := map[lineage.Verdict]int{}
				n := 0
				for i := 0; i < len(cases); i += step {
					c := cases[i]
					l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: mode.hints(c), Catalogues: []ancestry.Source{g}})
					require.NoError(t, err)
					v, says := c.Judge(l)
					count[v]++
					n++
					if show := os.Getenv("STEMMA_LINEAGE_SHOW"); show != "" && lineage.Verdict(show) == v {
						t.Logf("%s: %s", c.Name, says)
					}
				}
				var line string
				for _, v := range lineage.Verdicts() {
					line += " " + strconv.Itoa(count[v]) + " " + string(v) + ","
				}
				t.Logf("%s, %s: %d cases:%s", file, mode.name, n, line)
				assert.Zero(t, count[lineage.WrongName], "wrong names, %s", mode.name)
			}
		})
	}
}
