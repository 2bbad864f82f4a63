package recipe

import "github.com/stemma-go/stemma/layers/history"

// A Dialect is a builder's way of recording instructions.
type Dialect uint8

// The dialects.
const (
	Any      Dialect = iota // not known, or of a builder that runs no Dockerfile
	Docker                  // Docker's classic builder
	BuildKit                // BuildKit, buildx
	Buildah                 // Buildah, Podman
	Kaniko                  // Kaniko
)

// Dialects are all dialects but Any, in the order in which an entry of unknown
// origin is tried.
func Dialects() []Dialect { return []Dialect{BuildKit, Docker, Buildah, Kaniko} }

// DialectOf returns the dialect of a builder, Any where it has none.
func DialectOf(b history.Builder) Dialect {
	switch b {
	case history.BuilderDocker:
		return Docker
	case history.BuilderBuildKit:
		return BuildKit
	case history.BuilderBuildah:
		return Buildah
	case history.BuilderKaniko:
		return Kaniko
	}
	return Any
}

// String returns the builder's name in lower case, "any" for Any.
func (d Dialect) String() string {
	names := [...]string{"any", "docker", "buildkit", "buildah", "kaniko"}
	if int(d) >= len(names) {
		return "unknown"
	}
	return names[d]
}

// expanded reports whether the dialect records variables expanded.
func (d Dialect) expanded() bool { return d == Docker || d == BuildKit }

// records reports whether the dialect has an entry for an instruction. BuildKit has
// none for ONBUILD. Kaniko has one only where files changed: RUN, COPY, ADD, and a
// WORKDIR whose directory was not there before.
func (d Dialect) records(keyword string) bool {
	switch d {
	case BuildKit:
		return keyword != "ONBUILD"
	case Kaniko:
		return keyword == "RUN" || keyword == "COPY" || keyword == "ADD" || keyword == "WORKDIR"
	}
	return true
}
