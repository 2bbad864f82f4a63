package ask

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// A stretch is an ancestor of a handmade image.
type stretch struct {
	repository, tag, day string
	size                 int
	change               func(*ancestry.Ancestor)
}

// The ancestors of the small fleet.
func debian(day string) stretch { return stretch{"debian", "12", day, 40_000, nil} }
func python() stretch           { return stretch{"python", "3.12", "2026-03-09", 90_000, nil} }
func base() stretch             { return stretch{"", "", "2026-05-02", 30_000, nil} }
func alpine() stretch {
	return stretch{"alpine", "3.20", "2026-02-01", 3_000, func(a *ancestry.Ancestor) {
		a.Confidence = ancestry.Inferred
		a.Ties = []ancestry.Name{{Repository: "alpine", Tags: []string{"3.20.3"}}}
	}}
}
func app(n int) stretch { return stretch{"", "", "2026-06-01", 100 + n, nil} }

// reportOf makes the report of an image, the oldest ancestor first.
func reportOf(t *testing.T, chain ...stretch) *report.Report {
	im := handmade.Image{Options: report.Options{AsOf: handmade.AsOf, Rules: rules.All()}}
	for _, s := range chain {
		what := fmt.Sprintf("%s%d-%s", s.repository, s.size, s.day)
		im.Steps = append(im.Steps,
			handmade.Step{CreatedBy: "RUN make " + what + " # buildkit", Comment: handmade.BuildKit, Created: handmade.Day(s.day), Files: []handmade.File{{Name: "opt/" + what, Size: s.size, Body: what}}},
			handmade.Step{CreatedBy: `CMD ["` + what + `"]`, Comment: handmade.BuildKit, Created: handmade.Day(s.day)})
		im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: s.repository, Tag: s.tag, Steps: 2,
			Evidence: []ancestry.Evidence{{Kind: ancestry.KindRecipe, Confidence: ancestry.Recognised, Says: "the steps are those of a Dockerfile"}}})
	}
	r := im.Report(t)
	for i, s := range chain {
		if k := len(chain) - 1 - i; s.change != nil {
			s.change(&r.Lineage.Ancestors[k])
			s.change(&r.Ancestors[k].Ancestor)
		}
	}
	return r
}

// small is a store with a fleet of a few images, made once.
func small(t *testing.T) *store.Store {
	path := filepath.Join(t.TempDir(), "fleet.db")
	made.Do(func() {
		s, err := store.Open(t.Context(), path)
		require.NoError(t, err)
		plant(t, s)
		require.NoError(t, s.Close()) // all of it is in the one file then
		made.file, err = os.ReadFile(path)
		require.NoError(t, err)
	})
	require.NoError(t, os.WriteFile(path, made.file, 0o644))
	s, err := store.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

var made struct {
	sync.Once
	file []byte
}

// plant fills a store.
func plant(t *testing.T, s *store.Store) {
	n := 0
	save := func(repository, tag, owner, seen string, chain ...stretch) v1.Hash {
		tx, err := s.Begin(t.Context())
		require.NoError(t, err)
		defer tx.Rollback()
		n++
		d, ref := digest(n), store.Ref{Repository: "registry.example.org/" + repository, Tag: tag, Owner: owner}
		require.NoError(t, s.Add(t.Context(), tx, ref))
		_, err = s.See(t.Context(), tx, ref, d, handmade.Day(seen))
		require.NoError(t, err)
		im := store.Image{Digest: d, Config: digest(9000 + n), Platform: "linux/amd64", Read: handmade.Day(seen), Version: "v1"}
		if chain == nil {
			require.NoError(t, s.Unreadable(t.Context(), tx, im, "layer 2: gzip: invalid checksum"))
		} else {
			require.NoError(t, s.Save(t.Context(), tx, im, reportOf(t, chain...)))
		}
		require.NoError(t, tx.Commit())
		return d
	}
	march, september := debian("2026-03-02"), debian("2026-09-07")
	save("shop/base", "2", "", "2026-05-03", march, python(), base())
	for i := range 6 {
		save(fmt.Sprintf("shop/app-%d", i), "1", "shop", fmt.Sprintf("2026-06-%02d", i+1), march, python(), base(), app(i))
	}
	for i := range 3 {
		save(fmt.Sprintf("pay/card-%d", i), "7", "pay", "2026-07-01", march, python(), app(10+i))
	}
	save("tools/cron", "1", "", "2026-09-10", september, app(20))
	save("tools/old", "1", "tools", "2026-04-01", march, app(21))
	save("tools/old", "1", "tools", "2026-10-01", september, app(22)) // the tag has moved
	save("edge/proxy", "3", "edge", "2026-08-01", alpine(), app(23))
	save("edge/broken", "3", "edge", "2026-08-01")
	save("shop/base", "2", "", "2026-10-15", september, python(), base()) // so has the base's
	tx, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Add(t.Context(), tx, store.Ref{Repository: "registry.example.org/edge/later", Tag: "1"}))
	require.NoError(t, tx.Commit())
}

// The screens and the JSON of a small fleet, of which all is known.
func TestSmallFleet(t *testing.T) {
	s := small(t)
	require.NoError(t, Allow(t.Context(), s, &bytes.Buffer{}, []string{"debian:*", "registry.example.org/*"}, false, Options{}))
	for name, say := range map[string]func(b *bytes.Buffer, o Options) error{
		"stands-on-debian": func(b *bytes.Buffer, o Options) error { return StandsOn(t.Context(), s, b, "debian:12", o) },
		"stands-on-base": func(b *bytes.Buffer, o Options) error {
			return StandsOn(t.Context(), s, b, "registry.example.org/shop/base:2", o)
		},
		"stands-on-digest": func(b *bytes.Buffer, o Options) error { return StandsOn(t.Context(), s, b, digest(1).String(), o) },
		"stands-on-tie":    func(b *bytes.Buffer, o Options) error { return StandsOn(t.Context(), s, b, "alpine:3.20", o) },
		"stale":            func(b *bytes.Buffer, o Options) error { return Stale(t.Context(), s, b, o) },
		"tree":             func(b *bytes.Buffer, o Options) error { return Tree(t.Context(), s, b, o) },
		"allow":            func(b *bytes.Buffer, o Options) error { return Allow(t.Context(), s, b, nil, false, o) },
	} {
		t.Run(name, func(t *testing.T) {
			for form, o := range map[string]Options{".txt": {Env: env}, ".all.txt": {Env: env, All: true}, ".json": {Env: env, JSON: true}} {
				var b bytes.Buffer
				require.NoError(t, say(&b, o))
				golden(t, "small-"+name+form, b.String())
				if form == ".json" {
					assert.True(t, json.Valid(b.Bytes()))
				}
			}
		})
	}
	for _, v := range s.Views() {
		t.Run(v.Name, func(t *testing.T) {
			var b bytes.Buffer
			require.NoError(t, Query(t.Context(), s, &b, v.Name, nil, Options{Env: env}))
			golden(t, "small-query-"+v.Name+".txt", b.String())
			b.Reset()
			require.NoError(t, Query(t.Context(), s, &b, v.Name, nil, Options{JSON: true}))
			golden(t, "small-query-"+v.Name+".json", b.String())
		})
	}
}

// The list has every view, and with all its columns, too.
func TestViews(t *testing.T) {
	s := small(t)
	var short, all, js bytes.Buffer
	require.NoError(t, Views(s, &short, Options{Env: env}))
	require.NoError(t, Views(s, &all, Options{Env: env, All: true}))
	require.NoError(t, Views(s, &js, Options{JSON: true}))
	var list views
	require.NoError(t, json.Unmarshal(js.Bytes(), &list))
	for i, v := range s.Views() {
		assert.Contains(t, short.String(), "\n"+v.Name+": ")
		for k, c := range v.Columns {
			assert.Contains(t, all.String(), "\n  "+c.Name+" ")
			assert.Equal(t, viewColumn{c.Name, c.Type, c.Doc}, list.Views[i].Columns[k])
		}
	}
	assert.Less(t, strings.Count(short.String(), "\n"), 25)
}

// The picture has the bases, and what is missing in it.
func TestPicture(t *testing.T) {
	s := small(t)
	var b bytes.Buffer
	require.NoError(t, ExportPicture(t.Context(), s, &b, "dot", handmade.AsOf))
	golden(t, "small-forest.dot", b.String())
	b.Reset()
	require.NoError(t, ExportPicture(t.Context(), s, &b, "html", handmade.AsOf))
	assert.Contains(t, b.String(), "1 of 14 images could not be read")
	assert.Contains(t, b.String(), "alpine:3.20: 1 image, 4.6 kB, built 2026-02-01, or as likely alpine:3.20.3")
}

// Where nothing is known to stand on a name, that is said, with what is like it, and an error.
func TestNobody(t *testing.T) {
	s := small(t)
	for name, want := range map[string][]string{
		"debian:13":                          {"no ancestor has that name", "debian:12"},
		"docker.io/library/debian:13":        {"no ancestor has that name", "debian:12"},
		"debain:12":                          {"no ancestor has that name", "debian:12"},
		"other.example.org/base":             {"no ancestor has that name", "registry.example.org/shop/base:2"},
		"nothing/of-the-kind":                {"no ancestor has that name", "Nothing that images stand on has a name like it"},
		"registry.example.org/shop/app-1:1":  {"no other is known to be built on it"},
		digest(77).String():                  {"no ancestor has that name"},
		"sha256:123456":                      {"no ancestor has that name"},
		"registry.example.org/edge/broken:3": {"no ancestor has that name"},
	} {
		var b bytes.Buffer
		err := StandsOn(t.Context(), s, &b, name, Options{Env: env})
		var nobody ErrNobody
		require.ErrorAs(t, err, &nobody, name)
		said := b.String() + err.Error()
		assert.Equal(t, 1, strings.Count(said, "stand on "+name), "said once")
		assert.False(t, strings.Contains(said, "it is an image of the fleet") && strings.Contains(said, "a name like it"), "a contradiction")
		for _, w := range append(want, "is known to stand on "+name, "1 of 14 images could not be read") {
			assert.Contains(t, said, w, name)
		}
		b.Reset()
		require.ErrorAs(t, StandsOn(t.Context(), s, &b, name, Options{JSON: true}), &nobody)
		var answer standsOn
		require.NoError(t, json.Unmarshal(b.Bytes(), &answer))
		assert.Zero(t, answer.Images)
	}
	for _, name := range []string{"", "a b", "debian:", "@sha256:1", "sha256:xyz", "sha256:12", "debian@sha256:123456"} {
		assert.Error(t, CheckName(name), name)
	}
	for _, name := range []string{"docker.io/library/debian:12", "index.docker.io/library/debian:12", "docker.io/debian:12", "library/debian:12"} {
		var b bytes.Buffer
		require.NoError(t, StandsOn(t.Context(), s, &b, name, Options{Env: env}), "other names of debian:12")
	}
}

// The beginning of a digest, as screens show it, is enough where only one begins so.
func TestBeginnings(t *testing.T) {
	s := small(t)
	forest, err := s.Forest(t.Context(), false)
	require.NoError(t, err)
	asked := func(name string) (a standsOn) {
		require.NoError(t, CheckName(name))
		var b bytes.Buffer
		require.NoError(t, StandsOn(t.Context(), s, &b, name, Options{JSON: true}), name)
		require.NoError(t, json.Unmarshal(b.Bytes(), &a))
		return a
	}
	for _, n := range forest {
		whole, short := asked(n.Chain), asked(short(n.Chain))
		short.Asked = whole.Asked
		assert.Equal(t, whole, short)
	}
	assert.ErrorContains(t, StandsOn(t.Context(), s, io.Discard, "sha256:0001", Options{}), "several digests begin so")
}

// Images with the layers of another and a history of their own are counted where nothing stands on that.
func TestSameLayers(t *testing.T) {
	s := small(t)
	save := func(name string, n int, by string, layers ...int) {
		f := &store.Facts{}
		for i, l := range layers {
			f.Steps = append(f.Steps, store.Step{CreatedBy: by, Layer: i})
			f.Layers = append(f.Layers, store.Layer{DiffID: digest(l), Digest: digest(l)})
		}
		f.Chain = []store.Ancestor{{Steps: ancestry.Span{To: len(layers)}, Layers: ancestry.Span{To: len(layers)}}}
		tx, err := s.Begin(t.Context())
		require.NoError(t, err)
		defer tx.Rollback()
		_, err = s.See(t.Context(), tx, store.Ref{Repository: name, Tag: "1"}, digest(n), handmade.AsOf)
		require.NoError(t, err)
		require.NoError(t, s.SaveFacts(t.Context(), tx, store.Image{Digest: digest(n), Read: handmade.AsOf, Version: "v1"}, f))
		require.NoError(t, tx.Commit())
	}
	save("example.org/base", 700, "ADD rootfs", 800, 801)
	save("example.org/app", 701, "imported", 800, 801, 802)
	err := StandsOn(t.Context(), s, &bytes.Buffer{}, "example.org/base:1", Options{Env: env})
	assert.ErrorContains(t, err, "1 image has the same layers, with another history: whether it was built on it is not known")
}

// A fleet of which nothing is known yet gives no answer that could be taken for one.
func TestEmpty(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "fleet.db"))
	require.NoError(t, err)
	defer s.Close()
	var b bytes.Buffer
	for _, err := range []error{
		StandsOn(t.Context(), s, &b, "debian:12", Options{}), Stale(t.Context(), s, &b, Options{}), Tree(t.Context(), s, &b, Options{}),
		Query(t.Context(), s, &b, s.Views()[0].Name, nil, Options{}), ExportPicture(t.Context(), s, &b, "html", handmade.AsOf),
	} {
		assert.ErrorIs(t, err, ErrEmpty)
	}
	assert.Empty(t, b.String())
}

// Conditions narrow a view; what is wrong with them is told.
func TestQueryWhere(t *testing.T) {
	s := small(t)
	views := s.Views()
	require.NotEmpty(t, views)
	column, text := views[0].Columns[0].Name, views[0].Columns[1].Name
	for condition, want := range map[string]string{
		column:        "is no condition",
		"=1":          "is no condition",
		"nonesuch=1":  fmt.Sprintf("%s has no column %q: one of %s", views[0].Name, "nonesuch", column),
		column + "=x": "is no whole number",
		text + " = x": "",
		text + "~x*":  "",
		text + "<>x":  "",
		text + ">=x":  "",
	} {
		err := CheckCondition(s, views[0].Name, condition)
		if want == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, want)
		}
	}
	w, err := whereOf("name ~ shop/*=")
	require.NoError(t, err)
	assert.Equal(t, store.Where{Column: "name", Op: "like", Value: "shop/*="}, w)
	assert.Error(t, Query(t.Context(), s, &bytes.Buffer{}, "nonesuch", nil, Options{}))
}

// Patterns are those of a policy; what is not there cannot be removed.
func TestAllow(t *testing.T) {
	s := small(t)
	say := func(remove bool, patterns ...string) string {
		var b bytes.Buffer
		require.NoError(t, Allow(t.Context(), s, &b, patterns, remove, Options{Env: env}))
		return b.String()
	}
	assert.Contains(t, say(false), "No base is said to be allowed")
	assert.Contains(t, say(false, "debian:*", "shop/*"), "  debian:*\n  shop/*\n")
	assert.NotContains(t, say(true, "shop/*"), "shop")
	for _, bad := range []string{"", "[", "a[b"} {
		assert.ErrorContains(t, Allow(t.Context(), s, &bytes.Buffer{}, []string{bad}, false, Options{}), "bad pattern")
	}
	assert.ErrorContains(t, Allow(t.Context(), s, &bytes.Buffer{}, []string{"shop/*"}, true, Options{}), `"shop/*" is none of the patterns`)
	assert.Equal(t, 1, strings.Count(say(false, "debian:*"), "debian"))
}
