// Package panics makes errors of panics: images are hostile input, and a bug that one of them
// finds in a parser costs the parser's answer, not the program.
package panics

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/stemma-go/stemma/layers/printable"
)

// Catch runs f, and returns its error. If f panics, the error says with what, and where, in
// one line: "panic: index out of range [3] with length 3, in example.org/m/pkg.parse
// (parse.go:12)". Panics of goroutines that f starts are not caught, and nor is what Go ends
// the program for: a stack that overflows, no memory, a map that is written at the same time.
func Catch(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = New(v, debug.Stack())
		}
	}()
	return f()
}

// New returns the error of a panic that was caught elsewhere. stack is as [debug.Stack]
// writes it.
func New(value any, stack []byte) error { return &caught{value, where(string(stack))} }

type caught struct {
	value any
	where string
}

func (c *caught) Error() string {
	says := "panic: " + printable.Line(fmt.Sprint(c.value)) // which may quote an image, and have any number of lines
	if c.where == "" {
		return says
	}
	return says + ", in " + c.where
}

// Unwrap returns what it was, if that was an error.
func (c *caught) Unwrap() error {
	err, _ := c.value.(error)
	return err
}

// where returns the function that panicked, with its line: the first outside the standard
// library, whose functions panic because of what they are given. It is "" if the stack
// names none.
func where(stack string) string {
	if i := strings.LastIndex(stack, "\npanic("); i >= 0 {
		stack = stack[i+1:] // what runs before is the code that catches
	}
	lines, inner := strings.Split(stack, "\n"), ""
	for i := 0; i+1 < len(lines); i++ {
		end := strings.LastIndexByte(lines[i], '(')
		file, isFile := strings.CutPrefix(lines[i+1], "\t")
		if end <= 0 || !isFile {
			continue
		}
		name := lines[i][:end]
		file, _, _ = strings.Cut(file[strings.LastIndexByte(file, '/')+1:], " ")
		at := fmt.Sprintf("%s (%s)", name, file)
		host, _, isPath := strings.Cut(name, "/")
		if isPath && strings.Contains(host, ".") {
			return at
		}
		if inner == "" && name != "panic" && !strings.HasPrefix(name, "runtime.") {
			inner = at
		}
	}
	return inner
}
