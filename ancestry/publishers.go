package ancestry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/layers/history"
)

// A Publisher is a row of what is known of one who publishes images: by what marks one
// of his can be told, and how its name is made of them. Rows that Stemma brings stand in
// the table of this package; [Options].Publishers adds others.
//
// Marks and Steps hold regular expressions (see package regexp/syntax). What their named
// groups match are the values of Name, Parent and Tags: with the mark
//
//	"label:version": `(?P<version>[0-9.]+)`
//
// the tag "${version}-slim" is "9.4-slim". An expression has to match the whole value. A
// name or a tag with a value that is not there is passed over.
//
// Where there are Steps, they say which steps of the history are the image's. Without
// them, labels do: they speak for the image whose LABEL steps set them. Labels that no
// step set speak for the steps that say nothing of themselves, at the history's bottom.
type Publisher struct {
	// Vendor is who publishes the image: "Red Hat".
	Vendor string
	// Marks are what an image of his says. All of them must be there, but for those whose
	// key ends with a question mark. Keys are
	//
	//	label:KEY       a label; a * in KEY stands for anything but a slash
	//	env:KEY         a variable of the configuration's environment
	//	config:FIELD    Entrypoint, Cmd or User, words separated by spaces; "" if not set
	//	os-release:KEY  ID, VERSION_ID or PRETTY_NAME of the root's os-release
	//	file:PATH       a file of the root that [HintPath] accepts
	Marks map[string]string
	// Steps are the image's steps, one a line, each line beginning with "\n": the
	// instruction, its flags left out, or the entry as it stands, " ## " and its comment.
	Steps string
	// Layers is how many layers the image's steps must have made; 0 for any number.
	Layers int
	// Later is true if Steps are where the image begins, and not all of it.
	Later bool
	// Name is the image's name, "" if nothing tells it: "registry.access.redhat.com/${name}".
	Name string
	// Tags are the tags, the most specific first.
	Tags []string
	// Parent are names of the image below; the first that has all its values counts.
	Parent []string
	// Ends are the labels that the publisher's build sets last: the image ends with them.
	// Without them, steps that follow the LABEL are taken for the image's own, those of
	// images built on it too, and its name is Inferred.
	Ends []string
	// Roots is an expression of those names whose images are made from nothing.
	Roots string
	// Again is the label whose value is in the name of the image on which the publisher's
	// build commits a second time: that step is still the image's.
	Again string
	// Internal are beginnings of names under which the publisher's own builds find an
	// image. Their last part is that of the public name, dashes for slashes.
	Internal []string
	// Source says where the facts are documented, or were seen.
	Source string
}

// A row is a Publisher with its expressions compiled.
type row struct {
	of      *Publisher
	marks   []mark // sorted by key
	steps   *regexp.Regexp
	literal string // text that the steps must have

	roots *regexp.Regexp
}

type mark struct {
	in, key  string // "label", "version"
	optional bool
	like     *regexp.Regexp
}

// compile compiles a row. The error says which part of it is wrong.
func (p *Publisher) compile() (*row, error) {
	r := &row{of: p}
	var errs []error
	expression := func(what, text string) *regexp.Regexp {
		re, err := regexp.Compile(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("publisher %q: %s: %w", p.Vendor, what, err))
		}
		return re
	}
	for _, key := range slices.Sorted(maps.Keys(p.Marks)) {
		in, name, ok := strings.Cut(key, ":")
		if !ok || !slices.Contains([]string{"label", "env", "config", "os-release", "file"}, in) {
			errs = append(errs, fmt.Errorf("publisher %q: mark %q: no such kind", p.Vendor, key))
		}
		name, optional := strings.CutSuffix(name, "?")
		r.marks = append(r.marks, mark{in, name, optional, expression("mark "+key, `\A(?:`+p.Marks[key]+`)\z`)})
	}
	if p.Steps != "" {
		r.steps, r.literal = expression("steps", p.Steps), requiredLiteral(p.Steps)
	}
	if p.Roots != "" {
		r.roots = expression("roots", `\A(?:`+p.Roots+`)\z`)
	}
	return r, errors.Join(errs...)
}

// requiredLiteral returns the longest text that whatever an expression matches has, as
// far as that is easily seen: to look for it is quicker than to match.
func requiredLiteral(expression string) string {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat {
		return ""
	}
	longest := ""
	for _, part := range re.Sub {
		if part.Op == syntax.OpLiteral && part.Flags&syntax.FoldCase == 0 && len(string(part.Rune)) > len(longest) {
			longest = string(part.Rune)
		}
	}
	return longest
}

// compileAll compiles rows. Those that can't be are left out, and are in the error.
func compileAll(publishers []Publisher) ([]*row, error) {
	var rows []*row
	var errs []error
	for i := range publishers {
		r, err := publishers[i].compile()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rows = append(rows, r)
	}
	return rows, errors.Join(errs...)
}

// knownRows are the rows of the table. They are compiled once per program.
var knownRows = sync.OnceValues(func() ([]*row, error) { return compileAll(publishers()) })

// A publisherSource is the Source that reads rows: the user's, and those of the table.
type publisherSource struct{ own []Publisher }

func (s publisherSource) Claims(_ context.Context, q *Query) ([]Claim, error) {
	own, err := compileAll(s.own)
	table, terr := knownRows()
	e := newEvidence(q)
	var claims []Claim
	for _, r := range append(own, table...) {
		switch {
		case r.steps != nil:
			claims = append(claims, e.bySteps(r)...)
		default:
			claims = append(claims, e.byLabelSteps(r)...)
			claims = append(claims, e.byOtherLabels(r)...)
		}
	}
	return claims, errors.Join(err, terr)
}

// An imageEvidence is what rows look at.
type imageEvidence struct {
	q    *Query
	set  []map[string]string // labels, by the step that sets them; nil of most
	rest map[string]string   // labels of the configuration that no step set
	keys map[string]bool     // of all labels
	env  map[string]string
	text string // the steps, one a line
	at   []int  // where in text each step begins
	root Distro
	// taken are the spans that a publisher's row has named, so that his others are not
	// asked.
	taken map[string]map[Span]bool
}

func newEvidence(q *Query) *imageEvidence {
	e := &imageEvidence{q: q, set: make([]map[string]string, len(q.Steps)), rest: q.unexplained(), keys: map[string]bool{}, env: map[string]string{}, taken: map[string]map[Span]bool{}}
	for k := range e.rest {
		e.keys[k] = true
	}
	for i, s := range q.Steps {
		e.set[i] = labelsOf(s)
		for k := range e.set[i] {
			e.keys[k] = true
		}
	}
	for _, pair := range q.Config.Config.Env {
		k, v, _ := strings.Cut(pair, "=")
		e.env[k] = v
	}
	e.root, _ = q.Hints.Files[0].Distro()
	const most = 1 << 10 // bytes of a line that are looked at
	var b strings.Builder
	for _, s := range q.Steps {
		e.at = append(e.at, b.Len())
		line := s.CreatedBy
		if k := s.Instruction.Keyword; k != "" {
			line = k + " " + s.Instruction.Args
		} else {
			line = line[:min(len(line), most)] + " ## " + s.Comment
		}
		b.WriteByte('\n')
		b.WriteString(strings.Map(func(c rune) rune {
			if c == '\n' || c == '\t' || c == '\r' {
				return ' '
			}
			return c
		}, line[:min(len(line), most)]))
	}
	e.text = b.String()
	return e
}

// could reports whether all labels that a row must have occur somewhere.
func (e *imageEvidence) could(r *row) bool {
	for _, m := range r.marks {
		if m.in == "label" && !m.optional && !strings.Contains(m.key, "*") && !e.keys[m.key] {
			return false
		}
	}
	return true
}

// match compares marks with a set of labels and with the image, and adds the values to
// those given.
func (e *imageEvidence) match(r *row, labels, values map[string]string) bool {
	for _, m := range r.marks {
		v, ok := e.value(m, labels)
		found := m.like.FindStringSubmatch(v)
		if !ok || found == nil {
			if m.optional {
				continue
			}
			return false
		}
		for i, name := range m.like.SubexpNames() {
			if name != "" && found[i] != "" {
				values[name] = found[i]
			}
		}
	}
	return true
}

// value returns what a mark is about.
func (e *imageEvidence) value(m mark, labels map[string]string) (string, bool) {
	c := e.q.Config.Config
	switch m.in {
	case "label":
		if !strings.Contains(m.key, "*") {
			v, ok := labels[m.key]
			return v, ok
		}
		value, found := "", false
		for k, v := range labels {
			if ok, _ := path.Match(m.key, k); !ok || !m.like.MatchString(v) || found && v == value {
				continue
			}
			if found {
				return "", false // which of them it is is not known
			}
			value, found = v, true
		}
		return value, found
	case "env":
		v, ok := e.env[m.key]
		return v, ok
	case "file":
		v, ok := e.q.Hints.Files[0][m.key]
		return string(v), ok
	case "config":
		return map[string]string{"Entrypoint": strings.Join(c.Entrypoint, " "), "Cmd": strings.Join(c.Cmd, " "), "User": c.User}[m.key], true
	}
	v := map[string]string{"ID": e.root.ID, "VERSION_ID": e.root.VersionID, "PRETTY_NAME": e.root.PrettyName}[m.key]
	return v, v != ""
}

// bySteps finds the image's steps, and names them by their text and by the marks. Labels
// are those that no step set: of several images, they are the last one's.
func (e *imageEvidence) bySteps(r *row) []Claim {
	if !e.could(r) || r.literal != "" && !strings.Contains(e.text, r.literal) {
		return nil
	}
	values := map[string]string{}
	if !e.match(r, e.rest, values) {
		return nil
	}
	const most = 50
	var claims []Claim
	found := r.steps.FindAllStringSubmatchIndex(e.text, most)
	labelled := slices.ContainsFunc(r.marks, func(m mark) bool { return m.in == "label" })
	if labelled {
		found = found[max(0, len(found)-1):]
	}
	for _, at := range found {
		own := maps.Clone(values)
		for i, name := range r.steps.SubexpNames() {
			if name != "" && at[2*i] >= 0 {
				own[name] = e.text[at[2*i]:at[2*i+1]]
			}
		}
		span := Span{e.step(at[0]), e.step(at[1]-1) + 1}
		if span.Len() < 1 || r.of.Layers > 0 && layersIn(e.q.Steps[span.From:span.To]) != r.of.Layers || !e.take(r, span) {
			continue
		}
		c := e.claim(r, own)
		c.Start, c.End, c.Later = span.From, span.To, r.of.Later
		if c.Evidence.Where = fmt.Sprintf("steps %d to %d", span.From, span.To-1); span.Len() == 1 {
			c.Evidence.Where = fmt.Sprintf("step %d", span.From)
		}
		switch {
		case span.Len() < len(e.q.Steps) && labelled:
			c.Evidence.Confidence = Inferred // somebody else may have set them
		case !labelled:
			c.Evidence.Kind, c.Evidence.Confidence = KindStep, Inferred // anybody can run the same
		}
		claims = append(claims, c)
	}
	return claims
}

// step returns the step to which a byte of the text belongs.
func (e *imageEvidence) step(at int) int {
	i, ok := slices.BinarySearch(e.at, at)
	if !ok {
		i--
	}
	return i
}

// take reports whether no other row of the publisher has the span.
func (e *imageEvidence) take(r *row, s Span) bool {
	if e.taken[r.of.Vendor] == nil {
		e.taken[r.of.Vendor] = map[Span]bool{}
	}
	taken := e.taken[r.of.Vendor][s]
	e.taken[r.of.Vendor][s] = true
	return !taken
}

func layersIn(steps []history.Step) int {
	n := 0
	for _, s := range steps {
		if s.Layer != history.None {
			n++
		}
	}
	return n
}

// byLabelSteps finds the images whose LABEL steps say that they are the publisher's.
func (e *imageEvidence) byLabelSteps(r *row) []Claim {
	if len(r.marks) == 0 || !e.could(r) {
		return nil
	}
	var claims []Claim
	seen, first, before := map[string]string{}, history.None, 0
	claim := func(i int, ended bool) {
		values := map[string]string{}
		if !e.match(r, seen, values) {
			if ended { // that was another image
				seen, first = map[string]string{}, history.None
			}
			return
		}
		c := e.claim(r, values)
		c.Start, c.End, c.Earlier, c.Later = first, i+1, true, true
		if ended {
			c.End, c.Later = e.end(r, before, i, seen), false
			if r.roots != nil && r.roots.MatchString(c.Name.Repository) && before == 0 && !e.builtOn(c.End) {
				c.Start, c.Earlier = 0, false
			}
			before = c.End
		}
		if e.take(r, Span{c.Start, c.End}) {
			claims = append(claims, c)
		}
		seen, first = map[string]string{}, history.None
	}
	last := history.None
	for i := range e.q.Steps {
		found, ends := false, false
		for k, v := range e.set[i] {
			if !r.wants(k) {
				continue
			}
			seen[k] = v
			found, ends = true, ends || slices.Contains(r.of.Ends, k)
		}
		if !found {
			continue
		}
		last = i
		if first == history.None {
			first = i
		}
		if ends || len(r.of.Ends) == 0 {
			claim(i, ends)
		}
	}
	if first != history.None {
		claim(last, false)
	}
	return claims[max(0, len(claims)-maxLabelClaims):]
}

// builtOn reports whether one of the first steps says what it is built on.
func (e *imageEvidence) builtOn(end int) bool {
	return slices.ContainsFunc(e.q.Steps[:end], func(s history.Step) bool {
		return s.Instruction.From != "" && !internal(s.Instruction.From)
	})
}

func (r *row) wants(key string) bool {
	if slices.Contains(r.of.Ends, key) || key == r.of.Again && key != "" {
		return true
	}
	return slices.ContainsFunc(r.marks, func(m mark) bool {
		if m.in != "label" {
			return false
		}
		ok, _ := path.Match(m.key, key)
		return ok || m.key == key
	})
}

// end returns the step after the image's last: the layer, if there is none yet or it is
// that of Buildah's commit, CMD and the like, and the publisher's second commit. The image
// has the label that is set last from step i; the one below ends before the step before.
func (e *imageEvidence) end(r *row, before, i int, labels map[string]string) int {
	end := i + 1
	if e.q.Steps[i].Layer == history.None {
		if j, ok := e.nextLayer(i); ok && (!makesLayer(e.q.Steps[before:i]) || pending(e.q.Steps, j)) {
			i = j
		}
		end = closing(e.q.Steps, i)
	}
	if v := labels[r.of.Again]; len(v) >= 12 {
		for end < len(e.q.Steps) && strings.Contains(e.q.Steps[end].Instruction.From, v) {
			end++
		}
	}
	return end
}

// nextLayer returns the next step that made a layer, if no other image begins before.
func (e *imageEvidence) nextLayer(i int) (int, bool) {
	for i++; i < len(e.q.Steps) && e.q.Steps[i].Instruction.From == ""; i++ {
		if e.q.Steps[i].Layer != history.None {
			return i, true
		}
	}
	return 0, false
}

// byOtherLabels reads labels that no step set, as those of images have that were made
// from an archive or by a tool without Dockerfile. They speak for the steps that say
// nothing of themselves.
func (e *imageEvidence) byOtherLabels(r *row) []Claim {
	values := map[string]string{}
	if len(r.marks) == 0 || !slices.ContainsFunc(r.marks, func(m mark) bool { return m.in == "label" }) || !e.could(r) || !e.match(r, e.rest, values) {
		return nil
	}
	mute := 0
	for mute < len(e.q.Steps) && (silent(e.q.Steps[mute]) || byKiwi(e.q.Steps[mute]) || e.q.Steps[mute].Instruction.Builder == history.BuilderCommit) {
		mute++
	}
	if mute == 0 {
		return nil
	}
	c := e.claim(r, values)
	root := r.roots != nil && r.roots.MatchString(c.Name.Repository)
	switch {
	case root && (mute == 1 || mute == 2 && imported(e.q.Steps[0])):
		c.Start, c.End = 0, mute
	case !root && mute == len(e.q.Steps):
		c.Start, c.End, c.Earlier = mute-1, mute, mute > 1
	default:
		return nil
	}
	if mute < len(e.q.Steps) {
		c.Evidence.Confidence = Inferred // somebody else may have set them
	}
	if !e.take(r, Span{c.Start, c.End}) {
		return nil
	}
	return []Claim{c}
}

// claim makes the name and the evidence of a row whose values are known.
func (e *imageEvidence) claim(r *row, values map[string]string) Claim {
	c := Claim{Evidence: Evidence{Kind: KindLabel, Confidence: Recorded, Says: "made by " + r.of.Vendor}}
	for _, m := range r.marks {
		if m.in == "label" {
			c.Evidence.Where = "label " + m.key
			break
		}
	}
	if text, ok := fill(r.of.Name, values); ok {
		if n, ok := ParseName(text); ok {
			for _, tag := range r.of.Tags {
				if tag, ok := fill(tag, values); ok {
					n.Tags = append(n.Tags, tag)
				}
			}
			n.Tags = compact(n.Tags...)
			c.Name = n
			c.Evidence.Says = "is named " + n.String() + " by " + r.of.Vendor
		}
	}
	if r.roots != nil && len(c.Name.Tags) == 0 {
		c.Evidence.Confidence = Inferred // the name gives way to one that has tags
	}
	for _, p := range r.of.Parent {
		if text, ok := fill(p, values); ok {
			if n, ok := ParseName(text); ok && n.String() != c.Name.String() {
				c.Parent = n
				break
			}
		}
	}
	return c
}

// fill puts values into a template. It reports false if one is missing, or the template
// is empty.
func fill(template string, values map[string]string) (string, bool) {
	ok := template != ""
	out := valuePlace.ReplaceAllStringFunc(template, func(place string) string {
		v, found := values[place[2:len(place)-1]]
		ok = ok && found
		return v
	})
	return out, ok
}

var valuePlace = regexp.MustCompile(`\$\{\w+\}`)

// internal reports whether a name is one under which a publisher of the table finds his
// own images while he builds others.
func internal(name string) bool {
	rows, _ := knownRows()
	return slices.ContainsFunc(rows, func(r *row) bool {
		return slices.ContainsFunc(r.of.Internal, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	})
}

// internalName reports whether n is what a publisher's own builds call a repository of
// his: dashes stand for the slashes after the registry's name.
func internalName(n Name, repository string) bool {
	_, public, ok := strings.Cut(repository, "/")
	return ok && internal(n.Repository) && path.Base(n.Repository) == strings.ReplaceAll(public, "/", "-")
}
