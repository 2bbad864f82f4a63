// Package orchard grows fleets of container images whose family tree is known, to try a
// fleet's commands on and to test them against.
//
//	o, err := orchard.Grow(orchard.Options{Host: "127.0.0.1:5000", Bases: 40, Apps: 2000})
//	err = o.Push(ctx, 1)                // what the registry has at first
//	err = o.Push(ctx, 2)                // bases that were rebuilt, a few apps on them
//	for _, app := range o.Apps() {
//		app.Chain()                 // the app, its base, …, its root
//		app.MovedBelow(2)           // of these, the ones whose tag points elsewhere by now
//	}
//
// The images are small, and real: layers in gzip, histories as BuildKit, Buildah and Debian's
// own tool write them, an os-release, and dpkg's database with its file lists, rewritten by
// each layer that changes it. The same Options grow the same images to the byte.
//
// # What there is
//
// Roots bring a distribution; bases of later generations add packages, upgrade and remove
// those below, or change nothing but the configuration. Apps stand on bases of all
// generations; a few bases have most of them. To be learnt are:
//
//   - bases that are in the registry, and so known by their bytes;
//   - bases that are not (Published is false): nothing says what they are called;
//   - bases whose tag was pushed again before anybody looked: the old image has another tag
//     by now, and what stands on it names the tag that has moved;
//   - bases whose tag is pushed again in the second season, while the images on the old one
//     stay as they are, but for a few that are rebuilt;
//   - what is no image, and an image that is damaged.
package orchard

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Options say what grows. The zero value of a number is its default.
type Options struct {
	// Host is the registry that the images are of: "127.0.0.1:5000". It is in the names that
	// some images record of their bases.
	Host string
	// Seed chooses among orchards of one size.
	Seed uint64
	// Bases are how many bases there are: at least 12; 40 by default. Those that are
	// rebuilt are not counted.
	Bases int
	// Apps are how many images stand on them; 200 by default.
	Apps int
}

// An Orchard is images, and the truth about them.
type Orchard struct {
	// Images are all of them, each after its base.
	Images []*Image
	// Odd are what the registry has beside them, from the first season on.
	Odd []Odd

	opts Options
}

// Odd is what cannot be read, or not to its end.
type Odd struct {
	Repository, Tag string
	// Damaged says that it is an image whose only layer is no archive. Otherwise it is no image.
	Damaged bool
	Image   v1.Image
	Digest  v1.Hash
}

// An Image is one of the orchard, and what is true of it.
type Image struct {
	// Repository is the name without registry and tag: "base/python".
	Repository string
	// Tags are those that were pushed with it. One of them may have moved to Newer since.
	Tags []string
	// Base is what it stands on; nil for a root.
	Base *Image
	// App says that nothing stands on it.
	App bool
	// Published says that it is, or was, in the registry.
	Published bool
	// Season is when it is pushed: 1, or 2 for what is rebuilt.
	Season int
	// Newer is what its tag Moved points to since that was pushed; nil if it never moves.
	Newer *Image
	// Moved is the tag that Newer took: "" if none did.
	Moved string
	// Owner is the team whose image it is; "" for bases that are everybody's.
	Owner string

	// Image is the image itself, and Digest that of its manifest.
	Image  v1.Image
	Digest v1.Hash
	// Steps and Layers are how many it has itself, without its base's.
	Steps, Layers int
	// Content are the bytes of the regular files in its own layers.
	Content int64
	// Shadowed are the bytes of its whole chain that a later layer overwrote or deleted.
	Shadowed int64

	packages map[string]Package
	files    map[string]int64 // visible regular files, with their bytes
	built    time.Time        // its last step
	builder  builder
}

// A Package is one that an image has.
type Package struct {
	Name, Version string
	// Introduced is the image of the chain that installed it first, Changed the one that brought
	// this version, or installed it again after a removal.
	Introduced, Changed *Image

	nth  int // the number of the version
	gone bool
}

// Grow makes an orchard. Its error is that of the options, or of go-containerregistry.
func Grow(opts Options) (*Orchard, error) {
	if opts.Bases == 0 {
		opts.Bases = 40
	}
	if opts.Apps == 0 {
		opts.Apps = 200
	}
	if opts.Bases < 12 || opts.Apps < 0 {
		return nil, fmt.Errorf("orchard: %d bases and %d apps: at least 12 bases", opts.Bases, opts.Apps)
	}
	o := &Orchard{opts: opts}
	for _, plant := range []func() error{o.plantBases, o.plantMoved, o.plantApps, o.plantRebuilt, o.plantOdd} {
		if err := plant(); err != nil {
			return nil, fmt.Errorf("orchard: %w", err)
		}
	}
	return o, nil
}

// chance is a source of numbers that are the same in each run, and others for each image.
func (o *Orchard) chance(salt int) *rand.Rand {
	return rand.New(rand.NewPCG(o.opts.Seed, uint64(salt)))
}

// Bases returns the images that others are made to stand on.
func (o *Orchard) Bases() []*Image {
	return slices.DeleteFunc(slices.Clone(o.Images), func(im *Image) bool { return im.App })
}

// Apps returns the images on which nothing stands, of all seasons.
func (o *Orchard) Apps() []*Image {
	return slices.DeleteFunc(slices.Clone(o.Images), func(im *Image) bool { return !im.App })
}

// Pushed returns the images that are in the registry in a season, those of earlier seasons
// included: an image stays there after its tag has moved.
func (o *Orchard) Pushed(season int) []*Image {
	return slices.DeleteFunc(slices.Clone(o.Images), func(im *Image) bool { return !im.Published || im.Season > season })
}

// References returns the names with a tag that the registry has in a season, and the image
// that each points to.
func (o *Orchard) References(season int) map[string]*Image {
	refs := map[string]*Image{}
	for _, im := range o.Pushed(season) { // in the order of the seasons, so that a later one takes the tag
		for _, tag := range im.Tags {
			if im.Moved == tag && im.Newer.Season <= im.Season {
				continue // it had moved before anybody looked
			}
			refs[o.opts.Host+"/"+im.Repository+":"+tag] = im
		}
	}
	return refs
}

// Chain returns the image and all that it stands on, the youngest first.
func (im *Image) Chain() []*Image {
	chain := []*Image{im}
	for b := im.Base; b != nil; b = b.Base {
		chain = append(chain, b)
	}
	return chain
}

// Root is the oldest of the chain.
func (im *Image) Root() *Image {
	for im.Base != nil {
		im = im.Base
	}
	return im
}

// StandsOn reports whether an image is in the chain below this one.
func (im *Image) StandsOn(base *Image) bool { return im != base && slices.Contains(im.Chain(), base) }

// MovedBelow returns the ancestors whose tag points to a newer image in a season, the
// youngest first: the image is stale if there are any.
func (im *Image) MovedBelow(season int) []*Image {
	return slices.DeleteFunc(im.Chain()[1:], func(b *Image) bool { return b.Newer == nil || b.Newer.Season > season })
}

// Packages returns what the image has, by name.
func (im *Image) Packages() []Package {
	var all []Package
	for _, p := range im.packages {
		if !p.gone {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Package) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Latest is the image to which the tag that moved points in a season: the image itself, if none
// did.
func (im *Image) Latest(season int) *Image {
	for im.Newer != nil && im.Newer.Season <= season {
		im = im.Newer
	}
	return im
}

// String returns repository and first tag.
func (im *Image) String() string { return im.Repository + ":" + im.Tags[0] }
