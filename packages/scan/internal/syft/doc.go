// Package syft is the one door to Syft: its catalogers, run on a layers.Index
// instead of an unpacked image. Nothing else in this module imports Syft.
//
// # Three ways to run a cataloger
//
// A cataloger asks a file resolver for the files that match its globs and for
// their contents. Which globs, each cataloger is asked once, against a resolver
// that only writes down what it is asked for (see [NewSet]). What is done with a
// file that matches depends on how the cataloger works:
//
//   - [Alone]: what it says of a file depends on that file only (a Go binary, a
//     jar). It runs in the pass over the layer, on a resolver that holds the one
//     file, and the bytes are dropped.
//   - [Files]: it reads a file and its neighbours (a dpkg status, a METADATA and
//     its RECORD). It runs after the pass, once per layer that changes such files,
//     sees only these when it enumerates, and the merged view when it looks for
//     neighbours.
//   - [Whole]: it combines many files (a deps.json and its assemblies). It runs
//     after the pass, for each layer that changes any of them, on all of them.
//
// # What Syft adds afterwards
//
// Syft's own scan finishes the packages: a missing version becomes "UNKNOWN", a
// package without a name is dropped, one that claims a binary which a package of
// the distribution owns is dropped. [Convert] does the first two; the caller, who
// knows the owners, the third. CPEs are made only if asked for: it takes up to half a
// millisecond for each package. Relationships are never made. License files are never
// read, since to tell a license from its text takes more time than all the rest; the names
// of licenses in metadata are, and those in Debian's copyright files (see [CopyrightNames]).
package syft
