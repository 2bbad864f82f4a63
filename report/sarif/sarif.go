package sarif

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
)

// Options say how to write. nil and the zero value are the defaults.
type Options struct {
	// Dockerfile says where in the image's Dockerfile findings are; package
	// ancestry/catalogue/lines finds it out. nil is the one that the build attested, if its
	// place in the repository is known (Lineage.Dockerfile of the report); without that,
	// findings are at the image's name.
	Dockerfile *ancestry.Dockerfile
	// Rules are those that were run, which the file describes, whether they found
	// something or not. nil is rules.All.
	Rules []report.Rule
	// Category tells this image's results from those of others in the same repository:
	// GitHub keeps one analysis of each. "" is "stemma/" and the image's repository.
	Category string
	// Version is that of the program that writes, as Semantic Versioning has it; "" if
	// it is not known.
	Version string
}

// The most that GitHub takes. It refuses a file with more.
const (
	maxResults   = 25_000
	maxProblems  = 1_000
	maxLocations = 100 // GitHub takes 1,000 of a result, and shows 100
)

// Write writes the report as a SARIF log with one run, and a line feed. Its error is w's.
func Write(w io.Writer, r *report.Report, opts *Options) error {
	if opts == nil {
		opts = &Options{}
	}
	log := sarif.NewReport()
	log.Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	log.AddRun(newWriter(r, opts).run())
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	if err := enc.Encode(log); err != nil {
		return err
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// A writer makes the run of one report.
type writer struct {
	r          *report.Report
	opts       *Options
	image      string // the image's repository
	rules      []report.Rule
	index      map[string]int // of rules, by name
	dockerfile *ancestry.Dockerfile
}

func newWriter(r *report.Report, opts *Options) *writer {
	r, more := withVulnerabilities(r)
	w := &writer{r: r, opts: opts, image: repository(r.Reference), rules: opts.Rules, index: map[string]int{}, dockerfile: opts.Dockerfile}
	if l := r.Lineage; w.dockerfile == nil && l != nil && l.Dockerfile != nil && l.Dockerfile.Path != "" {
		w.dockerfile = l.Dockerfile
	}
	if w.rules == nil {
		w.rules = rules.All()
	}
	w.rules = append(append([]report.Rule{}, w.rules...), more...)
	for i, rule := range w.rules {
		w.index[rule.Name] = i
	}
	for _, f := range r.Findings {
		id := w.id(f)
		if _, ok := w.index[id]; ok {
			continue
		}
		rule := report.Rule{Name: id, Severity: f.Severity} // one that the caller did not name
		if i, ok := w.index[f.Rule]; ok {
			rule.Doc = w.rules[i].Doc
		}
		w.index[id] = len(w.rules)
		w.rules = append(w.rules, rule)
	}
	return w
}

// id is the name of a finding's rule. GitHub shows all findings of a security rule as severe
// as the rule is. So those that are less severe are of a rule of their own, such as
// end-of-life/note.
func (w *writer) id(f report.Finding) string {
	i, ok := w.index[f.Rule]
	if ok && isSecurity(f.Rule) && f.Severity < w.rules[i].Severity {
		return f.Rule + "/" + f.Severity.String()
	}
	return f.Rule
}

func (w *writer) run() *sarif.Run {
	driver := sarif.NewToolComponent().WithName("Stemma").WithInformationURI("https://github.com/stemma-go/stemma").WithRules(w.descriptors())
	if w.opts.Version != "" {
		driver.WithSemanticVersion(clean(w.opts.Version, maxName))
	}
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(driver)).WithColumnKind("unicodeCodePoints")
	run.WithResults(w.results())
	run.WithInvocations([]*sarif.Invocation{w.invocation()})
	category := clean(w.opts.Category, maxName)
	if category == "" {
		category = "stemma/" + w.image
	}
	run.WithAutomationDetails(sarif.NewRunAutomationDetails().WithID(category + "/"))
	run.WithProperties(w.properties())
	if source := w.source(); source != nil {
		run.WithVersionControlProvenance([]*sarif.VersionControlDetails{source})
	}
	return run
}

// source is what the image was built from, where that is attested; nil if it is not.
func (w *writer) source() *sarif.VersionControlDetails {
	if w.r.Lineage == nil || w.r.Lineage.Dockerfile == nil {
		return nil
	}
	d := w.r.Lineage.Dockerfile
	if u, err := url.Parse(d.Repository); err != nil || u.Host == "" {
		return nil // no URI, as git@HOST:PATH
	}
	source := sarif.NewVersionControlDetails().WithRepositoryURI(clean(d.Repository, maxText))
	if d.Revision != "" {
		source.WithRevisionID(clean(d.Revision, maxName))
	}
	return source
}

// properties says which image it was.
func (w *writer) properties() *sarif.PropertyBag {
	p := sarif.NewPropertyBag()
	add := func(key, value string) {
		if value != "" {
			p.Add(key, clean(value, maxText))
		}
	}
	add("imageName", w.r.Reference)
	if w.r.Digest.Hex != "" {
		add("imageDigest", w.r.Digest.String())
	}
	if w.r.Index != nil && w.r.Index.Config != nil {
		add("platform", w.r.Index.Config.Platform().String())
	}
	add("asOf", w.r.AsOf.UTC().Format(time.RFC3339))
	p.Add("layersRead", w.r.Index != nil)
	p.Add("packagesKnown", w.r.PackagesKnown())
	if w.r.Vulnerabilities != nil {
		p.Add("vulnerabilitiesKnown", true)
	}
	var chain []string
	for i := range w.r.Ancestors {
		chain = append(chain, clean(w.r.NameOf(i), maxName))
	}
	p.Add("ancestors", chain)
	w.addLive(p)
	return p
}

// invocation says what could not be read.
func (w *writer) invocation() *sarif.Invocation {
	inv := sarif.NewInvocation().WithExecutionSuccessful(!w.r.Partial)
	add := func(level, text string, locations ...*sarif.Location) {
		n := sarif.NewNotification().WithLevel(level).WithMessage(sarif.NewTextMessage(text))
		n.Locations = append(n.Locations, locations...)
		inv.AddToolExecutionNotification(n)
	}
	if w.r.Partial {
		add(sarif.LevelError, "Some of the image could not be read: what is reported is true, but more may be there.")
	}
	if n := len(w.r.Findings); n > maxResults {
		add(sarif.LevelError, fmt.Sprintf("%d findings are left out, the least severe: GitHub takes %d.", n-maxResults, maxResults))
	}
	for i, s := range excused(w.r) {
		if i == maxProblems {
			break
		}
		add(sarif.LevelNote, sentence(clean(s, maxText)))
	}
	for _, says := range w.unanswered() {
		add(sarif.LevelNote, says)
	}
	for i, p := range w.r.Problems {
		if i == maxProblems {
			add(sarif.LevelWarning, fmt.Sprintf("%d more problems are left out.", len(w.r.Problems)-i))
			break
		}
		at := sarif.NewLocation().WithLogicalLocations([]*sarif.LogicalLocation{w.logical(p.Layer, p.Path)})
		add(sarif.LevelWarning, sentence(clean(problem(p), maxText)), at)
	}
	return inv
}

func problem(p layers.Problem) string {
	if p.Err == nil {
		return "something is wrong with the image"
	}
	return p.Error()
}
