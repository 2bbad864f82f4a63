package dockerfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// TestSizeIsBounded has Dockerfiles that are small, and great when evaluated.
func TestSizeIsBounded(t *testing.T) {
	var args, words strings.Builder
	var open strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&open, "ENV V%d=value-%d\nUSER $U%d\n", i, i, i)
		fmt.Fprintf(&args, "ARG a%d\nRUN x\n", i)
		fmt.Fprintf(&words, "k%d=$A ", i)
	}
	for name, text := range map[string]string{
		"ENV doubles":        "ENV A=aaaaaaaa\n" + strings.Repeat("ENV A=$A$A\n", 40),
		"globals double":     "",
		"a text for each":    "ENV A=aaaaaaaa\n" + strings.Repeat("ENV A=${A//a/$A}\n", 8),
		"one inside another": "ENV A=" + strings.Repeat("a", 3000) + "\nENV B=${A//a/${A//a/${A//a/$A}}}\n",
		"a name that is #":   "ENV #=" + strings.Repeat("a", 3000) + "\nENV B=${#//a/${#//a/${#//a/x}}}\n",
		"a value many times": "ENV A=" + strings.Repeat("a", 10_000) + "\nLABEL " + words.String() + "\n",
		"relative WORKDIRs":  "WORKDIR /\n" + strings.Repeat("WORKDIR a\n", 20_000),
		"every RUN has ARGs": args.String(),
		"many open ones":     open.String(),
	} {
		text = "FROM a\n" + text
		if name == "globals double" {
			text = "ARG A=aaaaaaaa\n" + strings.Repeat("ARG A=$A$A\n", 40) + "FROM a:$A\n"
		}
		_, err := parse(t, text).Recipe(nil)
		require.ErrorContains(t, err, "evaluates to more than", name)
	}
	r, err := parse(t, "FROM a\nENV V=1.2.3\nENV U=${V//./_} W=${V/1/2}\n").Recipe(nil)
	require.NoError(t, err)
	assert.Equal(t, "ENV U=1_2_3 W=2.2.3", r.Lines(recipe.BuildKit)[1])

	// An address and some versions, as they stand in honest Dockerfiles.
	r, err = parse(t, "FROM a\nENV V=1.2.3 U=https://downloads.example.com/releases/stable/linux-x86_64\nADD $U/${V//./_}/${V//./-}/${V//./}/${V/1/2}.tar.gz /\n").Recipe(nil)
	require.NoError(t, err)
	assert.Equal(t, "ADD https://downloads.example.com/releases/stable/linux-x86_64/1_2_3/1-2-3/123/2.2.3.tar.gz /", r.Lines(recipe.BuildKit)[1])
}
