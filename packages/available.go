package packages

import "time"

// An Available is a version of a package that a distribution offers, as one index of its
// packages has it. Package packages/index reads such indexes.
type Available struct {
	// Version is that of the package, as Package.Version has it; "" where the index has
	// other packages of the same source alone.
	Version string
	// Source and SourceVersion are those of its source package, by which distributions
	// say what fixes a vulnerability. SourceVersion is often Version.
	Source, SourceVersion string
	// Built is when it was built, zero if the index does not say: nobody had it before.
	Built time.Time
	// By is a day on which the index had it, zero if it does not say when it was made. It
	// may have been there long before.
	By time.Time
	// Index is the part of the archive that has it: "bookworm-security".
	Index string
}
