package rebase_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/rebase"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// A build is what one of the images of these tests is.
type build struct {
	version string // of the base's program
	env     []string
	release string // of Debian
	more    []handmade.File
	own     []handmade.File // nil: the base alone
	user    packages.Package
}

func (b build) image() handmade.Image {
	im := handmade.Image{
		Config: v1.Config{Env: b.env},
		Steps: []handmade.Step{
			{CreatedBy: "ADD rootfs.tar / # " + b.version, Files: append([]handmade.File{
				{Name: "etc/os-release", Body: "ID=debian\nVERSION_ID=" + b.release + "\n"}, {Name: "usr/bin/tool", Body: "tool " + b.version}, {Name: "etc/passwd", Body: "root"},
				{Name: "etc/tool.conf", Body: "of " + b.version}, {Name: "var/lib/dpkg/status", Body: b.version},
			}, b.more...)},
			{CreatedBy: `CMD ["tool"]`},
		},
		Inventory: &packages.Inventory{Packages: []packages.Package{handmade.OS("deb", "tool", b.version, "", 0)}},
	}
	if b.own != nil {
		im.Steps = append(im.Steps, handmade.Step{CreatedBy: "COPY api /srv/", Files: b.own}, handmade.Step{CreatedBy: `CMD ["/srv/api"]`})
	}
	if b.user.Name != "" {
		im.Inventory.Packages = append(im.Inventory.Packages, b.user)
	}
	im.Inventory.Layers = make([]packages.LayerBytes, 2)
	return im
}

// known are the images whose layers a catalogue knows.
type known map[string]v1.Image

// report reads an image and tells its chain, by its layers.
func (k known) report(t *testing.T, img v1.Image, inv *packages.Inventory) (*report.Report, *needs.Set) {
	t.Helper()
	b := own.New("known", time.Now())
	for reference, img := range k {
		config, err := img.ConfigFile()
		require.NoError(t, err)
		name, ok := ancestry.ParseName(reference)
		require.True(t, ok)
		require.NoError(t, b.AddImage(own.Image{Name: name, Config: config, Verified: true}))
	}
	catalogue, err := b.Catalogue()
	require.NoError(t, err)
	c := needs.New()
	idx, err := layers.Read(t.Context(), img, &layers.Options{Wants: []layers.Want{c.Want(), {Match: func(e layers.Entry, _ []byte) bool { return e.Path == "etc/os-release" }}}})
	require.NoError(t, err)
	hints := ancestry.Hints{Files: map[int]ancestry.Files{}}
	for _, l := range idx.Layers {
		hints.Verified = append(hints.Verified, l.Verified)
	}
	if e, ok := idx.Lookup(0, "etc/os-release"); ok {
		text, _ := idx.Content(e)
		hints.Files[0] = ancestry.Files{"etc/os-release": text}
	}
	lin, err := ancestry.Resolve(t.Context(), img, &ancestry.Options{Hints: hints, Catalogues: []ancestry.Source{catalogue}})
	require.NoError(t, err)
	return report.New(idx, lin, inv, nil), c.Set(idx)
}

// The image is put on the new base by go-containerregistry, and its report has the new base.
func TestRebase(t *testing.T) {
	app := build{version: "1", release: "12", own: []handmade.File{{Name: "srv/api", Body: "api"}}}
	old, new := build{version: "1", release: "12"}, build{version: "2", release: "12", more: []handmade.File{{Name: "usr/bin/more"}}}
	img, newBase := app.image().Build(t), new.image().Build(t)
	k := known{"acme/base:12": old.image().Build(t)}
	rep, repNeeds := k.report(t, img, app.image().Inventory)
	require.Equal(t, "acme/base:12", rep.Ancestors[1].String())

	today := known{"acme/base:12": newBase}
	base, baseNeeds := today.report(t, newBase, new.image().Inventory)
	p, err := rebase.New(rep, base, &rebase.Options{ImageNeeds: repNeeds, BaseNeeds: baseNeeds})
	require.NoError(t, err)
	assert.True(t, p.Safe(), "%v", p.Against)
	assert.Equal(t, "acme/base:12 in place of acme/base:12: 1 layer for 1\nsafe", p.String())
	assert.Equal(t, 1, p.Layers)
	assert.Equal(t, 2, p.History)

	oldBase, err := p.OldBase(img)
	require.NoError(t, err)
	rebased, err := mutate.Rebase(img, oldBase, newBase)
	require.NoError(t, err)

	after, _ := today.report(t, rebased, nil)
	require.Len(t, after.Ancestors, 2)
	assert.Equal(t, "acme/base:12", after.Ancestors[1].String())
	assert.Equal(t, ancestry.Proved, after.Ancestors[1].Confidence)
	var got []v1.Hash
	for _, l := range after.Index.Layers {
		assert.True(t, l.Verified)
		got = append(got, l.DiffID)
	}
	assert.Equal(t, append(slices.Clone(p.NewLayers), rep.Index.Layers[1].DiffID), got)
	for path, want := range map[string]string{"usr/bin/tool": "tool 2", "srv/api": "api", "usr/bin/more": ""} {
		b, err := after.Index.FS(after.Index.Top()).(interface{ ReadFile(string) ([]byte, error) }).ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, want, string(b))
	}
	steps := after.Steps()
	require.Len(t, steps, 4)
	assert.Equal(t, []string{"ADD rootfs.tar / # 2", `CMD ["tool"]`, "COPY api /srv/", `CMD ["/srv/api"]`},
		[]string{steps[0].CreatedBy, steps[1].CreatedBy, steps[2].CreatedBy, steps[3].CreatedBy})

	_, err = p.OldBase(newBase)
	assert.ErrorContains(t, err, "not the one")
}

// Each thing that speaks against a rebase is told, and alone.
func TestAgainst(t *testing.T) {
	api := handmade.File{Name: "srv/api", Body: "api"}
	curl := handmade.OS("deb", "curl", "8", "", 1)
	loader := handmade.File{Name: "lib64/ld-linux-x86-64.so.2", Body: string(handmade.ELF{}.Bytes())}
	libpq := handmade.File{Name: "usr/lib/libpq.so.5", Body: string(handmade.ELF{}.Bytes())}
	linked := handmade.File{Name: "srv/api", Body: string(handmade.ELF{Interpreter: "/lib64/ld-linux-x86-64.so.2", Needed: []string{"libpq.so.5"}}.Bytes())}
	for name, tt := range map[string]struct {
		old, new build // of new, only what differs from the old base
		newName  string
		edit     func(image, base *report.Report)
		want     []string
	}{
		"nothing":                       {old: build{own: []handmade.File{api}}},
		"another release":               {old: build{own: []handmade.File{api}}, new: build{release: "13"}, want: []string{"the old base is of debian 12, and the new one of debian 13"}},
		"a package installed":           {old: build{own: []handmade.File{api, {Name: "var/lib/dpkg/status", Body: "curl"}}, user: curl}, want: []string{"the own layers touch 1 package of the distribution (curl): their database would hide that of the new base"}},
		"the database written":          {old: build{own: []handmade.File{api, {Name: "var/lib/dpkg/status", Body: "curl"}}}, want: []string{"the own layers write the package database (var/lib/dpkg/status), which would hide that of the new base"}},
		"a file that stayed":            {old: build{own: []handmade.File{api, {Name: "etc/passwd", Body: "root, me"}}}},
		"a file that has changed":       {old: build{own: []handmade.File{api, {Name: "etc/tool.conf", Body: "mine"}}}, want: []string{"the own layers change 1 file of the base that the new base has otherwise (etc/tool.conf)"}},
		"a file deleted":                {old: build{own: []handmade.File{api, {Name: "etc/.wh.tool.conf"}}}},
		"a file that the new base has":  {old: build{own: []handmade.File{api, {Name: "usr/bin/new", Body: "mine"}}}, new: build{more: []handmade.File{{Name: "usr/bin/new", Body: "its"}}}, want: []string{"the own layers have 1 file where the new base has others (usr/bin/new)"}},
		"the same file in the new base": {old: build{own: []handmade.File{api, {Name: "usr/bin/new", Body: "its"}}}, new: build{more: []handmade.File{{Name: "usr/bin/new", Body: "its"}}}},
		"another tag":                   {old: build{own: []handmade.File{api}}, newName: "acme/base:13", want: []string{"the base is acme/base:12, and the new one acme/base:13: they have no tag in common"}},
		"another image":                 {old: build{own: []handmade.File{api}}, newName: "acme/other:12", want: []string{"the base is acme/base:12, and the new one acme/other:12: another image"}},
		"a library that is gone":        {old: build{more: []handmade.File{loader, libpq}, own: []handmade.File{linked}}, new: build{more: []handmade.File{loader}}, want: []string{"the own programs would miss the library libpq.so.5, for srv/api; the old image has it from acme/base:12: usr/lib/libpq.so.5"}},
		"a boundary that is guessed":    {old: build{own: []handmade.File{api}}, edit: func(image, _ *report.Report) { image.Ancestors[0].Boundary = ancestry.Inferred }, want: []string{"where the base ends is inferred: the steps from 2 on may be its own"}},
		"another platform":              {old: build{own: []handmade.File{api}}, edit: func(_, base *report.Report) { base.Index.Config.Architecture = "arm64" }, want: []string{"the new base is for another platform"}},
		"a layer that lies":             {old: build{own: []handmade.File{api}}, edit: func(_, base *report.Report) { base.Index.Layers[0].Verified = false }, want: []string{"a layer of the new base is not what its configuration says"}},
		"half read":                     {old: build{own: []handmade.File{api}}, edit: func(image, _ *report.Report) { image.Partial = true }, want: []string{"some of the image could not be read"}},
		"packages not known":            {old: build{own: []handmade.File{api}}, edit: func(_, base *report.Report) { base.Inventory = nil }, want: []string{"the packages of the new base are not known"}},
		"no distribution":               {old: build{own: []handmade.File{api}}, edit: func(_, base *report.Report) { base.Ancestors[0].Distro = ancestry.Distro{} }, want: []string{"which distribution the old base or the new one is of is not known"}},
		"no name":                       {old: build{own: []handmade.File{api}}, edit: func(_, base *report.Report) { base.Ancestors[0].Repository = "" }, want: []string{"the name of the old base or of the new one is not known, so they may be two images"}},
	} {
		t.Run(name, func(t *testing.T) {
			app := tt.old
			app.version, app.release = "1", "12"
			old, new := app, tt.new
			old.own, old.user = nil, packages.Package{}
			new.version = "2"
			if new.release == "" {
				new.release = "12"
			}
			if tt.newName == "" {
				tt.newName = "acme/base:12"
			}
			k := known{"acme/base:12": old.image().Build(t)}
			rep, repNeeds := k.report(t, app.image().Build(t), app.image().Inventory)
			base, baseNeeds := known{tt.newName: new.image().Build(t)}.report(t, new.image().Build(t), new.image().Inventory)
			if tt.edit != nil {
				tt.edit(rep, base)
			}
			p, err := rebase.New(rep, base, &rebase.Options{ImageNeeds: repNeeds, BaseNeeds: baseNeeds})
			require.NoError(t, err)
			assert.Equal(t, tt.want, p.Against)
			assert.Equal(t, tt.want == nil, p.Safe())
		})
	}
}

// What a rebase leaves as it was is noted.
func TestNotes(t *testing.T) {
	app := build{version: "1", release: "12", env: []string{"TOOL=1", "KEEP=x"}, own: []handmade.File{{Name: "srv/api"}}}
	old, new := build{version: "1", release: "12", env: app.env}, build{version: "2", release: "12", env: []string{"TOOL=2", "KEEP=x", "MORE=y"}}
	rep, _ := known{"acme/base:12": old.image().Build(t)}.report(t, app.image().Build(t), app.image().Inventory)
	base, _ := known{"acme/base:12": new.image().Build(t)}.report(t, new.image().Build(t), new.image().Inventory)
	p, err := rebase.New(rep, base, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"whether the own programs find their libraries on the new base was not looked at",
		"the new base sets TOOL=2, and the rebased image keeps 1",
		"the new base sets MORE=y, and the rebased image does not",
	}, p.Notes)
}

func TestNothingToRebase(t *testing.T) {
	one := handmade.Image{Steps: []handmade.Step{{CreatedBy: "ADD", Files: []handmade.File{{Name: "a"}}}}}
	for want, r := range map[string]*report.Report{"no known base": one.Report(t), "layers were not read": one.ConfigReport(t)} {
		_, err := rebase.New(r, one.Report(t), nil)
		assert.ErrorContains(t, err, want)
	}
}

func Example() {
	t := &testing.T{}
	image := func(version string, own ...handmade.Step) handmade.Image {
		im := handmade.Image{Steps: append([]handmade.Step{{CreatedBy: "ADD rootfs.tar /", Files: []handmade.File{{Name: "etc/version", Body: version}}}}, own...)}
		im.Ancestors = []handmade.Ancestor{{Repository: "debian", Tag: "bookworm", Steps: 1, Distro: ancestry.Distro{ID: "debian", VersionID: "12"}}}
		im.Inventory = &packages.Inventory{Packages: []packages.Package{handmade.OS("deb", "base-files", version, "", 0)}, Layers: make([]packages.LayerBytes, 2)}
		if own != nil {
			im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: "shop/api", Tag: "1", Steps: 1})
		}
		return im
	}
	app, base := image("12.4", handmade.Step{CreatedBy: "COPY api /srv/", Files: []handmade.File{{Name: "srv/api"}}}), image("12.9")
	read := func(im handmade.Image) *report.Report {
		idx, err := layers.Read(context.Background(), im.Build(t), nil)
		if err != nil {
			fmt.Println(err)
		}
		return im.Join(idx, idx.Steps)
	}
	p, err := rebase.New(read(app), read(base), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Split(p.String(), "\n")[1])
	// Output:
	// safe
}
