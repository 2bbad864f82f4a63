// Package policy decides whether an image may pass, by a file that people can
// read and review.
//
// A policy is YAML. Every field is optional, and an empty file is the default policy: findings
// that are serious fail, and an image that was read in part. An unknown field is an error, as is a
// rule that does not exist. Errors name the line and the key, and say what is wanted there.
//
//	# yaml-language-server: $schema=https://raw.githubusercontent.com/stemma-go/stemma/main/report/policy/schema.json
//
//	# Other policies, which this one is laid over.
//	extends: [../company.yaml]
//	# The least severity of a finding that fails: note, warning, serious, or never. Default: serious.
//	failOn: warning
//	# The level of a rule's findings, in place of their severity: off, note, warning, serious.
//	rules:
//	  add-remote: off
//	  born-old: serious
//	# The level of what ancestors brought, and not the image's own steps. The last entry that fits counts.
//	inherited:
//	  - level: note
//	  - rule: end-of-life
//	    level: serious
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
//	# Which images it may be built on: one of them has to be in the chain, below the image itself.
//	allowedBases:
//	  names: ["registry.example.com/base/*"]   # repository or repository:tag
//	  catalogue: bases.stemma                  # a catalogue file that has it, relative to this one
//	  maxAge: 30d                              # how long ago it may have been built
//	  confidence: recorded                     # how sure its name has to be. Default: recognised.
//	# How many vulnerabilities that scanners found there may be, by rating.
//	maxVulnerabilities:
//	  own: {critical: 0, high: 0}
//	  inherited: {critical: 0, high: 20}
//	  fixableOnly: true
//	  ownImages: ["registry.example.com/*"]
//
// The first line is for editors that know the YAML language server, such as those with
// Red Hat's YAML extension: they complete the keys, levels and rules, and show what each
// means. schema.json, beside this file, is a JSON Schema made from the types below and
// their comments. It can also be named by a path, relative to the policy. [Parse] and
// [Load] need no such line, and check more than a schema can.
//
// An image that could be read only in part never passes, since what was not read
// could hold anything.
//
// # What an ancestor brought
//
// inherited says what findings are worth that an ancestor brought: whoever builds the image
// can't mend them in his own Dockerfile. "What the base brings is a note" is one entry:
//
//	inherited:
//	  - level: note
//
// Entries name a rule and an ancestor by patterns; from the general to the special, since
// the last entry that fits a finding counts:
//
//	inherited:
//	  - level: note                                            # what the base brings is a note
//	  - {rule: end-of-life, level: serious}                    # but not its end of life
//	  - {ancestor: "example.com/platform/*", level: off}       # and the platform team looks after its own
//
// An entry's level takes the place of the severity and of the level that rules gives, but
// for off: a rule that is turned off stays so.
//
// That a finding was inherited is as sure as the place where an image above it begins. If
// that is only inferred, say from a CMD that more instructions follow, the finding counts as
// the image's own, since otherwise a Dockerfile could excuse its own steps by looks; the
// finding's message says so. The same goes for an ancestor whose name is only inferred,
// where an entry has a pattern for the name. An entry with confidence: inferred takes both
// as they are. An ancestor of unknown name fits entries without such a pattern, and no other;
// one with several names that are as likely fits a pattern that all of them match. What no
// ancestor is to blame for was not inherited.
//
// # What an image may be built on
//
// allowedBases asks that the image stands on one of ours, and not on an old one. The
// youngest ancestor that is allowed is its base, and what lies below is that one's affair.
// names alone go by what the base is called. With a catalogue the base has to be one of its
// images, and what the image says of itself, by labels and annotations, does not count,
// because anybody can write that: a catalogue knows images by their bytes (recorded where
// its own images were not read, proved where they and this one were) and Dockerfiles by their
// instructions (recognised). The command catalogue, in ancestry/catalogue/cmd, makes one of a
// registry:
//
//	catalogue -o bases.stemma -registry registry.example.com/base
//
// This package opens no files but policies. Who reads one that names a catalogue opens it,
// passes it to the analysis, and says what it knows: see [Policy.SetBases]. Until then no
// base is allowed. examples/gate does that.
//
// # Vulnerabilities
//
// maxVulnerabilities limits what scanners found, where package report/vulns has joined it to
// the ancestors. own is for what the image's own steps bring, and images of one's own
// (ownImages); inherited for the rest, as surely as confidence asks for. What is excused by
// VEX does not count, nor what is in packages that a later layer removed or replaced. What
// belongs to no known ancestor counts on both sides.
//
// What no scanner rates is of rating unknown, and may be critical. Where a side has limits and
// none on unknown, [Policy.Apply] adds a note that says how many these are; it is Undecided, so
// that every format tells that the check cannot, and fails nothing. unknown: 0 makes them fail,
// and with unknown: 1000 they pass in silence.
//
// Single ones are accepted by their identifier. An advisory that covers several of them (DSA,
// RHSA) is accepted by its own identifier, or where all that it covers are:
//
//	accept:
//	  - rule: maxVulnerabilities
//	    subject: CVE-2026-0001 openssl   # or CVE-2026-0001 for all packages
//	    until: 2027-01-31
//
// # Policies that extend others
//
// extends names files that come first: what they say holds where the file itself says
// nothing. They are taken in the order in which they are listed, each with what it extends
// itself, and each is laid over those before it:
//
//	failOn, maxAge, maxSize,       the last file that has it
//	rootConfidence, allowedRoots,
//	each key of allowedBases
//	rules, maxVulnerabilities      for each rule or limit, the last file that names it
//	inherited, accept              all entries, in that order
//
// So with this company.yaml
//
//	failOn: warning
//	maxAge: 180d
//	rules: {add-remote: off, born-old: serious}
//	inherited: [{level: note}]
//
// a team's policy
//
//	extends: [../company.yaml]
//	maxAge: none
//	rules: {born-old: default}
//	inherited: [{rule: end-of-life, level: serious}]
//
// is the same as
//
//	failOn: warning
//	rules: {add-remote: off}
//	inherited: [{level: note}, {rule: end-of-life, level: serious}]
//
// default gives a rule's findings their own severity again (and failOn its default), none
// takes back a limit or a catalogue, and allowedRoots: [] allows all. An entry of inherited is overruled by
// one that follows; one of accept cannot be taken back. A key with nothing after it says
// nothing.
//
// Paths are relative to the file in which they stand, with slashes on every system, and
// lead to files of the same [io/fs.FS]: one that leads out of it is an error. So are a file
// that extends itself, by whatever way, more than 32 files, and one of more than 1 MiB.
//
// # What is written
//
// [Policy.Violations] are the reasons why an image may not pass, for a terminal.
// [Policy.Apply] gives a report whose findings have the policy's levels as their severity,
// without those that it accepts, and with what it checks itself; each format below report
// writes that as it writes any report. report/junit writes what was checked, passed or not,
// for those who read tests.
//
// # What is not known
//
// It does not pass for what was asked. Where a rule that the policy gives a level to
// cannot tell (whether an image is superseded, how long its distribution is maintained),
// the finding of the rule unknown that says so has that level. With maxAge, an ancestor
// fails whose build date is not known, with maxSize an image whose layers were not read, and
// with maxVulnerabilities an image of which no scanner's report was read (a VEX document is not
// one). To let reproducible builds pass, which have no date, accept it:
//
//	accept:
//	  - rule: maxAge
//	    ancestor: gcr.io/distroless/*
//	    reason: built without dates
package policy
