package official

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Entry is one paragraph of a file: tags, and what they are built from.
type Entry struct {
	Tags       []string // Tags, then SharedTags, as listed
	Windows    bool     // built for Windows only
	Default    Origin
	ByArch     map[string]Origin // architectures that differ from Default
	Constraint string            // Constraints, as written
	// Architectures are the Linux ones, in the order of the file.
	Architectures []string
}

// An Origin says where an image's build instructions are.
type Origin struct {
	Repo      string // URL, as written
	Fetch     string // ref, "" if not given
	Commit    string // 40 hex digits; in old files also the name of a tag or branch
	Directory string // without leading or trailing slash, "" is the root
	File      string // "Dockerfile" unless given
	Builder   string // "" unless given
}

// Origin returns where the image for one architecture comes from.
func (e Entry) Origin(arch string) Origin {
	if o, ok := e.ByArch[arch]; ok {
		return o
	}
	return e.Default
}

// Limits on a file; the largest real one has about 3,000 lines.
const (
	maxFile  = 4 << 20
	maxLines = 100_000
)

// Parse reads a file. What can be read is returned beside the errors about what
// can't. The file of an image that was given up has no entries.
func Parse(text string) ([]Entry, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("library file of %d bytes: more than %d", len(text), maxFile)
	}
	if strings.Count(text, "\n") > maxLines {
		return nil, fmt.Errorf("library file of more than %d lines", maxLines)
	}
	var entries []Entry
	var errs []error
	global := fields{}
	for i, p := range paragraphs(text) {
		if isLines(p) {
			old, err := parseLines(p)
			entries = append(entries, old...)
			errs = append(errs, err)
			continue
		}
		f, err := parseFields(p)
		if err != nil {
			errs = append(errs, err)
		}
		if i == 0 && f["tags"] == "" {
			global = f
			continue
		}
		e, err := global.with(f).entry()
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", p[0].number, err))
			continue
		}
		entries = append(entries, e)
	}
	return entries, errors.Join(errs...)
}

type numbered struct {
	number int
	text   string
}

// paragraphs drops comments, joins continuation lines and parts at empty lines.
func paragraphs(text string) [][]numbered {
	var all [][]numbered
	var p []numbered
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		end := line == "" // a line of spaces ends nothing
		line = strings.TrimRight(line, " \t")
		switch {
		case end:
			if len(p) > 0 {
				all, p = append(all, p), nil
			}
		case line == "" || line[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			if len(p) > 0 {
				p[len(p)-1].text += " " + strings.TrimSpace(line)
			}
		default:
			p = append(p, numbered{n, line})
		}
	}
	if len(p) > 0 {
		all = append(all, p)
	}
	return all
}

// fields are a paragraph's fields, by lower-case name.
type fields map[string]string

func parseFields(p []numbered) (fields, error) {
	f := fields{}
	var errs []error
	for _, l := range p {
		name, value, ok := strings.Cut(l.text, ":")
		if !ok {
			errs = append(errs, fmt.Errorf("line %d: no field: %.60q", l.number, l.text))
			continue
		}
		f[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return f, errors.Join(errs...)
}

// with returns the fields with another paragraph's over them.
func (f fields) with(over fields) fields {
	out := fields{}
	for k, v := range f {
		out[k] = v
	}
	for k, v := range over {
		out[k] = v
	}
	return out
}

var originFields = []string{"gitrepo", "gitfetch", "gitcommit", "directory", "file", "builder"}

func (f fields) entry() (Entry, error) {
	e := Entry{Tags: append(list(f["tags"]), list(f["sharedtags"])...), Constraint: f["constraints"]}
	if len(e.Tags) == 0 {
		return e, errors.New("no tags")
	}
	archs := list(f["architectures"])
	if len(archs) == 0 {
		archs = []string{"amd64"}
	}
	for _, a := range archs {
		if !strings.HasPrefix(a, "windows-") {
			e.Architectures = append(e.Architectures, a)
		}
	}
	e.Windows = len(e.Architectures) == 0 || isWindows(e.Constraint)
	e.Default = f.origin("")
	for _, a := range e.Architectures {
		if slices.ContainsFunc(originFields, func(n string) bool { return f[a+"-"+n] != "" }) {
			if e.ByArch == nil {
				e.ByArch = map[string]Origin{}
			}
			e.ByArch[a] = f.origin(a)
		}
	}
	return e, nil
}

func isWindows(constraint string) bool {
	return strings.Contains(constraint, "windowsservercore") || strings.Contains(constraint, "nanoserver")
}

func (f fields) origin(arch string) Origin {
	get := func(name string) string {
		if v := f[arch+"-"+name]; arch != "" && v != "" {
			return v
		}
		return f[name]
	}
	o := Origin{
		Repo: get("gitrepo"), Fetch: get("gitfetch"), Commit: get("gitcommit"),
		Directory: cleanDir(get("directory")), File: get("file"), Builder: get("builder"),
	}
	if o.File == "" {
		o.File = "Dockerfile"
	}
	return o
}

func cleanDir(d string) string {
	d = strings.Trim(strings.TrimPrefix(strings.TrimSpace(d), "./"), "/")
	if d == "." {
		return ""
	}
	return d
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}
