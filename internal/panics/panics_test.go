package panics

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

type parser struct{ fields []string }

func (p *parser) field(n int) string { return p.fields[n] }

// again panics with what it recovered from.
func again() {
	defer func() { panic(recover()) }()
	new(parser).field(3)
}

func TestCatch(t *testing.T) {
	const here, field = "github.com/stemma-go/stemma/internal/panics.", "(*parser).field (panics_test.go:14)"
	for what, test := range map[string]struct {
		f          func()
		says, from string
	}{
		"a text":               {func() { panic("a bug") }, "panic: a bug", "TestCatch.func"},
		"a text of an image":   {func() { panic("a\n\tb\x1b[2J") }, `panic: a b\x1b[2J`, "TestCatch.func"},
		"the runtime":          {func() { new(parser).field(3) }, "panic: runtime error: index out of range [3] with length 0", field},
		"the standard library": {func() { _ = strings.Repeat("x", -1) }, "panic: strings: negative Repeat count", "TestCatch.func"},
		"twice":                {again, "panic: runtime error: index out of range [3] with length 0", field},
	} {
		err := Catch(func() error { test.f(); return nil })
		assert.ErrorContains(t, err, test.says, what)
		assert.ErrorContains(t, err, ", in "+here+test.from, what)
		assert.NotContains(t, err.Error(), "\n", what)
	}
	assert.NoError(t, Catch(func() error { return nil }))
	assert.Equal(t, fs.ErrNotExist, Catch(func() error { return fs.ErrNotExist }))
	assert.ErrorIs(t, Catch(func() error { panic(fmt.Errorf("a file: %w", fs.ErrNotExist)) }), fs.ErrNotExist)
}

func TestNew(t *testing.T) {
	assert.EqualError(t, New("a bug", nil), "panic: a bug")
	assert.EqualError(t, New("a bug", []byte("goroutine 1 [running]:\nmain.main()\n\t/src/main.go:8 +0x1d\n")), "panic: a bug, in main.main (main.go:8)")
}
