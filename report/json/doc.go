// Package json writes a report as JSON: one object, which [Write] prints and
// [Decode] reads back as a [Document].
//
// # Rules
//
// Every field is always there. Lists are never null, only empty. What is not
// known is "" for strings; null for dates, layers, steps and ancestors; 0 for
// numbers: see below. Dates are RFC 3339 in UTC. Digests are
// "sha256:" and 64 hexadecimal digits. Sizes are bytes. Layers, steps and ancestors
// are referred to by index: layer 0 is the bottom one, step 0 the oldest,
// ancestor 0 the youngest, that is the image itself. Strings from the image that
// are not valid UTF-8 have U+FFFD in place of the bytes that are not. The same report
// gives the same output, byte for byte.
//
// schema is the version of the format, now 1. Fields may be added without a new
// version.
//
// # What is not known
//
// A field that is empty for want of knowledge never stands for good news: another says
// whether it is known.
//
//	not known                              shows as
//	layers not read                        known has no "layers"; every size is 0, layers is empty
//	some layers not read to their end      partial is true; sizes and counts are the least that there can be
//	packages not looked for, or none found known has no "packages"; packages is empty, every count 0
//	name of an ancestor                    name is "unknown", confidence "unknown"; or ties has several
//	build date                             built is null, notBuilt says why, whatever created says
//	standing                               standing is null, or its state is "not known"
//	a part of the standing                 notKnown says why; superseded, abandoned or lagging is null
//	standing of what is newer              state is "newer"
//	distribution                           every field of distro is ""
//	until when it is maintained            lifecycle.status is "unknown"
//	digest, diffId, platform, reference    ""
//	what a rule would have to know         a finding of the rule unknown, whose undecided names that rule
//	bytes that a remedy would save         bytes is 0
//	day on which a tag stopped             until is null, and now says what has it
//
// # Document
//
//	schema        number   version of this format
//	reference     string   name under which the image was asked for
//	digest        string   its manifest's digest
//	platform      string   os/architecture[/variant] of the configuration
//	asOf          date     moment for which ages and ends of life are told
//	partial       boolean  some of the image could not be read
//	known         list of string: what was read, and found: layers, packages
//	size          number   its layers as stored, usually compressed
//	uncompressed  number   its layers' tar archives
//	content       number   the regular files of its layers
//	shadowed      number   of content, what a later layer overwrote or deleted
//	ancestors     list of Ancestor, youngest first
//	layers        list of Layer, bottom first
//	packages      list of Package, by type, name, architecture, location; empty if not asked for, see known
//	unowned       list of Directory: visible files that no package owns, most bytes first
//	findings      list of Finding, most severe first
//	remedies      list of Remedy: what there is to do, each thing once, most effect first
//	problems      list of Problem: what is wrong with the image or could not be read
//
// # Ancestor
//
//	name          string   "repository:tag" with the most specific tag, or "unknown"
//	repository    string   as its users write it: "debian", "ghcr.io/acme/base"
//	tags          list of string: tags it could have been built for, most specific first
//	digest        string   its manifest's digest, if evidence states it
//	created       date     of its youngest step, as the history has it; it need not be when it was built
//	built         date     when it was built; null if that is not known
//	notBuilt      string   why it is not known, in words that follow "its build date"; "" if it is
//	confidence    string   that of the name: unknown, inferred, recognised, recorded, proved
//	boundary      string   that of its first step being its first, likewise
//	distro        Distro   the operating system that it says it is
//	lifecycle     Lifecycle  until when that is maintained
//	evidence      list of Evidence for name and boundary, strongest first
//	against       list of Evidence that contradicts the name
//	ties          list of Name for which the evidence is as good
//	steps         list of Step: its own, oldest first
//	layers        list of number: its own layers, bottom first
//	size          number   its layers as stored
//	uncompressed  number   its layers' tar archives
//	content       number   the regular files of its layers
//	shadowed      number   of content, what it or a younger ancestor hid
//	packages      Counts   its packages
//	standing      Standing, null if no catalogue that follows tags names it
//
// # Standing
//
//	asOf          date     day of the catalogue; what happened later it does not know
//	source        string   what the catalogue was made from
//	newer         boolean  it was built after that day: nothing more can be said
//	state         string   current, superseded, abandoned, newer, not known
//	notKnown      Gaps     which of the three that follow are not known
//	superseded    Succession of its tag, null if that still points to it, or if it is not known
//	abandoned     date     last day on which a tag of its pointed to anything, null if one does, or if it is not known
//	lagging       Succession of its parent's tag after it was built, null if there is none, or if it is not known
//
// # Gaps
//
//	superseded    string   why it is not known: "its build date is not recorded"; "" if it is
//	abandoned     string   likewise
//	lagging       string   likewise
//
// # Succession
//
//	name          string   "repository:tag": the tag that went on
//	first         string   the most specific tag of what had it next
//	on            date     since when that had it
//	now           string   the most specific tag of what has it as of asOf, "" if it was dropped
//	until         date     the last day on which it pointed to anything, null if it still does
//	times         number   how often it went on since
//
// # Distro
//
//	id            string   ID of os-release(5)
//	versionId     string   VERSION_ID
//	codename      string   VERSION_CODENAME
//	prettyName    string   PRETTY_NAME
//	supportEnd    string   SUPPORT_END, "2025-12-15"
//
// # Lifecycle
//
//	status        string   supported, extended, ended, rolling, unknown; on the report's day
//	end           date     last day of support
//	extended      date     last day of extended support
//	source        string   where the dates were read: a public data set, or os-release for SUPPORT_END
//
// # Evidence
//
//	kind          string   reference, digest, annotation, label, provenance, builder, recipe, resembles, parent, os-release, step, heuristic
//	confidence    string   what this evidence alone supports
//	says          string   what it says, in words
//	where         string   where it was read
//
// # Name
//
//	repository    string   as its users write it
//	tags          list of string, most specific first
//	digest        string   its manifest's digest
//
// # Step
//
//	index         number   position in the history
//	layer         number   layer that it made; null if none
//	created       date     when it ran
//	createdBy     string   the history's created_by, as recorded
//	comment       string   the history's comment
//	author        string   the history's author
//	builder       string   docker, buildkit, buildah, kaniko, bazel, ko, jib, apko, nix, buildpacks, debuerreotype, umoci, commit, unknown
//	keyword       string   Dockerfile keyword in capitals; "" if it is no instruction
//	args          string   what follows it, without the builder's decoration
//	synthetic     boolean  made up, because the history has no entry for the layer
//
// # Counts
//
//	introduced    number   packages first had here, whatever became of them
//	upgraded      number   upgraded here, or changed to a version that is neither newer nor older
//	downgraded    number   downgraded here
//	removed       number   removed here
//	reinstalled   number   present again here, after a removal
//	unlisted      number   that no database lists any more from here on; their files may be there
//	present       number   whose present version came from here and is still visible
//
// # Layer
//
//	index         number   0 is the bottom one
//	step          number   step that made it
//	ancestor      number   ancestor that it belongs to
//	diffId        string   digest of the tar archive, as computed; "" if it could not be read
//	digest        string   digest of the stored blob, as computed; "" if there is none
//	verified      boolean  they are what configuration and manifest claim
//	partial       boolean  it could not be read to its end
//	compression   string   gzip, zstd, none
//	size          number   the stored blob
//	uncompressed  number   the tar archive
//	content       number   its regular files
//	files         number   its entries but for directories and whiteouts
//	added         number   bytes of files that were not there
//	modified      number   bytes of files whose content it changed
//	rewritten     number   bytes of files of which it changed metadata only
//	shadowed      number   of its content, what is overwritten or deleted
//	hides         number   bytes of layers below that it overwrote or deleted
//	deletes       number   of hides, what whiteouts deleted
//	deletedFiles  number   files of layers below that it deleted
//	owned         Ownership; null if the packages were not asked for
//
// # Ownership
//
//	packages      number   bytes of files that a package owns
//	unowned       number   bytes of files that none owns
//	metadata      number   bytes of package databases and what comes with them
//
// # Package
//
//	type          string   deb, apk, rpm, npm, python, go-module, …: Syft's package types
//	name          string   its name
//	version       string   the last version it had, epoch included
//	arch          string   its architecture
//	purl          string   its package URL
//	language      string   its language; "" for packages of a distribution
//	source        string   name of its source package
//	foundBy       string   Syft cataloger that found it
//	state         string   present, removed (still shipped), hidden (its database was deleted)
//	layer         number   layer that brought this version
//	ancestor      number   ancestor that this layer belongs to
//	locations     list of Location: the files that prove it
//	events        list of Event: its life, oldest first
//	files         number   files it owns in the finished image
//	bytes         Bytes    of the files it owns or owned
//	bundled       string   file that holds it together with others, where bytes are counted once
//
// # Location
//
//	path          string   relative to the root
//	layer         number   layer whose version of the file was read
//
// # Event
//
//	kind          string   introduced, upgraded, downgraded, changed, removed, reinstalled
//	layer         number   layer that did it
//	from          string   version before
//	to            string   version after
//
// # Bytes
//
//	visible       number   seen in the finished image
//	shadowed      number   shipped by a layer, hidden by a later one
//	byLayer       object   bytes by layer index
//
// # Directory
//
//	path          string   relative to the root
//	bytes         number   of the files below it
//	files         number   their number
//	layer         number   layer that brought most of the bytes
//
// # Finding
//
//	rule          string   name of the rule
//	severity      string   note, warning, serious
//	layer         number   layer to blame
//	step          number   step to blame
//	ancestor      number   ancestor that brought it
//	subject       string   what it is about
//	items         list of string: what the subject consists of, most bytes first
//	message       string   what was found
//	bytes         number   content bytes that the remedy would save
//	remedy        string   what to do
//	by            string   who can: own-steps (the image's own Dockerfile), other-base (another base, or a rebuild), publisher (only the base's)
//	undecided     list of string: rules that cannot tell because of it
//
// # Remedy
//
//	do            string   what to do, the remedy of its findings
//	by            string   who can do it, as of a finding
//	ancestor      number   youngest ancestor that brought what it mends
//	severity      string   highest of its findings
//	bytes         number   content bytes that it would save, at least; two remedies may save the same bytes
//	findings      list of number: what it mends, as indexes of findings
//
// # Problem
//
//	layer         number   layer that it concerns
//	step          number   step that it concerns
//	path          string   file that it concerns
//	message       string   all of it in one line, with layer, step and path
package json
