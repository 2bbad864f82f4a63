package json

import "time"

// Schema is the version of the format that this package writes. Fields may be
// added without a new version; what is there keeps its name, type and meaning.
const Schema = 1

// A Document is a report as JSON has it. The package's documentation describes
// every field.
type Document struct {
	Schema       int         `json:"schema"`
	Reference    string      `json:"reference"`
	Digest       string      `json:"digest"`
	Platform     string      `json:"platform"`
	AsOf         time.Time   `json:"asOf"`
	Partial      bool        `json:"partial"`
	Known        []string    `json:"known"`
	Size         int64       `json:"size"`
	Uncompressed int64       `json:"uncompressed"`
	Content      int64       `json:"content"`
	Shadowed     int64       `json:"shadowed"`
	Ancestors    []Ancestor  `json:"ancestors"`
	Layers       []Layer     `json:"layers"`
	Packages     []Package   `json:"packages"`
	Unowned      []Directory `json:"unowned"`
	Findings     []Finding   `json:"findings"`
	Remedies     []Remedy    `json:"remedies"`
	Problems     []Problem   `json:"problems"`
}

// An Ancestor is an element of Document.Ancestors.
type Ancestor struct {
	Name         string     `json:"name"`
	Repository   string     `json:"repository"`
	Tags         []string   `json:"tags"`
	Digest       string     `json:"digest"`
	Created      *time.Time `json:"created"`
	Built        *time.Time `json:"built"`
	NotBuilt     string     `json:"notBuilt"`
	Confidence   string     `json:"confidence"`
	Boundary     string     `json:"boundary"`
	Distro       Distro     `json:"distro"`
	Lifecycle    Lifecycle  `json:"lifecycle"`
	Evidence     []Evidence `json:"evidence"`
	Against      []Evidence `json:"against"`
	Ties         []Name     `json:"ties"`
	Steps        []Step     `json:"steps"`
	Layers       []int      `json:"layers"`
	Size         int64      `json:"size"`
	Uncompressed int64      `json:"uncompressed"`
	Content      int64      `json:"content"`
	Shadowed     int64      `json:"shadowed"`
	Packages     Counts     `json:"packages"`
	Standing     *Standing  `json:"standing"`
}

// A Standing is how an ancestor stands among the images of its tags.
type Standing struct {
	AsOf       time.Time   `json:"asOf"`
	Source     string      `json:"source"`
	State      string      `json:"state"`
	NotKnown   Gaps        `json:"notKnown"`
	Newer      bool        `json:"newer"`
	Superseded *Succession `json:"superseded"`
	Abandoned  *time.Time  `json:"abandoned"`
	Lagging    *Succession `json:"lagging"`
}

// Gaps say why parts of a standing are not known.
type Gaps struct {
	Superseded string `json:"superseded"`
	Abandoned  string `json:"abandoned"`
	Lagging    string `json:"lagging"`
}

// A Succession is what became of a tag.
type Succession struct {
	Name  string     `json:"name"`
	First string     `json:"first"`
	On    time.Time  `json:"on"`
	Now   string     `json:"now"`
	Until *time.Time `json:"until"`
	Times int        `json:"times"`
}

// A Distro is an operating system.
type Distro struct {
	ID         string `json:"id"`
	VersionID  string `json:"versionId"`
	Codename   string `json:"codename"`
	PrettyName string `json:"prettyName"`
	SupportEnd string `json:"supportEnd"`
}

// A Lifecycle is until when an operating system is maintained.
type Lifecycle struct {
	Status   string     `json:"status"`
	End      *time.Time `json:"end"`
	Extended *time.Time `json:"extended"`
	Source   string     `json:"source"`
}

// Evidence is a reason to believe or to doubt.
type Evidence struct {
	Kind       string `json:"kind"`
	Confidence string `json:"confidence"`
	Says       string `json:"says"`
	Where      string `json:"where"`
}

// A Name is another name of an ancestor.
type Name struct {
	Repository string   `json:"repository"`
	Tags       []string `json:"tags"`
	Digest     string   `json:"digest"`
}

// A Step is an entry of the history.
type Step struct {
	Index     int        `json:"index"`
	Layer     *int       `json:"layer"`
	Created   *time.Time `json:"created"`
	CreatedBy string     `json:"createdBy"`
	Comment   string     `json:"comment"`
	Author    string     `json:"author"`
	Builder   string     `json:"builder"`
	Keyword   string     `json:"keyword"`
	Args      string     `json:"args"`
	Synthetic bool       `json:"synthetic"`
}

// Counts are an ancestor's packages by what it did to them.
type Counts struct {
	Introduced  int `json:"introduced"`
	Upgraded    int `json:"upgraded"`
	Downgraded  int `json:"downgraded"`
	Removed     int `json:"removed"`
	Reinstalled int `json:"reinstalled"`
	Unlisted    int `json:"unlisted"`
	Present     int `json:"present"`
}

// A Layer is an element of Document.Layers.
type Layer struct {
	Index        int        `json:"index"`
	Step         *int       `json:"step"`
	Ancestor     *int       `json:"ancestor"`
	DiffID       string     `json:"diffId"`
	Digest       string     `json:"digest"`
	Verified     bool       `json:"verified"`
	Partial      bool       `json:"partial"`
	Compression  string     `json:"compression"`
	Size         int64      `json:"size"`
	Uncompressed int64      `json:"uncompressed"`
	Content      int64      `json:"content"`
	Files        int        `json:"files"`
	Added        int64      `json:"added"`
	Modified     int64      `json:"modified"`
	Rewritten    int64      `json:"rewritten"`
	Shadowed     int64      `json:"shadowed"`
	Hides        int64      `json:"hides"`
	Deletes      int64      `json:"deletes"`
	DeletedFiles int        `json:"deletedFiles"`
	Owned        *Ownership `json:"owned"`
}

// Ownership splits a layer's content.
type Ownership struct {
	Packages int64 `json:"packages"`
	Unowned  int64 `json:"unowned"`
	Metadata int64 `json:"metadata"`
}

// A Package is an element of Document.Packages.
type Package struct {
	Type      string     `json:"type"`
	Name      string     `json:"name"`
	Version   string     `json:"version"`
	Arch      string     `json:"arch"`
	PURL      string     `json:"purl"`
	Language  string     `json:"language"`
	Source    string     `json:"source"`
	FoundBy   string     `json:"foundBy"`
	State     string     `json:"state"`
	Layer     *int       `json:"layer"`
	Ancestor  *int       `json:"ancestor"`
	Locations []Location `json:"locations"`
	Events    []Event    `json:"events"`
	Files     int        `json:"files"`
	Bytes     Bytes      `json:"bytes"`
	Bundled   string     `json:"bundled"`
}

// A Location is a file that proves a package.
type Location struct {
	Path  string `json:"path"`
	Layer int    `json:"layer"`
}

// An Event is something that a layer did to a package.
type Event struct {
	Kind  string `json:"kind"`
	Layer int    `json:"layer"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// Bytes are those of the files that a package owns or owned.
type Bytes struct {
	Visible  int64         `json:"visible"`
	Shadowed int64         `json:"shadowed"`
	ByLayer  map[int]int64 `json:"byLayer"`
}

// A Directory sums up files that no package owns.
type Directory struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Files int    `json:"files"`
	Layer int    `json:"layer"`
}

// A Finding is an element of Document.Findings.
type Finding struct {
	Rule      string   `json:"rule"`
	Severity  string   `json:"severity"`
	Layer     *int     `json:"layer"`
	Step      *int     `json:"step"`
	Ancestor  *int     `json:"ancestor"`
	Subject   string   `json:"subject"`
	Items     []string `json:"items"`
	Message   string   `json:"message"`
	Bytes     int64    `json:"bytes"`
	Remedy    string   `json:"remedy"`
	By        string   `json:"by"`
	Undecided []string `json:"undecided"`
}

// A Remedy is an element of Document.Remedies.
type Remedy struct {
	Do       string `json:"do"`
	By       string `json:"by"`
	Ancestor *int   `json:"ancestor"`
	Severity string `json:"severity"`
	Bytes    int64  `json:"bytes"`
	Findings []int  `json:"findings"`
}

// A Problem is an element of Document.Problems.
type Problem struct {
	Layer   *int   `json:"layer"`
	Step    *int   `json:"step"`
	Path    string `json:"path"`
	Message string `json:"message"`
}
