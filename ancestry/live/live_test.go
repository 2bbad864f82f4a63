package live_test

import (
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// The base of an image moves between two runs.
func TestBaseMoves(t *testing.T) {
	s := serve(t, registry.WithReferrersSupport(true))
	base := on(t, empty.Image, "base", day(3, 1))
	app := on(t, base, "app", day(4, 1))
	s.push(t, "base:1", indexOf(t, base))
	s.push(t, "app:2", app)
	c := chain{image: app, names: []ancestry.Name{named(s.host+"/base", "1"), named(s.host+"/app", "2")}, grade: ancestry.Recognised}
	c.hints.Verified = []bool{true, true}
	d := documents(t)

	l := c.resolve(t, d, s.host)
	for i := range 2 {
		got := of(t, l, i)
		assert.Equal(t, ancestry.StateCurrent, got.State, got.Why)
		assert.True(t, got.Proved)
		assert.Empty(t, got.NoEndOfLife)
		assert.Zero(t, got.EndOfLife)
		assert.Nil(t, got.Difference)
		assert.Equal(t, ancestry.Proved, l.Ancestors[i].Confidence)
		assert.Equal(t, ancestry.KindDigest, l.Ancestors[i].Evidence[0].Kind)
	}
	now := of(t, l, 1).Now
	require.NotNil(t, now)
	assert.Equal(t, ancestry.Tagged{Digest: digestOf(t, base), Index: digestOf(t, indexOf(t, base)), Created: day(3, 1), Layers: 1, Bytes: 2048}, *now)
	assert.Equal(t, digestOf(t, base), l.Ancestors[1].Digest)
	seen := s.asked()
	assert.Len(t, seen, l.Asked.Requests-2, seen) // HTTPS was tried, too
	// Two for the handshakes, four and three for the answers.
	assert.LessOrEqual(t, len(seen), 2*2+4+3, seen)
	assert.Equal(t, day(11, 1), l.Asked.At)
	assert.Equal(t, of(t, l, 0).Requests+of(t, l, 1).Requests, l.Asked.Requests)
	assert.NotZero(t, l.Asked.Bytes)

	newer := on(t, empty.Image, "newer", day(10, 1))
	s.push(t, "base:1", indexOf(t, newer))
	l = c.resolve(t, d, s.host)
	assert.Equal(t, ancestry.StateCurrent, of(t, l, 0).State)
	got := of(t, l, 1)
	assert.Equal(t, ancestry.StateMoved, got.State, got.Why)
	assert.Equal(t, digestOf(t, newer), got.Now.Digest)
	assert.Equal(t, day(10, 1), got.Since)
	assert.Equal(t, &ancestry.Difference{Layers: 1, Bytes: 2048}, got.Difference)
	assert.False(t, got.Proved)
	assert.Equal(t, ancestry.Recognised, l.Ancestors[1].Confidence)
	for _, path := range s.asked() { // cached by digest
		assert.NotContains(t, path, "/blobs/"+digestOf(t, configOf{app}).String())
	}
}

// configOf has the digest of an image's configuration.
type configOf struct{ v1.Image }

func (c configOf) Digest() (v1.Hash, error) { return c.ConfigName() }

// What org.opencontainers.image.base.digest says is compared with the tag, and with what the
// registry has under that digest.
func TestStatedDigest(t *testing.T) {
	s := serve(t, registry.WithReferrersSupport(true))
	base, newer := on(t, empty.Image, "base", day(3, 1)), on(t, empty.Image, "newer", day(10, 1))
	app := on(t, base, "app", day(4, 1))
	s.push(t, "base:old", indexOf(t, base))
	for what, test := range map[string]struct {
		stated v1.Hash
		tag    v1.ImageIndex
		state  string
		proved bool
		why    string
	}{
		"the tag's":            {digestOf(t, indexOf(t, base)), indexOf(t, base), ancestry.StateCurrent, true, ""},
		"the manifest's":       {digestOf(t, base), indexOf(t, base), ancestry.StateCurrent, true, ""},
		"another, the same":    {v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("7", 64)}, indexOf(t, base), ancestry.StateCurrent, true, ""},
		"another, still there": {digestOf(t, indexOf(t, base)), indexOf(t, newer), ancestry.StateMoved, true, ""},
		"another, not there":   {v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("7", 64)}, indexOf(t, newer), ancestry.StateMoved, false, ""},
		"of other layers":      {digestOf(t, indexOf(t, newer)), indexOf(t, newer), ancestry.StateNotKnown, false, "has other layers than the image has"},
	} {
		t.Run(what, func(t *testing.T) {
			s.push(t, "base:1", test.tag)
			c := chain{image: app, names: []ancestry.Name{named(s.host+"/base", "1")}, grade: ancestry.Recorded}
			c.names[0].Digest = test.stated
			c.hints.Verified = []bool{true, true}
			l := c.resolve(t, documents(t), s.host)
			got := of(t, l, 1)
			assert.Equal(t, test.state, got.State, got.Why)
			assert.Equal(t, test.proved, got.Proved)
			assert.Contains(t, got.Why, test.why)
			assert.Equal(t, []string{"1"}, l.Ancestors[1].Tags)
			proofs := 0
			for _, e := range l.Ancestors[1].Evidence {
				if e.Kind == ancestry.KindDigest {
					proofs++
				}
			}
			assert.Equal(t, test.proved, proofs == 1, l.Ancestors[1].Evidence)
			assert.Equal(t, test.why != "", len(l.Ancestors[1].Against) == 1, l.Ancestors[1].Against)
		})
	}
}

// A name that is no more than inferred never had to be right: that its tag points elsewhere
// says nothing. One that is right is proved.
func TestInferredNames(t *testing.T) {
	s := serve(t)
	base := on(t, empty.Image, "base", day(3, 1))
	s.push(t, "base:1", base)
	s.push(t, "other:1", on(t, empty.Image, "other", day(9, 1)))
	for name, want := range map[string]string{"base": ancestry.StateCurrent, "other": ancestry.StateNotKnown, "none": ancestry.StateNotKnown} {
		c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named(s.host+"/"+name, "1")}, grade: ancestry.Inferred}
		l := c.resolve(t, documents(t), s.host)
		got := of(t, l, len(l.Ancestors)-1)
		assert.Equal(t, want, got.State, name)
		assert.Equal(t, want == ancestry.StateNotKnown, got.Why != "", name)
	}
}

// Of names that fit equally well, the one whose tag points to what is here is the name.
func TestTies(t *testing.T) {
	s := serve(t)
	base := on(t, empty.Image, "base", day(3, 1))
	s.push(t, "base:full", on(t, empty.Image, "full", day(3, 1)))
	s.push(t, "base:slim", base)
	c := chain{image: on(t, base, "app", day(4, 1)), grade: ancestry.Recognised}
	tie := ties{c, []string{"full", "slim"}, s.host}
	l := tie.resolve(t, s)
	assert.Empty(t, l.Ancestors[1].Ties)
	assert.Equal(t, []string{"slim"}, l.Ancestors[1].Tags)
	assert.Equal(t, ancestry.StateCurrent, of(t, l, 1).State)
	assert.Equal(t, s.host+"/base:slim", of(t, l, 1).Name)

	s.push(t, "base:slim", on(t, empty.Image, "newer", day(9, 1)))
	l = tie.resolve(t, s)
	assert.Len(t, l.Ancestors[1].Ties, 2)
	assert.Equal(t, ancestry.StateNotKnown, of(t, l, 1).State)
	assert.Contains(t, of(t, l, 1).Why, "several names fit")
}

// The image that a tag points to has less than the ancestor was thought to have: the end of
// what it has is a boundary.
func TestProofBounds(t *testing.T) {
	s := serve(t)
	base := on(t, empty.Image, "base", day(3, 1))
	app := on(t, base, "app", day(4, 1))
	s.push(t, "base:1", base)
	c := chain{image: app, names: nil}
	c.hints = ancestry.Hints{Reference: s.host + "/base:1", Verified: []bool{true, true}}
	l := c.resolve(t, documents(t)) // by its reference the registry may be asked
	require.Len(t, l.Ancestors, 2)
	assert.Equal(t, ancestry.Span{From: 0, To: 2}, l.Ancestors[1].Steps)
	assert.Equal(t, s.host+"/base:1", l.Ancestors[1].String())
	assert.Equal(t, ancestry.Proved, l.Ancestors[1].Confidence)
}

// What was not verified is not proved; what is known to be something else is not compared.
func TestUnverifiedLayers(t *testing.T) {
	s := serve(t)
	base := on(t, empty.Image, "base", day(3, 1))
	s.push(t, "base:1", base)
	c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named(s.host+"/base", "1")}, grade: ancestry.Recognised}
	l := c.resolve(t, documents(t), s.host)
	assert.Equal(t, ancestry.Recorded, l.Ancestors[1].Confidence)
	assert.Equal(t, ancestry.StateCurrent, of(t, l, 1).State)
	c.hints.Verified = []bool{false, true}
	l = c.resolve(t, documents(t), s.host)
	assert.Equal(t, ancestry.Recognised, l.Ancestors[1].Confidence)
	assert.Equal(t, ancestry.StateNotKnown, of(t, l, 1).State)
	assert.Contains(t, of(t, l, 1).Why, "layer 0 is not what")
}

// The same layers with other instructions are another image.
func TestOtherConfiguration(t *testing.T) {
	s := serve(t)
	base := on(t, empty.Image, "base", day(3, 1))
	cfg, err := base.ConfigFile()
	require.NoError(t, err)
	cfg = cfg.DeepCopy()
	cfg.History[1].CreatedBy = "ENV IS=else"
	cfg.Created.Time = day(9, 1)
	other, err := mutate.ConfigFile(base, cfg)
	require.NoError(t, err)
	s.push(t, "base:1", other)
	c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named(s.host+"/base", "1")}, grade: ancestry.Recognised}
	got := of(t, c.resolve(t, documents(t), s.host), 1)
	assert.Equal(t, ancestry.StateMoved, got.State)
	assert.Equal(t, &ancestry.Difference{}, got.Difference)
}

// Microsoft's statement is found by the referrers API, and under the tag that stands for it.
func TestEndOfLife(t *testing.T) {
	base := on(t, empty.Image, "base", day(3, 1))
	statement := func(about v1.Image, day string) v1.Image {
		d := v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digestOf(t, about), Size: 1}
		img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/vnd.microsoft.artifact.lifecycle")
		img = mutate.Annotations(img, map[string]string{"vnd.microsoft.artifact.lifecycle.end-of-life.date": day}).(v1.Image)
		return mutate.Subject(img, d).(v1.Image)
	}
	for what, test := range map[string]struct {
		api  bool
		days []string
		want string
		not  string
	}{
		"API":        {true, []string{"2026-11-10"}, "2026-11-10", ""},
		"tag":        {false, []string{"2026-11-10"}, "2026-11-10", ""},
		"a moment":   {true, []string{"2023-05-12T21:15:10.8343521Z"}, "2023-05-12", ""},
		"none":       {true, nil, "", ""},
		"none, tag":  {false, nil, "", ""},
		"two days":   {true, []string{"2026-11-10", "2026-12-10"}, "", "two days"},
		"no day":     {true, []string{"soon"}, "", "no day"},
		"one, twice": {true, []string{"2026-11-10", "2026-11-10T00:00:00Z"}, "2026-11-10", ""},
	} {
		t.Run(what, func(t *testing.T) {
			s := serve(t, registry.WithReferrersSupport(test.api))
			s.push(t, "base:1", base)
			for i, day := range test.days {
				s.push(t, "base:eol"+string(rune('a'+i)), statement(base, day))
			}
			c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named(s.host+"/base", "1")}, grade: ancestry.Recognised}
			got := of(t, c.resolve(t, documents(t), s.host), 1)
			assert.Equal(t, ancestry.StateCurrent, got.State)
			if test.want == "" {
				assert.Zero(t, got.EndOfLife)
			} else {
				assert.Equal(t, test.want, got.EndOfLife.Format("2006-01-02"))
			}
			assert.Contains(t, got.NoEndOfLife, test.not)
			assert.Equal(t, test.not != "", got.NoEndOfLife != "", got.NoEndOfLife)
		})
	}
}

// Nobody is asked unless somebody is given to ask.
func TestNobodyIsAsked(t *testing.T) {
	s := serve(t)
	base := on(t, empty.Image, "base", day(3, 1))
	s.push(t, "base:1", base)
	c := chain{image: on(t, base, "app", day(4, 1)), names: []ancestry.Name{named(s.host+"/base", "1")}, grade: ancestry.Recognised}
	l := c.resolve(t, nil, s.host)
	assert.Nil(t, l.Asked)
	assert.Nil(t, l.Ancestors[1].Live)
	assert.Empty(t, s.asked())
	c.resolve(t, documents(t), s.host)
	assert.NotEmpty(t, s.asked())
}

// A base that is named, and of which nothing tells where it ends, becomes an ancestor if the
// registry has it: under its tag, or under the digest that the image says.
func TestNamedBaseIsBounded(t *testing.T) {
	s := serve(t)
	base := on(t, empty.Image, "base", day(3, 1))
	app := on(t, base, "app", day(4, 1))
	s.push(t, "base:old", base)
	for what, test := range map[string]struct {
		tag   v1.Image
		state string
	}{
		"tag":        {base, ancestry.StateCurrent},
		"digest":     {on(t, empty.Image, "newer", day(10, 1)), ancestry.StateMoved},
		"neither":    {on(t, empty.Image, "newer", day(10, 1)), ""},
		"somebody's": {app, ""}, // the image itself, which is no base of it
	} {
		t.Run(what, func(t *testing.T) {
			s.push(t, "base:1", test.tag)
			c := chain{image: app}
			c.hints = ancestry.Hints{Reference: "app:1", Verified: []bool{true, true}, Annotations: map[string]string{"org.opencontainers.image.base.name": s.host + "/base:1"}}
			if what == "digest" {
				c.hints.Annotations["org.opencontainers.image.base.digest"] = digestOf(t, base).String()
			}
			l := c.resolve(t, documents(t), s.host)
			assert.NotZero(t, l.Asked.Requests)
			if test.state == "" {
				require.Len(t, l.Ancestors, 1)
				assert.Equal(t, "app", l.Ancestors[0].Repository)
				return
			}
			require.Len(t, l.Ancestors, 2)
			assert.Equal(t, ancestry.Span{From: 0, To: 2}, l.Ancestors[1].Steps)
			assert.Equal(t, ancestry.Proved, l.Ancestors[0].Boundary)
			assert.Equal(t, s.host+"/base:1", l.Ancestors[1].String())
			assert.Equal(t, test.state, of(t, l, 1).State, of(t, l, 1).Why)
			assert.True(t, of(t, l, 1).Proved)
			assert.Equal(t, "app:1", of(t, l, 0).Name)
		})
	}
}
