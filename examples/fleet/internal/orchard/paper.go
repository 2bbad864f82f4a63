package orchard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/report"
)

// A Sheet is an image on paper: what the database keeps of it, without the image.
type Sheet struct {
	Ref   store.Ref
	Image store.Image
	Facts *store.Facts
	// Seen is when its tag was first seen to point to it.
	Seen time.Time
}

// Paper yields n images without layers or a registry, to measure a database by: bases first,
// then what stands on them. The proportions are those of an organisation's fleet:
//
//   - one base for each 250 images, and 40 more, in four generations; a third of the images
//     stand on a twentieth of the bases; every sixth base's tag was pushed again;
//   - 90 packages in a root, 30 more in each base upon it; an app adds 12 of its own, which
//     it shares with some others, and one app in five upgrades 3 of what it inherits;
//   - a base has one or two layers and four steps, an app four layers and nine steps;
//   - up to two findings in each base, and up to four in what an app adds;
//   - every tenth app has an older build, which no tag has any more.
func Paper(n int, seed uint64) iter.Seq[Sheet] {
	return func(yield func(Sheet) bool) {
		some := rand.New(rand.NewPCG(seed, 0))
		var bases []*draft
		for i := range min(n, 40+n/250) {
			bases = append(bases, paperBase(i, bases, some))
			if !yield(bases[i].sheet()) {
				return
			}
		}
		// What stands on the old build of a base is what stands on the first of two drafts.
		for i := len(bases); i < n; i++ {
			base := bases[some.IntN(len(bases))]
			if some.IntN(3) == 0 {
				base = bases[some.IntN(1+len(bases)/20)*17%len(bases)]
			}
			if !yield(paperApp(i, base, some).sheet()) {
				return
			}
		}
	}
}

// A draft is an image on paper that others can stand on.
type draft struct {
	ref      store.Ref
	base     *draft
	seen     time.Time
	steps    []store.Step // with those below; so are layers
	layers   []store.Layer
	packages []store.Package
	findings []store.Finding // its own
	named    bool            // the image says what it stands on
}

func paperBase(i int, bases []*draft, some *rand.Rand) *draft {
	d := &draft{ref: store.Ref{Repository: fmt.Sprintf("registry.example.org/base/image-%d", i), Tag: "1"}, seen: paperDay(i % 200)}
	if i%6 == 5 { // the build that took the tag of the base before
		d.ref = bases[i-1].ref
		d.seen = bases[i-1].seen.AddDate(0, 1, 0)
	}
	number := 30
	if i < 8 || i%10 == 0 {
		number = 90
	} else {
		d.base = bases[some.IntN(len(bases))]
		for len(d.base.chain()) > 3 {
			d.base = d.base.base
		}
	}
	d.begin()
	for j := range 4 {
		d.step(some, fmt.Sprintf("RUN /bin/sh -c apt-get install -y set-%d-%d # buildkit", i, j), j < 2)
	}
	for j := range number {
		d.add(paperPackage("deb", fmt.Sprintf("lib-%d", (i*31+j*7)%2000), some.IntN(3), some))
	}
	d.find(some, 2)
	return d
}

func paperApp(i int, base *draft, some *rand.Rand) *draft {
	d := &draft{ref: store.Ref{Repository: fmt.Sprintf("registry.example.org/team-%d/app-%d", i%300, i), Tag: "1", Owner: fmt.Sprintf("team-%d", i%300)}, base: base, seen: paperDay(200 + i%60)}
	if i%10 == 9 { // the newer build of the app before
		d.ref = store.Ref{Repository: fmt.Sprintf("registry.example.org/team-%d/app-%d", (i-1)%300, i-1), Tag: "1", Owner: fmt.Sprintf("team-%d", (i-1)%300)}
		d.seen = paperDay(270)
	}
	d.named = some.IntN(2) == 0
	d.begin()
	for j := range 9 {
		d.step(some, fmt.Sprintf("COPY part-%d /srv/app-%d # buildkit", j, i), j < 4)
	}
	for range 12 {
		d.add(paperPackage("npm", fmt.Sprintf("module-%d", some.IntN(3000)), some.IntN(8), some))
	}
	if i%5 == 0 {
		for range 3 {
			old := d.packages[some.IntN(len(base.packages))]
			d.add(paperPackage(old.Type, old.Name, 7, some))
		}
	}
	d.find(some, 4)
	return d
}

// paperDay is a day of the last year.
func paperDay(n int) time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

// begin takes over what is below.
func (d *draft) begin() {
	if d.base != nil {
		d.steps, d.layers, d.packages = slices.Clone(d.base.steps), slices.Clone(d.base.layers), slices.Clone(d.base.packages)
	}
}

func (d *draft) step(some *rand.Rand, by string, layer bool) {
	s := store.Step{Created: d.seen.Add(time.Duration(len(d.steps)) * time.Second), CreatedBy: by, Layer: -1}
	if layer {
		s.Layer = len(d.layers)
		size := int64(1000 + some.IntN(50_000_000))
		d.layers = append(d.layers, store.Layer{
			DiffID: paperHash("diff", some), Digest: paperHash("blob", some), Size: size, Content: size * 5 / 2, Shadowed: size / int64(3+some.IntN(100)),
		})
	}
	d.steps = append(d.steps, s)
}

// add adds a package, or another version of it.
func (d *draft) add(p store.Package) {
	i := slices.IndexFunc(d.packages, func(old store.Package) bool { return old.Type == p.Type && old.Name == p.Name })
	if i >= 0 {
		d.packages[i] = p
		return
	}
	d.packages = append(d.packages, p)
}

func paperPackage(kind, name string, n int, some *rand.Rand) store.Package {
	v := fmt.Sprintf("%d.%d.%d", 1+len(name)%4, n, n*3)
	return store.Package{Type: kind, Name: name, Version: v, Arch: "amd64", PURL: "pkg:" + kind + "/" + name + "@" + v, Bytes: int64(500 + some.IntN(2_000_000))}
}

// find adds up to n findings.
func (d *draft) find(some *rand.Rand, n int) {
	rules := []string{"root-user", "build-tools", "package-cache", "shadowed-files", "secret-file", "setuid", "world-writable", "latest-tag"}
	for j := range some.IntN(n + 1) {
		rule := rules[some.IntN(len(rules))]
		d.findings = append(d.findings, store.Finding{
			Rule: rule, Severity: report.Severity(1 + some.IntN(3)), Subject: fmt.Sprintf("%s %d", rule, some.IntN(400)),
			Message: "the image has what rule " + rule + " looks for, in one of its layers", Remedy: fmt.Sprintf("Mend %s in step %d", rule, j),
			By: report.OwnSteps, Bytes: int64(some.IntN(9_000_000)), Step: len(d.steps) - 1 - j,
		})
	}
}

// chain is the draft and what it stands on.
func (d *draft) chain() []*draft {
	var chain []*draft
	for ; d != nil; d = d.base {
		chain = append(chain, d)
	}
	return chain
}

func (d *draft) sheet() Sheet {
	f := &store.Facts{Steps: d.steps, Layers: d.layers}
	for i, of := range d.chain() {
		a := store.Ancestor{Steps: ancestry.Span{To: len(of.steps)}, Layers: ancestry.Span{To: len(of.layers)}, Distro: "Example Linux 1", Packages: of.packages}
		if of.base != nil {
			a.Steps.From, a.Layers.From = len(of.base.steps), len(of.base.layers)
		}
		if i == 1 && d.named {
			a.Names = []store.Name{{Repository: of.ref.Repository, Tag: of.ref.Tag, Confidence: ancestry.Recorded, Evidence: "base name " + of.ref.String()}}
		}
		f.Chain = append(f.Chain, a)
		for _, found := range of.findings {
			found.Ancestor = i
			if i > 0 {
				found.By = report.OtherBase
			}
			f.Findings = append(f.Findings, found)
		}
	}
	return Sheet{
		Ref: d.ref, Facts: f, Seen: d.seen,
		Image: store.Image{Digest: d.digest("manifest"), Config: d.digest("config"), Platform: "linux/amd64", Read: d.seen.Add(time.Minute), Version: "paper"},
	}
}

// digest is that of the image's manifest or of its configuration.
func (d *draft) digest(kind string) v1.Hash {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %s %v", kind, d.ref, d.seen, d.layers[len(d.layers)-1].DiffID))
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

func paperHash(kind string, some *rand.Rand) v1.Hash {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", kind, some.Uint64(), some.Uint64()))
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}
