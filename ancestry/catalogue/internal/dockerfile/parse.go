package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// MaxSize is the size in bytes beyond which a Dockerfile is not read.
const MaxSize = 1 << 20

// A File is a parsed Dockerfile. It is safe for concurrent use.
type File struct {
	ast    *parser.Node
	escape rune
}

// Parse reads a Dockerfile. The error tells the line.
func Parse(r io.Reader) (*File, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading dockerfile: %w", err)
	}
	if len(b) > MaxSize {
		return nil, fmt.Errorf("dockerfile is larger than %d bytes", MaxSize)
	}
	parsed, err := parser.Parse(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("parsing dockerfile: %w", positioned(err))
	}
	f := &File{ast: parsed.AST, escape: parsed.EscapeToken}
	if _, _, err := f.stages(); err != nil {
		return nil, err
	}
	return f, nil
}

// stages makes the stages again: evaluating changes them.
func (f *File) stages() ([]instructions.Stage, []instructions.ArgCommand, error) {
	stages, meta, err := instructions.Parse(f.ast, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("parsing dockerfile: %w", positioned(err))
	}
	if len(stages) == 0 {
		return nil, nil, errors.New("parsing dockerfile: no FROM")
	}
	return stages, meta, nil
}

// positioned puts the line before an error of BuildKit's, which keeps it apart.
func positioned(err error) error {
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		return fmt.Errorf("line %d: %w", at.Locations[0][0].Start.Line, err)
	}
	return err
}
