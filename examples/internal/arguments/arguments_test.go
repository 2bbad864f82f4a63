package arguments

import (
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]struct {
		all   bool
		width string
		rest  []string
	}{
		"":                      {},
		"a":                     {rest: []string{"a"}},
		"-all a":                {all: true, rest: []string{"a"}},
		"a -all":                {all: true, rest: []string{"a"}},
		"a -width 80 b -all":    {all: true, width: "80", rest: []string{"a", "b"}},
		"a -width=80 -- b -all": {width: "80", rest: []string{"a", "b", "-all"}},
		"-- -all":               {rest: []string{"-all"}},
		"- -all":                {all: true, rest: []string{"-"}},
	} {
		set := flag.NewFlagSet("", flag.ContinueOnError)
		all, width := set.Bool("all", false, ""), set.String("width", "", "")
		rest, err := Parse(set, strings.Fields(line))
		require.NoError(t, err, line)
		assert.Equal(t, want.rest, rest, line)
		assert.Equal(t, want.all, *all, line)
		assert.Equal(t, want.width, *width, line)
	}
}

func TestErrors(t *testing.T) {
	for line, want := range map[string]string{"a -h": flag.ErrHelp.Error(), "a -nope": "not defined", "a -all=x": "invalid"} {
		set := flag.NewFlagSet("", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		set.Bool("all", false, "")
		_, err := Parse(set, strings.Fields(line))
		assert.ErrorContains(t, err, want, line)
	}
}
