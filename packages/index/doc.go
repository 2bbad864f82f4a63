// Package index reads the indexes of packages that distributions publish: which versions
// they offer of each package. Debian's and Ubuntu's (Packages, with the Release that says
// what they are of) and Alpine's (APKINDEX.tar.gz) are known.
//
//	of := index.System{ID: "debian", Codename: "bookworm", Arch: "amd64"}
//	x, err := index.Open(ctx, of, []string{"/var/lib/apt/lists"}, nil)
//
// # Where an index is
//
// A place is a directory or a URL. Of a directory all files below it are looked at, and those
// taken that are an index of the release in question: a mirror, or a part of one
// (dists/bookworm/…, v3.19/main/x86_64/APKINDEX.tar.gz), apt's own copy (/var/lib/apt/lists
// after apt-get update), apk's (/var/cache/apk). Links are not followed.
//
// A URL is the root of a mirror: the directory that dists/ is in, or v3.19/. Debian's security
// updates are a mirror of their own. Of a mirror the release is asked for, and its -updates and
// -security, each if there is one. Nothing else is asked of any server, and nothing at all
// where no place is a URL.
//
// # Of which release
//
// An index of another release would make everything look outdated, or nothing. So one is
// taken only if it says of which release it is: Codename and Suite of
// Debian's Release, DESCRIPTION of Alpine's. Backports and proposed updates are left out, since
// nobody gets them who does not ask for them by name.
//
// # Whose archive
//
// Archives of others have releases of the same names. So one is taken only if the Origin of
// its Release is Debian or Ubuntu, and its Label Debian, Debian-Security or Ubuntu. Index.String
// names those of others, which are left out, and the parts of the release that were not read.
//
// # Days
//
// The day of a part of the archive is the Date of Debian's Release. Alpine's index has none:
// it is the day on which its newest package was built, which the index follows by some hours.
//
// # What is not checked
//
// Signatures are not: an index is trusted as far as the place that it was read from. What a
// server sends is compared with the SHA-256 that its Release has for it.
//
// # Limits
//
// Whatever the place, files have a size, compressed and not, lines a length, paragraphs a
// number of bytes, and the index a number of packages. What is beyond is an error, and not
// left out.
package index
