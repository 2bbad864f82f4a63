// Package outputs is the flag -format of the examples: in which formats a program writes what it
// found out, and to which files.
package outputs

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/atomicwriter"
)

// A Format is a way to write a T.
type Format[T any] struct {
	Name, Says string
	Write      func(io.Writer, T) error
}

// A List is the formats that were asked for: the value of a flag, which may be given several
// times. After the flags, [List.Settle] says what is wrong with them together.
type List[T any] struct {
	Formats []Format[T] // that there are; the first is written where none was asked for
	asked   []output[T]
}

type output[T any] struct {
	Format[T]
	file string // "" is the standard output
	temp io.WriteCloser
}

// String is "": a list has no default to show.
func (l *List[T]) String() string { return "" }

// Set takes NAME or NAME=FILE.
func (l *List[T]) Set(value string) error {
	name, file, named := strings.Cut(value, "=")
	if named && file == "" { // an unset variable
		return errors.New("no file after =")
	}
	i := slices.IndexFunc(l.Formats, func(f Format[T]) bool { return f.Name == name })
	if i < 0 {
		return fmt.Errorf("unknown format %q: one of %s", name, l.Names())
	}
	l.asked = append(l.asked, output[T]{Format: l.Formats[i], file: file})
	return nil
}

// Names are those of all formats, with commas between them.
func (l *List[T]) Names() string {
	var names []string
	for _, f := range l.Formats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// Asked reports whether one of the formats was asked for; without names, whether any was.
func (l *List[T]) Asked(names ...string) bool {
	return slices.ContainsFunc(l.asked, func(o output[T]) bool { return len(names) == 0 || slices.Contains(names, o.Name) })
}

// Settle gives the file out, if it is not "", to the one format that names none. It refuses two
// formats for one place.
func (l *List[T]) Settle(out string) error {
	if len(l.asked) == 0 {
		l.asked = []output[T]{{Format: l.Formats[0]}}
	}
	taken := map[string]string{}
	for i := range l.asked {
		o := &l.asked[i]
		if o.file == "" {
			o.file, out = out, ""
		}
		switch {
		case o.file == "-":
			return errors.New("- is no file: without one, a format goes to the standard output")
		case o.file != "":
			o.file = filepath.Clean(o.file)
		}
		at := place(o.file)
		if other, ok := taken[at]; ok {
			return fmt.Errorf("%s and %s both go to %s: -format NAME=FILE gives one a file", other, o.Name, cmp.Or(o.file, "the standard output"))
		}
		taken[at] = o.Name
	}
	if out != "" {
		return fmt.Errorf("-o %s: every format has a file of its own", out)
	}
	return nil
}

// place is the same for two names of one file. "" stays as it is.
func place(file string) string {
	if file == "" {
		return ""
	}
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	if target, err := filepath.EvalSymlinks(file); err == nil {
		return target
	}
	dir, base := filepath.Split(file)
	if target, err := filepath.EvalSymlinks(dir); err == nil { // the file is not there yet
		return filepath.Join(target, base)
	}
	return file
}

// Open makes a temporary file beside each file to write, so that one that cannot be written is
// told before anything is read. Close has to be called, also after an error.
func (l *List[T]) Open() error {
	for i := range l.asked {
		o := &l.asked[i]
		if o.file == "" {
			continue
		}
		if target, err := filepath.EvalSymlinks(o.file); err == nil {
			o.file = target
		}
		var err error
		if o.temp, err = atomicwriter.New(o.file, 0o644); err != nil {
			return fmt.Errorf("%s: %w", o.file, err)
		}
	}
	return nil
}

// Close removes the temporary files of what was not written.
func (l *List[T]) Close() {
	for _, o := range l.asked {
		if o.temp != nil {
			_ = o.temp.Close() // nothing was written to it
		}
	}
}

// Write writes v in every format. A file is there in full, or as it was before; the standard
// output comes last.
func (l *List[T]) Write(stdout io.Writer, v T) error {
	texts := make([]bytes.Buffer, len(l.asked))
	for i, o := range l.asked {
		if o.temp == nil {
			continue
		}
		if err := o.Format.Write(&texts[i], v); err != nil {
			return fmt.Errorf("%s: %s: %w", o.file, o.Name, err)
		}
	}
	for i := range l.asked {
		o := &l.asked[i]
		if o.temp == nil {
			continue
		}
		_, err := o.temp.Write(texts[i].Bytes())
		if err = errors.Join(err, o.temp.Close()); err != nil {
			return fmt.Errorf("%s: %w", o.file, err)
		}
		o.temp = nil
	}
	for _, o := range l.asked {
		if o.file != "" {
			continue
		}
		if err := o.Format.Write(stdout, v); err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
	}
	return nil
}
