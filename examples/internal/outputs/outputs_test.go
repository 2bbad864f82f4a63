package outputs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errFull = errors.New("no space left")

// list is a list of formats that write a word: as it is, in brackets, and not at all.
func list() *List[string] {
	as := func(before, after string, err error) func(io.Writer, string) error {
		return func(w io.Writer, s string) error {
			_, _ = io.WriteString(w, before+s+after)
			return err
		}
	}
	return &List[string]{Formats: []Format[string]{{"plain", "", as("", "", nil)}, {"brackets", "", as("(", ")", nil)}, {"bad", "", as("", "", errFull)}}}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	l := list()
	require.NoError(t, l.Set("brackets"))
	require.NoError(t, l.Set("plain="+filepath.Join(dir, "a")))
	assert.True(t, l.Asked())
	assert.True(t, l.Asked("x", "plain"))
	assert.False(t, l.Asked("bad"))
	require.NoError(t, l.Settle(""))
	require.NoError(t, l.Open())
	defer l.Close()
	var out bytes.Buffer
	require.NoError(t, l.Write(&out, "word"))
	assert.Equal(t, "(word)", out.String())
	b, err := os.ReadFile(filepath.Join(dir, "a"))
	require.NoError(t, err)
	assert.Equal(t, "word", string(b))
}

// Without a format it is the first one.
func TestDefault(t *testing.T) {
	l := list()
	require.NoError(t, l.Settle(""))
	var out bytes.Buffer
	require.NoError(t, l.Write(&out, "word"))
	assert.Equal(t, "word", out.String())
}

// A format that fails costs no file, and none of the others'.
func TestFails(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "a")
	require.NoError(t, os.WriteFile(old, []byte("old"), 0o644))
	l := list()
	require.NoError(t, l.Set("plain="+old))
	require.NoError(t, l.Set("bad="+filepath.Join(dir, "b")))
	require.NoError(t, l.Settle(""))
	require.NoError(t, l.Open())
	err := l.Write(io.Discard, "word")
	l.Close()
	assert.ErrorIs(t, err, errFull)
	assert.ErrorContains(t, err, "b: bad: no space left")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1)
	b, err := os.ReadFile(old)
	require.NoError(t, err)
	assert.Equal(t, "old", string(b))
}

func TestErrors(t *testing.T) {
	for want, test := range map[string]struct {
		formats []string
		out     string
	}{
		`unknown format "yaml": one of plain, brackets, bad`: {[]string{"yaml"}, ""},
		"no file after =": {[]string{"plain="}, ""},
		"plain and bad both go to the standard output: -format NAME=FILE gives one a file": {[]string{"plain", "bad"}, ""},
		"plain and bad both go to x: -format NAME=FILE gives one a file":                   {[]string{"plain=x", "bad=./x"}, ""},
		"-o x: every format has a file of its own":                                         {[]string{"plain=y"}, "x"},
		"- is no file: without one, a format goes to the standard output":                  {nil, "-"},
	} {
		l := list()
		var err error
		for _, f := range test.formats {
			err = errors.Join(err, l.Set(f))
		}
		if err == nil {
			err = l.Settle(test.out)
		}
		assert.EqualError(t, err, want)
	}
}

// Two names of one file are one place.
func TestOnePlace(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.Mkdir("sub", 0o755))
	require.NoError(t, os.Symlink("sub", "link"))
	require.NoError(t, os.WriteFile("sub/a", nil, 0o644))
	require.NoError(t, os.Symlink("a", "sub/b"))
	for _, same := range [][2]string{{"sub/a", "sub/b"}, {"sub/new", "link/new"}, {"new", filepath.Join(dir, "new")}} {
		l := list()
		require.NoError(t, l.Set("plain="+same[0]))
		require.NoError(t, l.Set("brackets="+same[1]))
		assert.ErrorContains(t, l.Settle(""), "plain and brackets both go to "+same[1], same)
	}
	l := list()
	require.NoError(t, l.Set("plain=sub/new"))
	require.NoError(t, l.Set("brackets=link/other"))
	assert.NoError(t, l.Settle(""))
}
