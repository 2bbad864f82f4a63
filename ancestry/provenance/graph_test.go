package provenance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// steps are parsed from lines "ID OPERATION INPUT…", where an operation is image:REF, run,
// copy (onto the first input, or onto nothing: "-", from the second), merge or end.
func steps(t *testing.T, text string) []graphStep {
	t.Helper()
	var all []string
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		op, inputs := "{}", f[2:]
		switch {
		case strings.HasPrefix(f[1], "image:"):
			op = fmt.Sprintf(`{"source":{"identifier":"docker-image://%s"}}`, strings.TrimPrefix(f[1], "image:"))
		case f[1] == "run":
			mounts := `{"dest":"/"}`
			for i := range inputs[1:] {
				mounts += fmt.Sprintf(`,{"dest":"/mnt%d","input":%d,"output":-1}`, i+1, i+1)
			}
			op = `{"exec":{"mounts":[` + mounts + `]}}`
		case f[1] == "copy" && inputs[0] == "-":
			inputs = inputs[1:]
			op = `{"file":{"actions":[{"input":-1,"secondaryInput":0,"output":0,"Action":{"copy":{"src":"/a","dest":"/b/"}}}]}}`
		case f[1] == "copy":
			op = `{"file":{"actions":[{"input":0,"secondaryInput":1,"output":0,"Action":{"copy":{"src":"/a","dest":"/b/"}}}]}}`
		case f[1] == "copies": // two actions, the second on the first
			op = `{"file":{"actions":[{"input":0,"secondaryInput":1,"output":-1,"Action":{"copy":{"src":"/a","dest":"/b"}}},` +
				`{"input":3,"secondaryInput":2,"output":0,"Action":{"copy":{"src":"/c","dest":"/d"}}}]}}`
		case f[1] == "merge":
			var n []string
			for i := range inputs {
				n = append(n, fmt.Sprintf(`{"input":%d}`, i))
			}
			op = `{"merge":{"inputs":[` + strings.Join(n, ",") + `]}}`
		case f[1] == "diff":
			op = `{"diff":{}}`
		}
		for i, in := range inputs {
			inputs[i] = `"` + in + `:0"`
		}
		all = append(all, fmt.Sprintf(`{"id":%q,"op":{"Op":%s},"inputs":[%s]}`, f[0], op, strings.Join(inputs, ",")))
	}
	var out []graphStep
	require.NoError(t, json.Unmarshal([]byte("["+strings.Join(all, ",")+"]"), &out))
	return out
}

func TestFollow(t *testing.T) {
	for what, test := range map[string]struct {
		graph  string
		base   string
		layers string // the steps, and what each copies
		loose  bool
	}{
		"a line":         {"0 image:base:1\n1 run 0\n2 run 1\n3 end 2", "base:1", "1 2", false},
		"a copy":         {"0 image:base:1\n1 image:x:2\n2 copy 0 1\n3 end 2", "base:1", "2<1", false},
		"two copies":     {"0 image:base:1\n1 image:x:2\n2 image:y:3\n3 copies 0 1 2\n4 end 3", "base:1", "3<1<2", false},
		"from scratch":   {"0 image:x:2\n1 copy - 0\n2 end 1", "", "1<0", false},
		"mounts":         {"0 image:base:1\n1 image:x:2\n2 run 0 1\n3 end 2", "base:1", "2<1", false},
		"a linked copy":  {"0 image:base:1\n1 run 0\n2 image:x:2\n3 copy - 2\n4 merge 1 3\n5 run 4\n6 end 5", "base:1", "1 3<2 5", false},
		"linked copies":  {"0 image:base:1\n1 image:x:2\n2 copy - 1\n3 copy - 1\n4 merge 0 2 3\n5 end 4", "base:1", "2<1 3<1", false},
		"merged images":  {"0 image:base:1\n1 image:x:2\n2 merge 0 1\n3 end 2", "base:1", "2<1", true},
		"nothing but it": {"0 image:base:1\n1 end 0", "base:1", "", false},
	} {
		t.Run(what, func(t *testing.T) {
			g, err := newGraph(steps(t, test.graph), buildKitMetadata{})
			require.NoError(t, err)
			l, err := newWalk(g).follow(g.top)
			require.NoError(t, err)
			base := ""
			if n, ok := g.image(l.base); ok {
				base = n.String()
			}
			var layers []string
			for _, made := range l.layers {
				says := g.steps[made.step].ID
				for _, c := range made.copies {
					says += "<" + g.steps[c.from.step].ID
				}
				layers = append(layers, says)
			}
			assert.Equal(t, test.base, base)
			assert.Equal(t, test.layers, strings.Join(layers, " "))
			assert.Equal(t, test.loose, l.loose)
		})
	}
}

// What is wrong with a graph is said with the step.
func TestBrokenGraphs(t *testing.T) {
	merges := "0 image:base:1\n" // each merge doubles the ways down
	for i := range 60 {
		merges += fmt.Sprintf("%d merge %d %d\n", i+1, i, i)
	}
	for what, test := range map[string]struct{ graph, says string }{
		"a circle":          {"0 run 1\n1 run 0\n2 end 1", "step 1: the graph goes round in a circle"},
		"itself":            {"0 run 0\n1 end 0", "step 0: the graph goes round in a circle"},
		"merged circle":     {"0 image:base:1\n1 merge 0 2\n2 copy 1 0\n3 end 1", "the graph goes round in a circle"},
		"an unknown input":  {"0 run 7\n1 end 0", `step 0: no input "7:0"`},
		"no result":         {"0 image:base:1\n1 run 0", "no step is the result"},
		"two results":       {"0 image:base:1\n1 end 0\n2 end 0", "step 2: a second result"},
		"one ID twice":      {"0 image:base:1\n0 run 0\n1 end 0", `step 1: there are two with the ID "0"`},
		"an unknown kind":   {"0 image:base:1\n1 diff 0\n2 end 1", "step 1: an operation that cannot be followed"},
		"too many ways":     {merges + "61 end 60", "steps are on the ways through the graph"},
		"an empty document": {"", "no step is the result"},
	} {
		t.Run(what, func(t *testing.T) {
			started := time.Now()
			g, err := newGraph(steps(t, test.graph), buildKitMetadata{})
			if err == nil {
				_, err = newWalk(g).follow(g.top)
			}
			require.ErrorContains(t, err, test.says)
			t.Log(time.Since(started))
		})
	}
	_, err := newGraph(make([]graphStep, maxSteps+1), buildKitMetadata{})
	assert.ErrorContains(t, err, "20001 steps, more than 20000")
	deep := "0 image:base:1\n"
	for i := range 5000 {
		deep += fmt.Sprintf("c%d copy - %d\n%d merge %d c%d\n", i, i, i+1, i, i)
	}
	g, err := newGraph(steps(t, deep+"end end 5000"), buildKitMetadata{})
	require.NoError(t, err)
	l, err := newWalk(g).follow(g.top)
	require.NoError(t, err)
	assert.Len(t, l.layers, 5000)
}
