// Package policy decides whether an image may pass, by a file that people can
// read and review.
//
// A policy is YAML. Every field is optional; an unknown one is an error, as is a
// rule that does not exist.
//
//	# The least severity of a finding that fails: note, warning, serious, or never. Default: serious.
//	failOn: warning
//	# The level of a rule's findings, in place of their severity: off, note, warning, serious.
//	rules:
//	  add-remote: off
//	  born-old: serious
//	# Findings that are known and accepted. Patterns are those of path.Match; what is left out matches all.
//	accept:
//	  - rule: build-tools
//	    ancestor: buildpack-deps*      # the ancestor's name, "repository:tag"
//	    subject: version control
//	    until: 2027-01-31              # the last day on which it is accepted
//	    reason: the CMS commits its pages
//	# How long ago each ancestor may have been built: 180d, 26w, 24h.
//	maxAge: 180d
//	# How many bytes the layers may have as stored: 500MB, 1.5GB (decimal), 512MiB.
//	maxSize: 500MB
//	# What the root of the chain may be, and each name that is as likely: repository or repository:tag.
//	allowedRoots: [debian, alpine, "registry.example.com/base/*"]
//	# How sure the root's name has to be: inferred, recognised, recorded, proved. Default: inferred.
//	rootConfidence: recognised
//
// An image that could be read only in part never passes, since what was not read
// could hold anything.
//
// # What is not known
//
// It does not pass for what was asked. Where a rule that the policy gives a level to
// cannot tell (whether an image is superseded, how long its distribution is maintained),
// the finding of the rule unknown that says so has that level. With maxAge, an ancestor
// fails whose build date is not known, and with maxSize an image whose layers were not
// read. To let reproducible builds pass, which have no date, accept it:
//
//	accept:
//	  - rule: maxAge
//	    ancestor: gcr.io/distroless/*
//	    reason: built without dates
package policy
