// Package vulns reads the reports of vulnerability scanners, and joins what they found to the
// packages, layers and ancestors of an image:
//
//	d, err := vulns.Open("trivy.json")
//	...
//	r.Vulnerabilities, err = vulns.Join(r, []*vulns.Document{d}, nil)
//
// A scanner gives one list. Joined, each finding says which ancestor brought the package in the
// version that it is in, so whose it is to mend, and which other base would do without it.
// The formats below report write Report.Vulnerabilities, and report/policy limits them.
//
// # What is read
//
// A document is told by its content, whatever its name:
//
//	Trivy        -f json, schema 2 (version 0.20 and later)
//	Grype        -o json
//	Clair        a vulnerability report of version 4, as its API and clairctl -o json give it;
//	             and the report of clair-scanner
//	OSV-Scanner  --format json
//	VEX          OpenVEX, in JSON
//
// Of each the fields that are needed are read, and others ignored. A document that is not
// well formed, or has a finding without identifier or package, is refused as a whole, with
// the place where that is: a finding that is left out would read as none. A document may have
// 1 GiB, a million findings, and 4 kB for an identifier, a name or a path.
//
// # Which image it is of
//
// A report of another image is an error, [ErrOtherImage], unless Options.OtherImage asks for
// it. What says most decides: first the diffIDs of the layers; where one side does not know
// them, the digests of manifest and configuration; then the history; then the name. Where
// nothing can be compared, Scan.Same is "", and that it is of this image is not known.
//
// # Joining
//
// A finding is joined to a package of Report.Inventory:
//
//   - by package URL: type, name and version, with namespace where that is part of the name;
//   - else by type, name and version; source packages by the name of their source;
//   - of several that fit, those of the scanner's architecture and at the scanner's path, links
//     followed; of several that still do, one that is present, and the others are in Also.
//
// The version decides the layer. A finding about a version that a later layer upgraded belongs
// to the layer that brought that version, and its package is [report.Replaced]. Where the
// inventory lacks the package, but the scanner names the file that has it, the layer is that of the
// file.
//
// The layer is never the scanner's where it is known otherwise. Scanners are often wrong:
// Trivy and Clair name the first layer that ever had the version, also if it was
// removed and came back; Grype the last layer that wrote the package database. Only if the
// packages of the image are not known, as where a chain is told from a configuration alone, the
// scanner's layer is taken, and Join is [report.JoinScanner]; but not Grype's layer of a
// package database.
//
// What has no package or no layer is in the list as well, with the reason in Why, and its
// ancestor is -1.
//
// # Counting
//
// A vulnerability counts once for each package that has it. CVE-2026-1 of openssl, in libssl3
// and in openssl, is two, as scanners count it. Reported by two scanners, or as CVE and as
// GHSA, it is one, with two sightings, and the highest rating of both. An advisory that
// covers several (DSA, RHSA) is one of its own, unless all that it covers are on the package
// under their own numbers. So no finding is lost: for each scan, the sightings are the
// scanner's own total, Findings, and what it suppressed itself.
//
// # VEX
//
// A statement is about the image if its product is the image's reference (with or without
// tag, digest and docker.io/library), its digest, or a package URL of type oci with the name and
// repository_url, and its subcomponents, if any, name the package; or if its product is the
// package URL of the package. The youngest statement counts. "not_affected" and "fixed"
// excuse the vulnerability: it counts as Excused and as nothing else, and formats show who
// says so and why. "affected" takes an excuse back.
//
// What a scanner leaves out itself, because of a VEX document or a list of exceptions that it
// was given, is read from its report, too, as excused.
package vulns
