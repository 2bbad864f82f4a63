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

// TestLineage: chains with known truth are told right, or what is not known is said. What
// the root's files say only adds: no image that is told right from its configuration is
// told worse with them.
func TestLineage(t *testing.T) {
	g := embedded(t)
	for _, file := range []string{"official", "others"} {
		t.Run(file, func(t *testing.T) {
			cases := lineage.All(t, file)
			step := 1
			if file == "official" {
				step = every(t)
			}
			count := map[string]map[lineage.Verdict]int{}
			n := 0
			for i := 0; i < len(cases); i += step {
				n++
				judgeModes(t, g, cases[i], count)
			}
			for _, mode := range lineageModes {
				var line string
				for _, v := range lineage.Verdicts() {
					line += " " + strconv.Itoa(count[mode.name][v]) + " " + string(v) + ","
				}
				t.Logf("%s, %s: %d cases:%s", file, mode.name, n, line)
				assert.Zero(t, count[mode.name][lineage.WrongName], "wrong names, %s", mode.name)
				if file == "others" {
					assert.Zero(t, count[mode.name][lineage.WrongTag], "wrong tags, %s", mode.name)
					assert.Zero(t, count[mode.name][lineage.Boundary], "boundaries, %s", mode.name)
				}
			}
		})
	}
}

// judgeModes counts the verdicts on a case in each mode, and compares them.
func judgeModes(t *testing.T, g ancestry.Source, c *lineage.Case, count map[string]map[lineage.Verdict]int) {
	t.Helper()
	verdicts := map[string]lineage.Verdict{}
	for _, mode := range lineageModes {
		l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: mode.hints(c), Catalogues: []ancestry.Source{g}})
		require.NoError(t, err)
		v, says := c.Judge(l)
		if count[mode.name] == nil {
			count[mode.name] = map[lineage.Verdict]int{}
		}
		count[mode.name][v]++
		verdicts[mode.name] = v
		if show := os.Getenv("STEMMA_LINEAGE_SHOW"); show != "" && lineage.Verdict(show) == v {
			t.Logf("%s: %s", c.Name, says)
		}
	}
	with, without := verdicts[lineageModes[0].name], verdicts[lineageModes[1].name]
	assert.False(t, without == lineage.Right && with != lineage.Right, "%s: right from the configuration, %s with the root's files", c.Name, with)
}
