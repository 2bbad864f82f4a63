// Package patch traces how far the fix of each vulnerability has come on its way into an
// image, names the link of the chain that holds it, and what to do that releases the most:
//
//	r.Vulnerabilities, err = vulns.Join(r, docs, nil)
//	r.Patches = patch.Trace(r, &patch.Options{Index: idx})
//
// It reads nothing itself. What it knows comes from the report, from an [Index] of the
// distribution's packages, and from [Rebuilds], which know how ancestors are published today;
// both may be left out.
//
// # The way of a fix
//
// A fix goes from link to link, and waits at the first that has not moved:
//
//  1. Somebody makes a version without the vulnerability: until then PatchNone.
//  2. The distribution publishes it: until then PatchUnpublished. An index tells, and without
//     one the scanners' word is taken that it did.
//  3. The ancestor that installed the package is rebuilt: until then PatchInstaller. That
//     is the ancestor whose layer brought the version at hand.
//  4. Each younger ancestor is rebuilt on that one, in order: until then PatchNextLink.
//  5. The image is rebuilt on its base: until then PatchPull.
//
// What one of the image's own steps installed is mended there, as soon as it is published:
// PatchOwnStep. Where one of these questions has no answer, the state is PatchNotKnown,
// Trace.Ancestor is the link of which nothing is known, and Trace.Why says what is missing.
// Of a vulnerability that is excused nothing is traced.
//
// # What is known of a link
//
// Best is the build to which the ancestor's tag points today, if Rebuilds have its packages:
// it has the fixed version, or it does not, and no day matters. If today's base of the image
// has it, so have all links below.
//
// Otherwise days are compared, and none is guessed. A build has the fix for certain if it was
// made after the fix was there for certain: an index of that day had it, or a scanner says so
// (Grype does). It lacks the fix for certain if it was made before the fixed version was built
// (Alpine's index says when), or if it is the very build that the image stands on. All
// between is not known. The days of builds are those of Rebuilds, or those on which a
// catalogue has the tag pointing to another recipe (Ancestor.Standing): that is a build of
// that day, and there may be later ones that the catalogue does not know, since a build of
// the same recipe leaves no trace in it.
//
// Packages may be some days older than the build that has them: the roots of distributions are
// made of a snapshot, and published later. So a build counts as one with the fix only a week
// after it, or a day where the day of the build itself is known. And days say nothing of
// packages whose versions Dockerfiles choose: those of languages, and what is in no package
// system. For these only the packages of today's build tell.
//
// # Outdated packages
//
// With an index, packages are counted of which the distribution has a newer version, for each
// ancestor that brought them: a base that was built yesterday from an old cache, or on an old
// base, is not an up-to-date one. This needs no scanner.
package patch
