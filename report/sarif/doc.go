// Package sarif writes a report as SARIF 2.1.0, the format of code-scanning pages, and so
// that GitHub shows all of it.
//
//	err := sarif.Write(w, rep, &sarif.Options{Dockerfile: d})
//
// README.md, beside this file, shows the workflow that uploads it, and what is then seen where.
//
// # What GitHub shows
//
// Of SARIF's many fields GitHub shows a few, and this package puts what matters into those:
//
//   - The message: what was found, who brought it, who can do what about it, and the bytes
//     that it would save. The first sentence is the alert's title.
//   - The place: a line of the Dockerfile, if Options has one. Without, it is the image's
//     repository, as if it were a file: "shop/api". GitHub wants a path there, and refuses
//     what has a scheme, a colon in its first part, or spaces.
//   - The rule: its documentation, and what to do in this image; tags, by which alerts are
//     filtered: security, maintenance, size, supply-chain, and others.
//   - The severity: Serious is error, Warning is warning, Note is note. Rules that are about
//     security have a security-severity, too: 8.0 (high), 5.0 (medium) or 2.0 (low). GitHub
//     shows all findings of such a rule alike, so those that are less severe than the worst
//     have a rule of their own: end-of-life/note.
//   - The fingerprint, by which an alert is the same after the next build.
//   - Related places: where the Dockerfile has a stage on a stage, the FROM of what is built
//     on the one with the base.
//
// # Vulnerabilities
//
// What scanners found (Report.Vulnerabilities) is a result for each package that has it, of
// the rule vulnerability/critical, vulnerability/high and so on, whose security-severity is
// 9.5, 8.0, 5.0, 2.0 or 1.0; vulnerability/unknown has none. The message says which ancestor
// brought the package, and which version is without it. What a VEX statement excuses is no
// result, since GitHub shows those that are suppressed, too; a notification names it.
//
// # Lines of the Dockerfile
//
// What a step of the Dockerfile did is at its lines. What the image inherited is at the FROM
// that names the base, also where the image is built on a stage that is built on it; so is
// what another base mends although no step is to blame. What is about the image as a whole,
// such as a missing USER, is at the FROM of the last stage; so is a step that the Dockerfile
// does not have, and the message says that it was not found.
//
// # Fingerprints
//
// GitHub takes two results for the same alert if rule, place and primaryLocationLineHash
// are. Here that hash is of the rule, the repository that brought the thing, and its
// subject; and where the subject is a layer, of the instruction that is to blame. Digests,
// dates, tags of the base, and numbers of layers and steps are not in it: a rebuild is no
// new alert, and an alert that was dismissed stays so. Two findings of a report never have
// the same.
//
// The action upload-sarif computes a hash of its own from the line, for files that it finds,
// and warns that this one differs. It keeps this one. Its own would make one alert of all that
// a rule finds in a base.
//
// # What is not known
//
// A finding that says that other rules cannot tell (the rule unknown) is of kind open, which
// is SARIF's word for it, and so of level none: it is no problem, and no all-clear. Its
// message names the rules that cannot tell. What could not be read is in the invocation's
// notifications; executionSuccessful is false where that is so much that more may be there.
// The run's properties say whether layers were read and packages are known.
//
// # For other readers
//
// Each result has logicalLocations, image@layer:/path, as far as there are a layer and a
// path; and properties with subject, remedy, by (who can do it), ancestor, bytes and
// undecided. The run's properties have the image's name, digest, platform and ancestors,
// and the day for which all is said.
//
// # Limits
//
// GitHub refuses a file with more than 25,000 results; then the least severe are left out,
// and a notification says how many. Texts are cut at 1,000 bytes, names at 255. Text from
// the image can write no control characters, links or markup.
package sarif
