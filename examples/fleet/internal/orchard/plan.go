package orchard

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// plantBases makes the bases of the first season that are not rebuilt: of forty six are
// roots, fourteen stand on these, twelve on those, eight on those again.
func (o *Orchard) plantBases() error {
	roots := max(3, o.opts.Bases*15/100)
	second, third := roots+o.opts.Bases*35/100, roots+o.opts.Bases*65/100
	for i := range o.opts.Bases {
		some := o.chance(i)
		var err error
		switch {
		case i < roots:
			err = o.root(i, some)
		case i < second:
			err = o.runtime(i-roots, o.Images[(i-roots)%roots], some)
		case i < third:
			err = o.platform(i-second, o.Images[roots+(i-second)%(second-roots)], some)
		default:
			err = o.team(i-third, o.Images[second+(i-third)%(third-second)], some)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// root makes a distribution: Debian as its own tool does, or another one by unpacking an
// archive. The last of them is nowhere to be found.
func (o *Orchard) root(i int, some *rand.Rand) error {
	day := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 9*i)
	im := &Image{Published: i != max(3, o.opts.Bases*15/100)-1, Season: 1, built: day}
	suite, number := []string{"bookworm", "trixie"}[i%2], 12+i%2
	if i < 2 {
		im.Repository, im.Tags, im.builder = "base/debian", []string{strconv.Itoa(number)}, debian
		made := step{keyword: "RUN", args: fmt.Sprintf("# debian.sh --arch 'amd64' out/ '%s' '@%d'", suite, day.Unix()), layer: true}
		made.files = im.setUp("debian", "Debian GNU/Linux", strconv.Itoa(number), 1, some)
		return o.add(im, []step{made}, nil)
	}
	name := []string{"plum", "quince", "medlar", "damson"}[i%4]
	im.Repository, im.Tags, im.builder = "base/"+name, []string{strconv.Itoa(i)}, archive
	return o.add(im, []step{
		{keyword: "ADD", args: name + "-rootfs.tar.xz /", layer: true, files: im.setUp(name, name+" Linux", strconv.Itoa(i), 1, some)},
		command("/bin/sh"),
	}, nil)
}

// runtime makes an image of a language on a root: it adds packages, every second one
// upgrades some of the root's, too.
func (o *Orchard) runtime(i int, base *Image, some *rand.Rand) error {
	names := []string{"python", "node", "java", "ruby", "php", "perl", "nginx", "erlang", "lua", "r-base", "ocaml", "tcl", "guile", "julia"}
	name := names[i%len(names)]
	im := o.on(base, "base/"+name, fmt.Sprintf("%d.%d", 3+i/len(names), i))
	im.Published = i != 3
	im.builder = builder(i % 2)
	if !base.Published {
		im.builder = buildKit // Buildah would say what it stands on
	}
	return o.add(im, im.runtimeSteps(name, i, 1, some), nil)
}

func (im *Image) runtimeSteps(name string, i, n int, some *rand.Rand) []step {
	own := []string{name + "-runtime", "lib" + name}
	more := pick(some, extra(), 3)
	steps := []step{env("LANG", "C.UTF-8"), run("install -y", slices.Concat(own, more), im.install(slices.Concat(own, more), n, some))}
	if i%2 == 0 {
		up := pick(some, system(), 2)
		steps = append(steps, run("upgrade -y", up, im.install(up, n+1, some)))
	}
	return append(steps, command("/usr/bin/"+name))
}

// platform makes an image on a runtime: some remove what is below, some upgrade it, and
// every fourth is metadata alone.
func (o *Orchard) platform(i int, base *Image, some *rand.Rand) error {
	flavour := []string{"web", "batch", "edge", "ml"}[i%4]
	im := o.on(base, "platform/"+base.Repository[len("base/"):]+"-"+flavour, fmt.Sprintf("2026.%d", 1+i))
	im.Published = i != 1
	if base.Published {
		im.builder = builder((i + 1) % 2)
	}
	if i%4 == 2 && base.Published {
		im.builder = buildah // without its comment nothing shows where the base ends
		return o.add(im, []step{env("FLAVOUR", flavour), label("org.example.platform", flavour), command("/usr/bin/" + flavour)}, nil)
	}
	return o.add(im, im.platformSteps(flavour, i, 1, some), nil)
}

func (im *Image) platformSteps(flavour string, i, n int, some *rand.Rand) []step {
	own := append(pick(some, extra(), 2), "platform-"+flavour)
	steps := []step{label("org.example.platform", flavour), run("install -y", own, im.install(own, n+2, some))}
	if i%3 == 0 {
		gone := im.lesser(some)
		steps = append(steps, run("purge -y", []string{gone}, im.remove(gone)))
	}
	return append(steps, command("/usr/bin/"+flavour))
}

// team makes a team's own base on a platform.
func (o *Orchard) team(i int, base *Image, some *rand.Rand) error {
	im := o.on(base, fmt.Sprintf("%s/base", teams()[i%len(teams())]), strconv.Itoa(1+i/len(teams())))
	im.Owner = teams()[i%len(teams())]
	if base.Published {
		im.builder = builder(i % 2)
	}
	own := append(pick(some, extra(), 2), im.Owner+"-tools")
	return o.add(im, []step{env("TEAM", im.Owner), run("install -y", own, im.install(own, 3, some)), command("/bin/" + im.Owner)}, nil)
}

// teams own the apps, and some of the bases.
func teams() []string {
	return []string{"billing", "checkout", "search", "mail", "maps", "media", "login", "stock", "orders", "reports", "chat", "ads"}
}

// plantMoved rebuilds bases that were rebuilt before anybody looked: what stood
// there then keeps a tag with its day. The new ones of the second season come in plantRebuilt.
func (o *Orchard) plantMoved() error {
	i := 0
	for _, old := range o.bases(2) {
		if i++; i%6 != 2 {
			continue
		}
		tag := old.Tags[0]
		old.Tags, old.Moved = []string{tag, tag + "-20260301"}, tag
		if err := o.rebuild(old, 1, i); err != nil {
			return err
		}
	}
	return nil
}

// plantRebuilt is the second season: some bases are rebuilt under the same tag, and every
// tenth app of those that stand on them, too.
func (o *Orchard) plantRebuilt() error {
	for i, old := range o.bases(1) {
		if i%3 == 0 {
			old.Moved = old.Tags[0]
			if err := o.rebuild(old, 2, 100+i); err != nil {
				return err
			}
		}
	}
	for i, old := range o.bases(2) {
		if i%4 == 3 && old.Moved == "" {
			old.Moved = old.Tags[0]
			if err := o.rebuild(old, 2, 200+i); err != nil {
				return err
			}
		}
	}
	apps := o.Apps()
	for i, old := range apps {
		if old.Base.Newer == nil || old.Base.Newer.Season != 2 || i%10 != 0 {
			continue
		}
		old.Moved = old.Tags[0]
		im := o.on(old.Base.Newer, old.Repository, old.Tags[0])
		im.App, im.Owner, im.Season = true, old.Owner, 2
		if err := o.add(im, im.appSteps(i, o.chance(30000+i)), nil); err != nil {
			return err
		}
		old.Newer = im
	}
	return nil
}

// bases returns the published bases of a generation, 1 being the roots, that may be rebuilt.
func (o *Orchard) bases(generation int) []*Image {
	return slices.DeleteFunc(o.Bases(), func(im *Image) bool {
		return len(im.Chain()) != generation || !im.Published || im.Season != 1 || im.Newer != nil
	})
}

// rebuild builds a root or a runtime again, with newer packages, on its base of that day.
func (o *Orchard) rebuild(old *Image, season, salt int) error {
	some := o.chance(20000 + salt)
	base := old.Base
	if base != nil && base.Newer != nil && base.Newer.Season <= season {
		base = base.Newer
	}
	im := &Image{Repository: old.Repository, Tags: []string{old.Moved}, Base: base, Published: true, Season: season, builder: old.builder, built: old.built.AddDate(0, 2, 3)}
	var steps []step
	if base == nil {
		number := old.Tags[0]
		id := old.Repository[len("base/"):]
		made := step{keyword: "ADD", args: id + "-rootfs.tar.xz /", layer: true}
		name := id + " Linux"
		if old.builder == debian {
			name = "Debian GNU/Linux"
			made.args = fmt.Sprintf("# debian.sh --arch 'amd64' out/ '%s' '@%d'", map[string]string{"12": "bookworm", "13": "trixie"}[number], im.built.Unix())
		}
		made.files = im.setUp(id, name, number, 4, some)
		if steps = []step{made}; old.builder == archive {
			steps = append(steps, command("/bin/sh"))
		}
	} else {
		im.packages = maps.Clone(base.packages)
		steps = im.runtimeSteps(old.Repository[len("base/"):], salt, 5, some)
	}
	old.Newer = im
	return o.add(im, steps, nil)
}

// plantApps makes the apps. Half of them stand on a fifth of the bases.
func (o *Orchard) plantApps() error {
	var bases []*Image
	for _, im := range o.Bases() {
		if len(im.Chain()) > 1 || im.Published {
			bases = append(bases, im)
		}
	}
	for i := range o.opts.Apps {
		some := o.chance(1000 + i)
		base := bases[i%len(bases)]
		if i >= len(bases) && some.IntN(2) == 0 {
			base = bases[some.IntN(1+len(bases)/5)*5%len(bases)]
		}
		team := teams()[some.IntN(len(teams()))]
		im := o.on(base, fmt.Sprintf("%s/app-%04d", team, i), fmt.Sprintf("1.%d", some.IntN(20)))
		im.App, im.Owner = true, team
		var said map[string]string
		steps := im.appSteps(i, some)
		says := map[string]string{specs.AnnotationBaseImageName: o.opts.Host + "/" + base.Repository + ":" + base.named(), specs.AnnotationBaseImageDigest: base.Digest.String()}
		moved := base.Newer != nil
		switch {
		case !base.Published:
			// nobody says what that is
		case some.IntN(4) == 0:
			im.builder = buildah
		case i%3 == 0 || moved:
			said = says
		case i%3 == 1:
			steps = slices.Concat([]step{
				label(specs.AnnotationBaseImageName, says[specs.AnnotationBaseImageName]),
				label(specs.AnnotationBaseImageDigest, says[specs.AnnotationBaseImageDigest]),
			}, steps)
		}
		if err := o.add(im, steps, said); err != nil {
			return err
		}
	}
	return nil
}

// appSteps are what an app adds: a program, now and then packages, rubbish, or a removal.
func (im *Image) appSteps(i int, some *rand.Rand) []step {
	program := fmt.Sprintf("srv/app-%d", i)
	steps := []step{{keyword: "WORKDIR", args: "/srv", layer: im.builder != buildah}}
	if i%5 == 0 {
		more := pick(some, extra(), 1+some.IntN(2))
		steps = append(steps, run("install -y", more, im.install(more, 1+some.IntN(4), some)))
	}
	steps = append(steps, step{keyword: "COPY", args: "app /" + program, layer: true, files: []file{{program, noise(some, 300+some.IntN(3000))}}})
	switch {
	case i%7 == 0:
		gone := im.lesser(some)
		steps = append(steps, run("purge -y", []string{gone}, im.remove(gone)))
	case i%11 == 0:
		up := []string{im.lesser(some)}
		steps = append(steps, run("upgrade -y", up, im.install(up, 7, some)))
	case i%13 == 0:
		steps = append(steps, step{keyword: "COPY", args: "config /" + program + ".conf", layer: true, files: []file{{program + ".tmp", noise(some, 900)}}},
			step{keyword: "RUN", args: "rm /" + program + ".tmp", layer: true, files: []file{{"srv/.wh." + program[4:] + ".tmp", ""}}})
	}
	if i%2 == 0 {
		steps = append(steps, user("nobody"))
	}
	return append(steps, command("/"+program))
}

// on begins an image on a base, a few weeks after that.
func (o *Orchard) on(base *Image, repository, tag string) *Image {
	return &Image{
		Repository: repository, Tags: []string{tag}, Base: base, Published: true, Season: 1,
		packages: maps.Clone(base.packages), built: base.built.AddDate(0, 0, 11).Add(5 * time.Hour),
	}
}

// add builds an image and takes it into the orchard.
func (o *Orchard) add(im *Image, steps []step, annotations map[string]string) error {
	if err := im.build(o.opts.Host, steps, annotations); err != nil {
		return err
	}
	o.Images = append(o.Images, im)
	return nil
}

// lesser is a package of the image that does not belong to the system.
func (im *Image) lesser(some *rand.Rand) string {
	var names []string
	for _, p := range im.Packages() {
		if !slices.Contains(system(), p.Name) {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return "tar"
	}
	return names[some.IntN(len(names))]
}

// pick takes n different names.
func pick(some *rand.Rand, names []string, n int) []string {
	picked := make([]string, 0, n)
	for _, i := range some.Perm(len(names))[:n] {
		picked = append(picked, names[i])
	}
	slices.Sort(picked)
	return picked
}
