package recipe

import "github.com/stemma-go/stemma/layers/history"

// A Dialect is a builder's way of recording instructions: the number that
// [history.Writing] gives to it. The number is this program's; catalogue files have the
// builder's name.
type Dialect uint8

// The dialects that have a name here. Others are those of further builders in
// package history's table: only tests, and code that treats one dialect specially, need
// a constant.
const (
	Any      Dialect = 0 // not known, or of a builder that runs no Dockerfile
	Docker   Dialect = 1 // Docker's classic builder
	BuildKit Dialect = 2 // BuildKit, buildx
	Buildah  Dialect = 3 // Buildah, Podman
	Kaniko   Dialect = 4 // Kaniko
)

// Dialects are all dialects but Any, in the order in which an entry of unknown
// origin is tried.
func Dialects() []Dialect {
	var all []Dialect
	for f := range history.Builders() {
		if f.Writing != nil {
			all = append(all, Dialect(f.Writing.Dialect))
		}
	}
	return all
}

// DialectOf returns the dialect of a builder, Any where it has none.
func DialectOf(b history.Builder) Dialect {
	if w := b.Facts().Writing; w != nil {
		return Dialect(w.Dialect)
	}
	return Any
}

// String returns the builder's name in lower case, "any" for Any.
func (d Dialect) String() string {
	if d == Any {
		return "any"
	}
	if f, ok := d.facts(); ok {
		return string(f.Builder)
	}
	return "unknown"
}

func (d Dialect) facts() (history.Facts, bool) {
	for f := range history.Builders() {
		if f.Writing != nil && Dialect(f.Writing.Dialect) == d {
			return f, true
		}
	}
	return history.Facts{}, false
}

// writing returns how the dialect's builder writes. A dialect that nobody writes has
// the Dockerfile's lines.
func (d Dialect) writing() *history.Writing {
	if f, ok := d.facts(); ok {
		return f.Writing
	}
	return &history.Writing{Dialect: uint8(d), Sources: true}
}
