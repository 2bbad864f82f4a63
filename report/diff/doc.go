// Package diff compares two reports: what another image, or another build of one, changes.
//
//	d := diff.New(old, new, nil)
//	err := diff.WriteText(os.Stdout, d, 0)
//
// A [Diff] is plain data. It says of the old image and the new one
//
//   - the ancestors: kept, moved on to another image of the same repository, replaced, added or
//     removed;
//   - the packages: added, removed, up, down, or brought by another ancestor than before;
//   - the findings of the rules that are gone, new, or of another severity;
//   - the vulnerabilities gained and lost, where scanners' reports of both images were read;
//   - the bytes;
//   - the losses: what the executables of the image's own layers need, and would not find on the
//     new one. These want to be looked for while the images are read: see [Options].
//
// [WriteText] and [WriteJSON] write it; report/markdown has a WriteDiff for pull requests.
//
// # Ancestors
//
// An ancestor is kept if what it added is the same: its layers are, or hold the same files. Dates,
// logs, caches and package databases do not count, so a rebuild that changes nothing else is the
// same ancestor; what the databases list is compared as packages. The two chains are laid beside
// each other by what is the same, and by repository. What is left between two such pairs is paired
// from the bottom: a root that is another distribution's is "replaced". The two images themselves are a
// pair where neither is found in the other's chain, unless the new one is another base: see Options.Base.
//
// # Packages
//
// Packages are compared that the finished images have. They are matched by type, name,
// architecture and place; then without the place; then without the architecture. What is left of
// the packages of distributions is matched by software:
//
//   - within one package system, where the names differ only in a version: libssl1.1 and libssl3,
//     libicu72 and libicu76t64, gcc-12-base and gcc-14-base, and the source packages agree as well;
//   - across package systems, by the source package. Debian's libssl3 and Alpine's libssl3 and
//     libcrypto3 are all made from openssl. Where the sources differ in name, a short table has
//     one name for them ([Software]).
//
// A row has then several packages on a side. Versions of two package systems have no order; the
// change is [Other].
//
// # What is not known
//
// Diff.NotKnown says what could not be compared, and why: layers that were not read, packages
// that are not known, an image that was read in part. Where it is empty all was compared.
package diff
