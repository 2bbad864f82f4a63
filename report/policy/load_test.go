package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
)

// files makes a file system of pairs of names and contents.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func load(t *testing.T, fsys fstest.MapFS, name string) *policy.Policy {
	t.Helper()
	p, err := policy.Load(fsys, name, rules.All())
	require.NoError(t, err)
	return p
}

// What the package's documentation shows is what it says.
func TestLoadDocumented(t *testing.T) {
	p := load(t, files("company.yaml", `
failOn: warning
maxAge: 180d
rules: {add-remote: off, born-old: serious}
inherited: [{level: note}]
`, "team/policy.yaml", `
extends: [../company.yaml]
maxAge: none
rules: {born-old: default}
inherited: [{rule: end-of-life, level: serious}]
`), "team/policy.yaml")
	want := parse(t, `
failOn: warning
rules: {add-remote: off}
inherited: [{level: note}, {rule: end-of-life, level: serious}]
`)
	want.Extends = []string{"../company.yaml"}
	want.Rules["born-old"] = policy.Default
	assert.Equal(t, want, p)
}

// Each key is taken from the last file that has it; lists of entries are added up.
func TestLoadMerges(t *testing.T) {
	const everything = `
failOn: warning
rules: {add-remote: off}
inherited: [{level: note}]
accept: [{rule: copy-up}]
maxAge: 180d
maxSize: 5MB
allowedRoots: [debian]
rootConfidence: proved
allowedBases: {names: [ours/*], catalogue: bases.stemma, maxAge: 30d, confidence: proved}
`
	base := parse(t, everything)
	for name, tt := range map[string]struct {
		own  string
		want func(p *policy.Policy)
	}{
		"nothing":          {"", func(*policy.Policy) {}},
		"empty keys":       {"failOn:\nrules:\ninherited:\naccept:\nmaxAge:\nmaxSize:\nallowedRoots:\nrootConfidence:\nallowedBases:\n", func(*policy.Policy) {}},
		"failOn":           {"failOn: never", func(p *policy.Policy) { p.FailOn = policy.Never }},
		"a rule":           {"rules: {copy-up: note}", func(p *policy.Policy) { p.Rules["copy-up"] = policy.Note }},
		"the same rule":    {"rules: {add-remote: note}", func(p *policy.Policy) { p.Rules["add-remote"] = policy.Note }},
		"inherited":        {"inherited: [{level: off}]", func(p *policy.Policy) { p.Inherited = append(p.Inherited, policy.Inheritance{Level: policy.Off}) }},
		"accept":           {"accept: [{rule: born-old}]", func(p *policy.Policy) { p.Accept = append(p.Accept, policy.Acceptance{Rule: "born-old"}) }},
		"no age":           {"maxAge: none", func(p *policy.Policy) { p.MaxAge = 0 }},
		"no size":          {"maxSize: none", func(p *policy.Policy) { p.MaxSize = 0 }},
		"other roots":      {"allowedRoots: [alpine]", func(p *policy.Policy) { p.AllowedRoots = []string{"alpine"} }},
		"all roots":        {"allowedRoots: []", func(p *policy.Policy) { p.AllowedRoots = []string{} }},
		"one key of bases": {"allowedBases: {maxAge: 7d}", func(p *policy.Policy) { p.AllowedBases.MaxAge = policy.Age(7 * 24 * time.Hour) }},
		"other bases":      {"allowedBases: {names: [a], catalogue: b/c}", func(p *policy.Policy) { p.AllowedBases.Names, p.AllowedBases.Catalogue = []string{"a"}, "b/c" }},
		"all bases":        {"allowedBases: {names: [], catalogue: none, maxAge: none}", func(p *policy.Policy) { p.AllowedBases = policy.Bases{Names: []string{}, Confidence: 4} }},
		"root confidence":  {"rootConfidence: inferred", func(p *policy.Policy) { p.RootConfidence = 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			want := *base
			want.Rules = map[string]policy.Level{"add-remote": policy.Off}
			tt.want(&want)
			got := load(t, files("base.yaml", everything, "own.yaml", "extends: [base.yaml]\n"+tt.own), "own.yaml")
			want.Extends, got.Extends = nil, nil
			assert.Equal(t, &want, got)
		})
	}
}

// A catalogue is looked for beside the policy that names it.
func TestLoadCatalogue(t *testing.T) {
	p := load(t, files("ours/base.yaml", "allowedBases: {catalogue: ../data/bases.stemma}", "own.yaml", "extends: [ours/base.yaml]"), "own.yaml")
	assert.Equal(t, "data/bases.stemma", p.AllowedBases.Catalogue)
	for _, c := range []string{"../bases.stemma", "/bases.stemma"} {
		_, err := policy.Load(files("own.yaml", "\nallowedBases: {catalogue: "+c+"}"), "own.yaml", nil)
		assert.ErrorContains(t, err, `own.yaml: line 2: allowedBases: catalogue: "`+c+`" leads out`)
	}
}

// Of several, the later ones come later, each with what it extends.
func TestLoadOrder(t *testing.T) {
	p := load(t, files(
		"root.yaml", "maxAge: 1d\nmaxSize: 1MB\naccept: [{rule: born-old}]",
		"a/a.yaml", "extends: [../root.yaml]\nmaxAge: 2d\naccept: [{rule: copy-up}]",
		"b.yaml", "failOn: note\naccept: [{rule: lagging}]",
		"p.yaml", "extends: [a/a.yaml, ./b.yaml]\nfailOn: never\naccept: [{rule: unknown}]",
	), "p.yaml")
	assert.Equal(t, policy.Never, p.FailOn)
	assert.EqualValues(t, 48*3600*1e9, p.MaxAge)
	assert.EqualValues(t, 1_000_000, p.MaxSize)
	var order []string
	for _, a := range p.Accept {
		order = append(order, a.Rule)
	}
	assert.Equal(t, []string{"born-old", "copy-up", "lagging", "unknown"}, order)
}

func TestLoadErrors(t *testing.T) {
	long := []string{}
	for i := range 40 {
		long = append(long, fmt.Sprintf("%d.yaml", i), fmt.Sprintf("extends: [%d.yaml]", i+1))
	}
	wide := []string{"p.yaml", "extends: [a.yaml, a.yaml]"}
	for c := 'a'; c < 'z'; c++ {
		wide = append(wide, string(c)+".yaml", fmt.Sprintf("extends: [%c.yaml, %c.yaml]", c+1, c+1))
	}
	for name, tt := range map[string]struct {
		files []string
		want  string
	}{
		"itself":              {[]string{"p.yaml", "extends: [p.yaml]"}, "policy: p.yaml: line 1: extends: the policy extends itself: p.yaml → p.yaml"},
		"a ring":              {[]string{"p.yaml", "extends: [x/a.yaml]", "x/a.yaml", "\nextends:\n- ../p.yaml"}, "policy: x/a.yaml: line 3: extends: the policy extends itself: p.yaml → x/a.yaml → p.yaml"},
		"out":                 {[]string{"p.yaml", "extends: [../q.yaml]"}, `policy: p.yaml: line 1: extends: "../q.yaml" leads out of the directory`},
		"absolute":            {[]string{"p.yaml", "extends: [/etc/passwd]"}, `p.yaml: line 1: extends: "/etc/passwd" is no path relative`},
		"a URL":               {[]string{"p.yaml", "extends: ['https://example.com/p.yaml']"}, "is no path relative"},
		"no path":             {[]string{"p.yaml", "extends: ['']"}, "is no path relative"},
		"not there":           {[]string{"p.yaml", "failOn: note\nextends: [q.yaml]"}, "policy: p.yaml: line 2: extends: open q.yaml: file does not exist"},
		"a directory":         {[]string{"p.yaml", "extends: [d]", "d/q.yaml", ""}, "p.yaml: line 1: extends: d is a directory"},
		"nothing at all":      {nil, "policy: open p.yaml: file does not exist"},
		"below":               {[]string{"p.yaml", "extends: [d/q.yaml]", "d/q.yaml", "failOn: note\nrules: {rot-user: off}"}, `policy: d/q.yaml: line 2: unknown rule "rot-user"`},
		"the file itself":     {[]string{"p.yaml", "extends: [q.yaml]\nmaxAge: old", "q.yaml", ""}, `policy: p.yaml: line 2: maxAge: "old" is no age`},
		"a text":              {[]string{"p.yaml", "extends: q.yaml", "q.yaml", ""}, `policy: p.yaml: line 1: extends: "q.yaml", where a list is wanted: [a, b]`},
		"a chain":             {append(long, "p.yaml", "extends: [0.yaml]"), "31.yaml: line 1: extends: more than 32 files, by way of p.yaml → 0.yaml"},
		"twice and twice ...": {append(wide, "z.yaml", ""), "more than 32 files"},
		"large":               {[]string{"p.yaml", "extends: [q.yaml]", "q.yaml", "#" + strings.Repeat(" ", 1<<20)}, "policy: q.yaml: more than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Load(files(tt.files...), "p.yaml", rules.All())
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

// The FS of an os.Root keeps symbolic links inside.
func TestLoadLinks(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "outside.yaml"), []byte("failOn: never"), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "in"), 0o755))
	require.NoError(t, os.Symlink("../outside.yaml", filepath.Join(dir, "in", "link.yaml")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in", "p.yaml"), []byte("extends: [link.yaml]"), 0o644))
	root, err := os.OpenRoot(filepath.Join(dir, "in"))
	require.NoError(t, err)
	defer root.Close()
	_, err = policy.Load(root.FS(), "p.yaml", rules.All())
	assert.ErrorContains(t, err, "escapes")
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("extends: [q.yaml]\nrules: {root-user: off}"), []byte("extends: [d/../p.yaml]"))
	f.Add([]byte("extends: [q.yaml, ./q.yaml]\naccept: []"), []byte(full))
	f.Fuzz(func(t *testing.T, p, q []byte) {
		fsys := fstest.MapFS{"p.yaml": {Data: p}, "q.yaml": {Data: q}}
		if _, err := policy.Load(fsys, "p.yaml", rules.All()); err != nil {
			assert.True(t, strings.HasPrefix(err.Error(), "policy: "), "%s", err)
		}
	})
}

// A team's policy says only what is other than the company's.
func ExampleLoad() {
	fsys := fstest.MapFS{ // os.DirFS("."), or the FS of an os.Root
		"company.yaml":     {Data: []byte("failOn: warning\nmaxAge: 180d\n")},
		"team/policy.yaml": {Data: []byte("extends: [../company.yaml]\nrules: {root-user: off}\n")},
	}
	p, err := policy.Load(fsys, "team/policy.yaml", rules.All())
	if err != nil {
		panic(err)
	}
	fmt.Println(p.FailOn == policy.Warning, p.MaxAge > 0, p.Rules["root-user"] == policy.Off)
	// Output: true true true
}
