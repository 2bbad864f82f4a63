package json

import "time"

// Schema is the version of the format that this package writes. Fields may be
// added without a new version; what is there keeps its name, type and meaning.
const Schema = 1

// A Document is a report as JSON has it. Sizes are bytes.
type Document struct {
	Schema       int         `json:"schema"`       // version of the format
	Reference    string      `json:"reference"`    // name under which the image was asked for
	Digest       string      `json:"digest"`       // its manifest's digest
	Platform     string      `json:"platform"`     // os/architecture[/variant] of the configuration
	AsOf         time.Time   `json:"asOf"`         // moment for which ages and ends of life are told
	Partial      bool        `json:"partial"`      // some of the image could not be read, or a rule panicked: problems say which
	Known        []string    `json:"known"`        // what was read, and found: layers, packages, vulnerabilities (with which scanners' reports were read)
	Size         int64       `json:"size"`         // bytes of the layers as stored, usually compressed
	Uncompressed int64       `json:"uncompressed"` // bytes of the layers' tar archives
	Content      int64       `json:"content"`      // bytes of the regular files of the layers
	Shadowed     int64       `json:"shadowed"`     // bytes of content that a later layer overwrote or deleted
	Ancestors    []Ancestor  `json:"ancestors"`    // the chain, youngest first: the first is the image itself
	Donors       []Donor     `json:"donors"`       // images outside the chain that files were copied from, those of the youngest ancestor first
	Layers       []Layer     `json:"layers"`       // all layers, bottom first
	Packages     []Package   `json:"packages"`     // by type, name, architecture, location; empty if not asked for, see known
	Unowned      []Directory `json:"unowned"`      // visible files that no package owns, most bytes first
	Findings     []Finding   `json:"findings"`     // most severe first
	Remedies     []Remedy    `json:"remedies"`     // what there is to do, each thing once, most effect first
	Problems     []Problem   `json:"problems"`     // what is wrong with the image or could not be read
	Asked        *Asked      `json:"asked"`        // what it took to ask registries; null if none was asked, as by default
	Source       *Source     `json:"source"`       // what it was built from, as a build attestation says; null if none says so

	Scans           []Scan          `json:"scans"`           // scanners' reports that were read; see known
	VEX             []VEX           `json:"vex"`             // VEX documents that were read
	Vulnerabilities []Vulnerability `json:"vulnerabilities"` // what the scanners found, each once for each package: highest rating first
	Acts            []Act           `json:"acts"`            // what brings fixes of vulnerabilities into the image, or holds them: those first that release the most
	PackageIndexes  []PackageIndex  `json:"packageIndexes"`  // indexes of packages that were asked for; at most one
}

// A Source is what an image was built from. The evidence of its ancestors says who attests that.
type Source struct {
	Repository string `json:"repository"` // URL of the source repository; "" if that is not attested
	Revision   string `json:"revision"`   // its commit; "" if that is not attested
	Dockerfile string `json:"dockerfile"` // path of the Dockerfile in the repository, with slashes; "" if that is not known
}

// An Ancestor is an element of Document.Ancestors.
type Ancestor struct {
	Name         string     `json:"name"`         // "repository:tag" with the most specific tag, or "unknown"
	Repository   string     `json:"repository"`   // as its users write it: "debian", "ghcr.io/acme/base"
	Tags         []string   `json:"tags"`         // tags it could have been built for, most specific first
	Digest       string     `json:"digest"`       // its manifest's digest, if evidence states it
	Created      *time.Time `json:"created"`      // date of its youngest step, as the history has it; it need not be when it was built
	Built        *time.Time `json:"built"`        // when it was built; null if that is not known
	NotBuilt     string     `json:"notBuilt"`     // why it is not known, in words that follow "its build date"; "" if it is
	Confidence   string     `json:"confidence"`   // how sure the name is: unknown, inferred, recognised, recorded, proved
	Boundary     string     `json:"boundary"`     // how sure it is that it begins with its first step: unknown, inferred, recognised, recorded, proved
	Distro       Distro     `json:"distro"`       // the operating system that it says it is
	Lifecycle    Lifecycle  `json:"lifecycle"`    // until when that is maintained
	Evidence     []Evidence `json:"evidence"`     // what speaks for name and boundary, strongest first
	Against      []Evidence `json:"against"`      // what contradicts the name
	Ties         []Name     `json:"ties"`         // names for which the evidence is as good
	Steps        []Step     `json:"steps"`        // its own steps, oldest first
	Layers       []int      `json:"layers"`       // indexes of its own layers, bottom first
	Size         int64      `json:"size"`         // bytes of its layers as stored
	Uncompressed int64      `json:"uncompressed"` // bytes of its layers' tar archives
	Content      int64      `json:"content"`      // bytes of the regular files of its layers
	Shadowed     int64      `json:"shadowed"`     // bytes of content that it or a younger ancestor hid
	Packages     Counts     `json:"packages"`     // what it did to packages
	Standing     *Standing  `json:"standing"`     // how it stands among its tags; null if no catalogue that follows tags names it
	Live         *Live      `json:"live"`         // what a registry said of its name; null if none was asked, as by default

	Vulnerabilities VulnerabilityCounts `json:"vulnerabilities"` // of the packages whose version it brought
	Outdated        *Outdated           `json:"outdated"`        // what an index of packages has of those that it brought; null if none was read
}

// A Donor is an element of Document.Donors.
type Donor struct {
	Name       string     `json:"name"`       // "repository:tag", "repository@digest" or "repository"
	Repository string     `json:"repository"` // as its users write it: "node", "ghcr.io/astral-sh/uv"
	Tags       []string   `json:"tags"`       // tags that the evidence states
	Digest     string     `json:"digest"`     // its manifest's digest, if evidence states it
	Indirect   bool       `json:"indirect"`   // the image has only what the build made of its files, as far as it is known
	Stage      string     `json:"stage"`      // stage on it that the files were copied out of: they may be the stage's work; "" if they are the donor's, or if it is not known
	Ancestor   *int       `json:"ancestor"`   // index of the ancestor whose steps copied them; null if none
	Steps      []int      `json:"steps"`      // indexes of these steps, oldest first; empty if it is not known which
	Paths      []string   `json:"paths"`      // what was copied, as the image has it; a directory ends with a slash
	Version    string     `json:"version"`    // version of the software, as its files state it; "" if they do not
	Bytes      int64      `json:"bytes"`      // content bytes of it in the finished image; 0 if not known
	Confidence string     `json:"confidence"` // how sure the name is: unknown, inferred (from the files), recognised, recorded, proved
	Evidence   []Evidence `json:"evidence"`   // what speaks for it, strongest first
}

// A Standing is how an ancestor stands among the images of its tags.
type Standing struct {
	AsOf       time.Time   `json:"asOf"`       // day of the catalogue; what happened later it does not know
	Source     string      `json:"source"`     // what the catalogue was made from
	State      string      `json:"state"`      // current, superseded, abandoned, newer, not known
	NotKnown   Gaps        `json:"notKnown"`   // which of the three that follow are not known
	Newer      bool        `json:"newer"`      // it was built after that day: nothing more can be said
	Superseded *Succession `json:"superseded"` // what became of its tag; null if that still points to it, or if it is not known
	Abandoned  *time.Time  `json:"abandoned"`  // last day on which a tag of its pointed to anything; null if one does, or if it is not known
	Lagging    *Succession `json:"lagging"`    // what became of its parent's tag after it was built; null if nothing, or if it is not known
}

// Gaps say why parts of a standing are not known.
type Gaps struct {
	Superseded string `json:"superseded"` // why superseded is not known: "its build date is not recorded"; "" if it is
	Abandoned  string `json:"abandoned"`  // why abandoned is not known; "" if it is
	Lagging    string `json:"lagging"`    // why lagging is not known; "" if it is
}

// A Succession is what became of a tag.
type Succession struct {
	Name  string     `json:"name"`  // "repository:tag": the tag that went on
	First string     `json:"first"` // the most specific tag of what had it next
	On    time.Time  `json:"on"`    // since when that had it
	Now   string     `json:"now"`   // the most specific tag of what has it on the day of the catalogue; "" if it was dropped
	Until *time.Time `json:"until"` // the last day on which it pointed to anything; null if it still does
	Times int        `json:"times"` // how often it went on since
}

// A Distro is an operating system.
type Distro struct {
	ID         string `json:"id"`         // ID of os-release(5)
	VersionID  string `json:"versionId"`  // VERSION_ID
	Codename   string `json:"codename"`   // VERSION_CODENAME
	PrettyName string `json:"prettyName"` // PRETTY_NAME
	SupportEnd string `json:"supportEnd"` // SUPPORT_END, "2025-12-15"
}

// A Lifecycle is until when an operating system is maintained.
type Lifecycle struct {
	Status   string     `json:"status"`   // supported, extended, ended, rolling, unknown; on the report's day
	End      *time.Time `json:"end"`      // last day of support
	Extended *time.Time `json:"extended"` // last day of extended support
	Source   string     `json:"source"`   // where the dates were read: a public data set, or os-release for SUPPORT_END
}

// Evidence is a reason to believe or to doubt.
type Evidence struct {
	Kind       string `json:"kind"`       // where it comes from: reference, digest, annotation, label, provenance, builder, recipe, resembles, parent, os-release, step, heuristic
	Confidence string `json:"confidence"` // what this evidence alone supports: unknown, inferred, recognised, recorded, proved
	Says       string `json:"says"`       // what it says, in words
	Where      string `json:"where"`      // where it was read
}

// A Name is another name of an ancestor.
type Name struct {
	Repository string   `json:"repository"` // as its users write it
	Tags       []string `json:"tags"`       // most specific first
	Digest     string   `json:"digest"`     // its manifest's digest
}

// A Step is an entry of the history.
type Step struct {
	Index     int        `json:"index"`     // position in the history
	Layer     *int       `json:"layer"`     // index of the layer that it made; null if none
	Created   *time.Time `json:"created"`   // when it ran
	CreatedBy string     `json:"createdBy"` // the history's created_by, as recorded
	Comment   string     `json:"comment"`   // the history's comment
	Author    string     `json:"author"`    // the history's author
	Builder   string     `json:"builder"`   // what wrote the entry: docker, buildkit, buildah, kaniko, bazel, ko, jib, apko, nix, buildpacks, debuerreotype, umoci, commit, unknown
	Keyword   string     `json:"keyword"`   // Dockerfile keyword in capitals; "" if it is no instruction
	Args      string     `json:"args"`      // what follows it, without the builder's decoration
	Synthetic bool       `json:"synthetic"` // made up, because the history has no entry for the layer
}

// Counts are an ancestor's packages by what it did to them.
type Counts struct {
	Introduced  int `json:"introduced"`  // packages first had here, whatever became of them
	Upgraded    int `json:"upgraded"`    // upgraded here, or changed to a version that is neither newer nor older
	Downgraded  int `json:"downgraded"`  // downgraded here
	Removed     int `json:"removed"`     // removed here
	Reinstalled int `json:"reinstalled"` // present again here, after a removal
	Unlisted    int `json:"unlisted"`    // that no database lists any more from here on; their files may be there
	Present     int `json:"present"`     // whose present version came from here and is still visible
}

// A Layer is an element of Document.Layers.
type Layer struct {
	Index        int        `json:"index"`        // 0 is the bottom one
	Step         *int       `json:"step"`         // index of the step that made it; null if none did
	Ancestor     *int       `json:"ancestor"`     // index of the ancestor that it belongs to
	DiffID       string     `json:"diffId"`       // digest of the tar archive, as computed; "" if it could not be read
	Digest       string     `json:"digest"`       // digest of the stored blob, as computed; "" if there is none
	Verified     bool       `json:"verified"`     // they are what configuration and manifest claim
	Partial      bool       `json:"partial"`      // it could not be read to its end
	Compression  string     `json:"compression"`  // of the blob: gzip, zstd, none; "" if it could not be read
	Size         int64      `json:"size"`         // bytes of the stored blob
	Uncompressed int64      `json:"uncompressed"` // bytes of the tar archive
	Content      int64      `json:"content"`      // bytes of its regular files
	Files        int        `json:"files"`        // number of its entries but for directories and whiteouts
	Added        int64      `json:"added"`        // bytes of files that were not there
	Modified     int64      `json:"modified"`     // bytes of files whose content it changed
	Rewritten    int64      `json:"rewritten"`    // bytes of files of which it changed metadata only
	Shadowed     int64      `json:"shadowed"`     // bytes of its content that a later layer overwrote or deleted
	Hides        int64      `json:"hides"`        // bytes of layers below that it overwrote or deleted
	Deletes      int64      `json:"deletes"`      // bytes of hides that whiteouts deleted
	DeletedFiles int        `json:"deletedFiles"` // number of files of layers below that it deleted
	Owned        *Ownership `json:"owned"`        // whose its content is; null if the packages were not asked for
}

// Ownership splits a layer's content.
type Ownership struct {
	Packages int64 `json:"packages"` // bytes of files that a package owns
	Unowned  int64 `json:"unowned"`  // bytes of files that none owns
	Metadata int64 `json:"metadata"` // bytes of package databases and what comes with them
}

// A Package is an element of Document.Packages.
type Package struct {
	Type      string     `json:"type"`      // deb, apk, rpm, npm, python, go-module, …: Syft's package types
	Name      string     `json:"name"`      // its name
	Version   string     `json:"version"`   // the last version it had, epoch included
	Arch      string     `json:"arch"`      // its architecture
	PURL      string     `json:"purl"`      // its package URL
	Language  string     `json:"language"`  // its language; "" for packages of a distribution
	Source    string     `json:"source"`    // name of its source package
	FoundBy   string     `json:"foundBy"`   // Syft cataloger that found it
	Licenses  []License  `json:"licenses"`  // those that its metadata names; empty if no name was found
	CPEs      []string   `json:"cpes"`      // names in vulnerability databases, likeliest first; empty if not asked for
	State     string     `json:"state"`     // present, removed (still shipped), hidden (its database was deleted)
	Layer     *int       `json:"layer"`     // index of the layer that brought this version
	Ancestor  *int       `json:"ancestor"`  // index of the ancestor that this layer belongs to
	Locations []Location `json:"locations"` // the files that prove it
	Events    []Event    `json:"events"`    // its life, oldest first
	Files     int        `json:"files"`     // number of files that it owns in the finished image
	Bytes     Bytes      `json:"bytes"`     // bytes of the files that it owns or owned
	Bundled   string     `json:"bundled"`   // file that holds it together with others, where bytes are counted once
}

// A License is one that a package's metadata names.
type License struct {
	SPDX string `json:"spdx"` // SPDX expression; "" if it cannot be said in one
	Name string `json:"name"` // what the metadata says
}

// A Location is a file that proves a package.
type Location struct {
	Path  string `json:"path"`  // relative to the root
	Layer int    `json:"layer"` // index of the layer whose version of the file was read
}

// An Event is something that a layer did to a package.
type Event struct {
	Kind  string `json:"kind"`  // what was done: introduced, upgraded, downgraded, changed, removed, reinstalled, unlisted (no database lists it any more)
	Layer int    `json:"layer"` // index of the layer that did it
	From  string `json:"from"`  // version before
	To    string `json:"to"`    // version after
}

// Bytes are those of the files that a package owns or owned.
type Bytes struct {
	Visible  int64         `json:"visible"`  // bytes seen in the finished image
	Shadowed int64         `json:"shadowed"` // bytes shipped by a layer, hidden by a later one
	ByLayer  map[int]int64 `json:"byLayer"`  // bytes by layer index
}

// A Directory sums up files that no package owns.
type Directory struct {
	Path  string `json:"path"`  // relative to the root
	Bytes int64  `json:"bytes"` // bytes of the files below it
	Files int    `json:"files"` // number of the files below it
	Layer int    `json:"layer"` // index of the layer that brought most of the bytes
}

// A Finding is an element of Document.Findings.
type Finding struct {
	Rule      string   `json:"rule"`      // name of the rule
	Severity  string   `json:"severity"`  // how bad it is: note, warning, serious
	Layer     *int     `json:"layer"`     // index of the layer to blame; null if none is
	Step      *int     `json:"step"`      // index of the step to blame; null if none is
	Ancestor  *int     `json:"ancestor"`  // index of the ancestor that brought it; null if none did
	Subject   string   `json:"subject"`   // what it is about
	Items     []string `json:"items"`     // what the subject consists of, most bytes first
	Message   string   `json:"message"`   // what was found
	Bytes     int64    `json:"bytes"`     // content bytes that the remedy would save; 0 if none or not known
	Remedy    string   `json:"remedy"`    // what to do
	By        string   `json:"by"`        // who can do that: own-steps (in the image's own Dockerfile), other-base (by another base or a rebuild), publisher (only who publishes the base); "" if not known
	Undecided []string `json:"undecided"` // rules that cannot tell because of it
}

// A Remedy is an element of Document.Remedies.
type Remedy struct {
	Do       string `json:"do"`       // what to do, the remedy of its findings
	By       string `json:"by"`       // who can do it: own-steps (in the image's own Dockerfile), other-base (by another base or a rebuild), publisher (only who publishes the base); "" if not known
	Ancestor *int   `json:"ancestor"` // index of the youngest ancestor that brought what it mends; null if none did
	Severity string `json:"severity"` // highest of its findings: note, warning, serious
	Bytes    int64  `json:"bytes"`    // content bytes that it would save, at least; two remedies may save the same bytes
	Findings []int  `json:"findings"` // indexes of the findings that it mends
}

// A Problem is an element of Document.Problems.
type Problem struct {
	Layer   *int   `json:"layer"`   // index of the layer that it concerns; null if none
	Step    *int   `json:"step"`    // index of the step that it concerns; null if none
	Path    string `json:"path"`    // file that it concerns; "" if none
	Message string `json:"message"` // all of it in one line, with layer, step and path
}
