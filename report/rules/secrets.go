package rules

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
)

//go:embed secrets.tsv
var secretsTSV string

// A secret is a line of secrets.tsv: what a file of that name holds.
type secret struct {
	severity report.Severity
	pattern  string // of the last elements of the path, as many as it has
	what     string
	part     string // the longest part of the pattern's last element without wildcards: a quick test
}

// secrets parses the table once. It is part of the program: the tests check it.
var secrets = sync.OnceValue(func() []secret {
	var list []secret
	for line := range strings.Lines(secretsTSV) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 3 || f[0] == "severity" || f[0][0] == '#' {
			continue
		}
		s := secret{severity: report.Warning, pattern: f[1], what: f[2]}
		for _, part := range strings.FieldsFunc(path.Base(f[1]), func(r rune) bool { return r == '*' || r == '[' || r == ']' }) {
			if len(part) > len(s.part) {
				s.part = part
			}
		}
		if f[0] == report.Serious.String() {
			s.severity = report.Serious
		}
		list = append(list, s)
	}
	return list
})

// SecretFile returns the rule "secret-file", about files that hold keys or passwords.
func SecretFile() report.Rule {
	return report.Rule{
		Name:     "secret-file",
		Severity: report.Serious,
		Doc: "Files whose names are those of private keys and credentials, in any layer. " +
			"Whoever has the image has them, also where a later layer deleted them. There is one finding for each layer and kind of file. " +
			"Names alone are looked at, never what a file holds. " +
			"It is silent about empty files, examples, tests and documentation, public keys, and what lies in the directories of packages: /usr/share, node_modules, site-packages. " +
			"It may be wrong where a file has such a name and no secret in it, such as an .npmrc that names a registry and no token.",
		Run: findSecrets,
	}
}

func findSecrets(r *report.Report) []report.Finding {
	if r.Index == nil || len(r.Ancestors) == 0 {
		return nil
	}
	type key struct {
		layer, hider int // hider is None for files that are visible
		what         string
	}
	groups := map[key][]string{}
	severity := map[string]report.Severity{}
	seen := map[string]bool{} // with the metadata changed or written again, it is the same secret
	for l := range r.Index.Layers {
		for e := range r.Index.Entries(l) {
			if e.Type != layers.Regular && e.Type != layers.Hardlink || e.Type == layers.Regular && e.Size == 0 {
				continue
			}
			s, ok := secretOf(e.Path)
			if !ok || seen[e.Path] {
				continue
			}
			seen[e.Path] = true
			severity[s.what] = s.severity
			k := key{l, hiderOf(r, e), s.what}
			groups[k] = append(groups[k], "/"+e.Path)
		}
	}
	var found []report.Finding
	for k, paths := range groups {
		slices.Sort(paths)
		f := r.AtLayer(k.layer)
		f.Severity, f.Subject = severity[k.what], paths[0]
		if len(paths) > 1 {
			f.Items = paths
		}
		f.Message = fmt.Sprintf("ships what by its name is %s: %s", k.what, upTo(3, paths))
		if k.hider != layers.None {
			f.Message += fmt.Sprintf("; layer %d deletes it, but who has the image still has it", k.hider)
		}
		remedySecret(&f, r, k.what)
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b report.Finding) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Subject, b.Subject))
	})
	return found
}

// hiderOf returns the layer that took a path out of the image, None if the finished image
// has it.
func hiderOf(r *report.Report, e layers.Entry) int {
	if _, ok := r.Index.Lookup(r.Index.Top(), e.Path); ok {
		return layers.None
	}
	last := e.Shadow
	for _, v := range r.Index.Versions(e.Path) {
		if v.Type != layers.Whiteout {
			last = v.Shadow
		}
	}
	return last
}

const hostKey = "a host key of SSH"

// remedySecret gives a finding its remedy. What the layers below ship, no step takes out.
func remedySecret(f *report.Finding, r *report.Report, what string) {
	switch {
	case f.Inherited():
		f.By = report.Publisher
		f.Remedy = fmt.Sprintf("tell the publisher of %s, and trust nothing that a secret in it protects", r.NameOf(f.Ancestor))
	case what == hostKey:
		f.Remedy = "delete host keys in the step that installs the server, and make them when the container starts: all containers of an image have the same"
	default:
		f.Remedy = "replace the secret, and give the new one to the step that needs it (RUN --mount=type=secret) or to the running container"
	}
}

// secretOf tells by its path what a file holds.
func secretOf(p string) (secret, bool) {
	base := path.Base(p)
	for _, s := range secrets() {
		if strings.Contains(base, s.part) && match(s.pattern, tail(p, strings.Count(s.pattern, "/")+1)) {
			return s, !harmlessPlace(p) && (s.severity == report.Serious || !harmlessName(base))
		}
	}
	return secret{}, false
}

// tail returns the last n elements of a path, or all of it.
func tail(p string, n int) string {
	at := len(p)
	for range n {
		if at = strings.LastIndexByte(p[:at], '/'); at < 0 {
			return p
		}
	}
	return p[at+1:]
}

// harmlessPlace reports whether a file is an example or a test's, or part of what a package
// ships for everybody.
func harmlessPlace(p string) bool {
	for _, prefix := range harmlessTrees() {
		if strings.HasPrefix(p, prefix) {
			return true
		}
	}
	for dir := range strings.SplitSeq(strings.ToLower(path.Dir(p)), "/") {
		if harmlessDirs()[dir] {
			return true
		}
	}
	return false
}

// harmlessName reports whether a name that could be a secret's says that it is public, or an
// example.
func harmlessName(base string) bool {
	base = strings.ToLower(base)
	return slices.ContainsFunc([]string{"pub", "gpg", "pgp", "signing", "keyring", "trust", "cacerts", "snakeoil", "example", "sample", "template", "default", "dist", "test", "root.key", "archive", "release"},
		func(word string) bool { return strings.Contains(base, word) })
}

// harmlessTrees hold what packages ship, and the public keys of package archives.
func harmlessTrees() []string {
	return []string{"usr/share/", "usr/lib/", "usr/lib64/", "usr/src/", "usr/include/", "usr/libexec/", "usr/local/go/", "usr/local/lib/", "etc/apt/", "etc/apk/", "etc/pki/", "var/lib/apt/",
		"nix/store/", "proc/", "sys/", "dev/"}
}

// harmlessDirs are names of directories, in lower case, whose files are nobody's secret.
var harmlessDirs = sync.OnceValue(func() map[string]bool {
	names := "test tests testdata test-data testing test_data fixtures __fixtures__ spec specs example examples sample samples demo demos doc docs " +
		"node_modules site-packages dist-packages gems vendor third_party testsuite keyrings"
	return maps.Collect(func(yield func(string, bool) bool) {
		for n := range strings.FieldsSeq(names) {
			if !yield(n, true) {
				return
			}
		}
	})
})
