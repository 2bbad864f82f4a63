package rebase

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
)

// A check looks for what speaks against a rebase.
type check struct {
	image, base *report.Report
	plan        *Plan
}

func (c *check) run(opts *Options) {
	c.checkReading()
	c.checkBoundary()
	c.checkName()
	c.checkPlatform()
	c.checkDistribution()
	c.checkPackages()
	c.checkFiles()
	c.checkNeeds(opts)
	c.noteEnvironment()
}

func (c *check) against(format string, args ...any) {
	c.plan.Against = append(c.plan.Against, fmt.Sprintf(format, args...))
}

// checkReading wants both images read to their end, and verified.
func (c *check) checkReading() {
	for _, side := range []struct {
		name string
		r    *report.Report
	}{{"the image", c.image}, {"the new base", c.base}} {
		switch {
		case side.r.Partial:
			c.against("some of %s could not be read", side.name)
		case slices.ContainsFunc(side.r.Index.Layers, func(l layers.Layer) bool { return !l.Verified }):
			c.against("a layer of %s is not what its configuration says", side.name)
		}
		if !side.r.PackagesKnown() {
			c.against("the packages of %s are not known", side.name)
		}
	}
}

// checkBoundary wants it known where the base ends.
func (c *check) checkBoundary() {
	above := c.image.Ancestors[c.plan.Ancestor-1]
	if above.Boundary < ancestry.Recognised {
		c.against("where the base ends is %s: the steps from %d on may be its own", above.Boundary, above.Steps.From)
	}
}

// checkName wants the new base to have a tag that the old one had.
func (c *check) checkName() {
	old, new := c.image.Ancestors[c.plan.Ancestor], c.base.Ancestors[0]
	switch {
	case old.Repository == "" || new.Repository == "":
		c.against("the name of the old base or of the new one is not known, so they may be two images")
	case old.Repository != new.Repository:
		c.against("the base is %s, and the new one %s: another image", old, new)
	case len(old.Tags) == 0 || len(new.Tags) == 0:
		c.against("the tags of %s are not known, so the new one may be another", old.Repository)
	case !slices.ContainsFunc(old.Tags, func(t string) bool { return slices.Contains(new.Tags, t) }):
		c.against("the base is %s, and the new one %s: they have no tag in common", old, new)
	}
}

func (c *check) checkPlatform() {
	a, b := c.image.Index.Config, c.base.Index.Config
	if a == nil || b == nil || a.OS != b.OS || a.Architecture != b.Architecture || a.Variant != b.Variant {
		c.against("the new base is for another platform")
	}
}

// checkDistribution wants the same release of one distribution.
func (c *check) checkDistribution() {
	old, new := distro(c.image.Ancestors[c.plan.Ancestor:]), distro(c.base.Ancestors)
	switch {
	case old.ID == "" || new.ID == "":
		c.against("which distribution the old base or the new one is of is not known")
	case old.ID != new.ID || release(old) != release(new):
		c.against("the old base is of %s, and the new one of %s", distroName(old), distroName(new))
	}
}

// distro is the distribution of a chain: what the youngest that says one says.
func distro(chain []report.Ancestor) ancestry.Distro {
	for _, a := range chain {
		if a.Distro.ID != "" {
			return a.Distro
		}
	}
	return ancestry.Distro{}
}

// release is the part of a version within which a distribution keeps its libraries compatible. Alpine's has two
// numbers; Red Hat's and its rebuilds' one; others are as they are. A rolling one has none: it is its codename.
func release(d ancestry.Distro) string {
	numbers := strings.Split(d.VersionID, ".")
	switch d.ID {
	case "alpine":
		return strings.Join(numbers[:min(2, len(numbers))], ".")
	case "rhel", "centos", "rocky", "almalinux", "ol":
		return numbers[0]
	}
	return d.VersionID + "/" + d.Codename
}

func distroName(d ancestry.Distro) string {
	if d.PrettyName != "" {
		return d.PrettyName
	}
	return strings.TrimSpace(d.ID + " " + d.VersionID)
}

// checkPackages wants the own layers to leave the distribution's packages alone.
func (c *check) checkPackages() {
	if c.image.Inventory == nil {
		return
	}
	var touched []string
	for _, p := range c.image.Inventory.Packages {
		if diff.Software(&p) == "" {
			continue
		}
		if slices.ContainsFunc(p.Events, func(e packages.Event) bool { return e.Layer >= c.plan.Layers }) && !slices.Contains(touched, p.Name) {
			touched = append(touched, p.Name)
		}
	}
	if n := len(touched); n > 0 {
		c.against("the own layers touch %s of the distribution (%s): their database would hide that of the new base", english.Plural(n, "package", ""), some(touched))
	}
}

// checkFiles wants the own layers to hide nothing of the base that the new base has otherwise.
func (c *check) checkFiles() {
	var hidden, databases []string
	top := c.plan.Layers - 1
	for l := c.plan.Layers; l < len(c.image.Index.Layers); l++ {
		for e := range c.image.Index.Entries(l) {
			switch {
			case e.Type == layers.Directory || !slices.Contains([]layers.Change{layers.Modified, layers.Metadata, layers.Replaced, layers.Unchanged}, e.Change):
			case packages.IsDatabase(e.Path):
				databases = append(databases, e.Path)
			case c.differs(top, e.Path):
				hidden = append(hidden, e.Path)
			}
		}
	}
	if len(databases) > 0 && !slices.ContainsFunc(c.plan.Against, func(s string) bool { return strings.HasPrefix(s, "the own layers touch") }) {
		c.against("the own layers write the package database (%s), which would hide that of the new base", some(unique(databases)))
	}
	if hidden = unique(hidden); len(hidden) > 0 {
		c.against("the own layers change %s of the base that the new base has otherwise (%s)", english.Plural(len(hidden), "file", ""), some(hidden))
	}
	c.checkAdded()
}

// checkAdded wants no file of the own layers where the new base has one that the old base did not.
func (c *check) checkAdded() {
	var over []string
	for e := range c.image.Index.Merged(c.image.Index.Top()) {
		if e.Layer < c.plan.Layers || e.Type == layers.Directory {
			continue
		}
		_, was := c.image.Index.Lookup(c.plan.Layers-1, e.Path)
		if now, is := c.base.Index.Lookup(c.base.Index.Top(), e.Path); is && !was && !alike(e, now) {
			over = append(over, e.Path)
		}
	}
	if len(over) > 0 {
		c.against("the own layers have %s where the new base has others (%s)", english.Plural(len(over), "file", ""), some(over))
	}
}

// differs reports whether the old base and the new one show different things at a path.
func (c *check) differs(top int, path string) bool {
	old, was := c.image.Index.Lookup(top, path)
	now, is := c.base.Index.Lookup(c.base.Index.Top(), path)
	return was && is && !alike(old, now)
}

// alike reports whether two entries are the same but for their dates.
func alike(a, b layers.Entry) bool {
	return a.Type == b.Type && a.Mode == b.Mode && a.UID == b.UID && a.GID == b.GID && a.Size == b.Size && a.Sum == b.Sum && a.Link == b.Link
}

// checkNeeds wants the own programs to find what they need.
func (c *check) checkNeeds(opts *Options) {
	if opts.ImageNeeds == nil || opts.BaseNeeds == nil {
		c.plan.Notes = append(c.plan.Notes, "whether the own programs find their libraries on the new base was not looked at")
		return
	}
	d := diff.New(c.image, c.base, &diff.Options{OldNeeds: opts.ImageNeeds, NewNeeds: opts.BaseNeeds, Base: true})
	for _, l := range d.Losses {
		c.against("the own programs would miss %s", diff.LossText(l))
	}
}

// noteEnvironment notes the variables that the new base sets otherwise than the image has them.
func (c *check) noteEnvironment() {
	if c.image.Index.Config == nil || c.base.Index.Config == nil {
		return
	}
	has := environment(c.image.Index.Config)
	for _, v := range c.base.Index.Config.Config.Env {
		key, value, _ := strings.Cut(v, "=")
		switch old, ok := has[key]; {
		case !ok:
			c.plan.Notes = append(c.plan.Notes, fmt.Sprintf("the new base sets %s=%s, and the rebased image does not", key, value))
		case old != value:
			c.plan.Notes = append(c.plan.Notes, fmt.Sprintf("the new base sets %s=%s, and the rebased image keeps %s", key, value, old))
		}
	}
}

func environment(c *v1.ConfigFile) map[string]string {
	all := map[string]string{}
	for _, v := range c.Config.Env {
		key, value, _ := strings.Cut(v, "=")
		all[key] = value
	}
	return all
}

// some writes the first of a list.
func some(list []string) string {
	const most = 5
	if len(list) > most {
		return strings.Join(list[:most], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
