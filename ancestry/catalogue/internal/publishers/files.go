package publishers

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
)

// platforms are those for which a Dockerfile is evaluated that asks for its platform, as
// BuildKit and as bashbrew name them.
var platforms = [...][2]string{{"linux/amd64", "amd64"}, {"linux/arm64", "arm64v8"}, {"linux/arm/v7", "arm32v7"}, {"linux/ppc64le", "ppc64le"}, {"linux/s390x", "s390x"}}

// A row is a File with its expressions compiled.
type row struct {
	File
	path, release *regexp.Regexp // release is nil for every revision
}

func (f File) compile() (row, error) {
	r := row{File: f}
	var err error
	if r.path, err = regexp.Compile(`\A(?:` + f.Path + `)\z`); err == nil && f.Release != "" {
		r.release, err = regexp.Compile(`\A(?:` + f.Release + `)\z`)
	}
	return r, err
}

// readFiles adds the publisher's Dockerfiles: in every revision, or in those that were
// released.
func (j *Job) readFiles(ctx context.Context) error {
	var rows []row
	released := false
	for _, f := range j.Files {
		r, err := f.compile()
		if err != nil {
			return err
		}
		rows, released = append(rows, r), released || r.release != nil
	}
	if released {
		if err := j.readReleases(ctx, rows); err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(r row) bool { return r.release != nil })
	}
	all, err := j.versions(ctx, func(p string) bool {
		return slices.ContainsFunc(rows, func(r row) bool { return r.path.MatchString(p) })
	})
	if err != nil {
		return err
	}
	for _, v := range all {
		b := j.blob(v.blob)
		var err error
		for _, r := range rows { // rows of other days may match, too
			if groups := r.path.FindStringSubmatch(v.path); groups != nil && err == nil {
				err = j.addFile(r.File, v, named(r.path, groups), b)
			}
		}
		if err != nil {
			j.unread(fmt.Sprintf("%.12s:%s", v.commit, v.path), err)
		}
	}
	return nil
}

func named(r *regexp.Regexp, groups []string) map[string]string {
	out := map[string]string{}
	for i, name := range r.SubexpNames() {
		if name != "" {
			out[name] = groups[i]
		}
	}
	return out
}

// addFile adds one version of a Dockerfile.
func (j *Job) addFile(f File, v version, groups map[string]string, b *blob) error {
	a := build.Addition{Origin: "github.com/" + j.Repository, Commit: v.commit, Path: v.path, From: v.from, To: v.to, Closed: f.Release != ""}
	since, until, err := f.days()
	if a.From, a.To = max(a.From, since), min(a.To, until); err != nil || a.From > a.To || until < data.Ongoing && a.From == a.To {
		return err
	}
	targets := platforms[:]
	if some, err := j.targets(b); err != nil {
		return err
	} else if !some {
		targets = targets[:1]
	}
	args, err := fillIn(f.Args, groups)
	if err != nil {
		return fmt.Errorf("build argument %w", err)
	}
	inherited, err := fillIn(f.Inherits, groups)
	if err != nil {
		return fmt.Errorf("variable %w", err)
	}
	for _, p := range targets {
		m, err := j.evaluate(b, dockerfile.Options{Args: args, Varies: f.Varies, Inherited: inherited, Platform: p[0]})
		if err != nil {
			return err
		}
		for k, value := range groups {
			m.values[k] = value
		}
		name, ok := expand(f.Name, m.values)
		if !ok {
			return fmt.Errorf("%s: a variable has no value", f.Name)
		}
		a.Repository, a.Tags, a.Digest, a.Architectures = name, nil, m.digest, nil
		for _, t := range f.Tags {
			if t, ok := expand(t, m.values); ok {
				a.Tags = append(a.Tags, t)
			}
		}
		if n, ok := ancestry.ParseName(name); !ok || n.Repository != name {
			return fmt.Errorf("%q is no image's name", name)
		}
		if len(targets) > 1 {
			a.Architectures = []string{p[1]}
		}
		j.b.Add(a)
		j.report.Recipes++
	}
	return nil
}

// fillIn puts values in for the variables in those of a map.
func fillIn(patterns, values map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(patterns)) {
		missing := false
		out[k] = os.Expand(patterns[k], func(name string) string {
			v, ok := values[name]
			missing = missing || !ok
			return v
		})
		if missing {
			return nil, fmt.Errorf("%s: %s: a variable has no value", k, patterns[k])
		}
	}
	return out, nil
}

// days returns the days of a row.
func (f File) days() (since, until data.Day, err error) {
	since, until = data.Undated+1, data.Ongoing
	for _, x := range []struct {
		text string
		day  *data.Day
	}{{f.Since, &since}, {f.Until, &until}} {
		if x.text == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, x.text)
		if err != nil {
			return 0, 0, err
		}
		*x.day = data.DayOf(t)
	}
	return since, until, nil
}

// tag is what a registry takes for one.
var tag = regexp.MustCompile(`\A[\w][\w.-]{0,127}\z`)

// expand puts values in for variables; false if one has none. Characters that neither
// names nor tags can hold make it false, too.
func expand(pattern string, values map[string]string) (string, bool) {
	ok := true
	s := os.Expand(pattern, func(name string) string {
		v := values[name]
		ok = ok && v != ""
		return v
	})
	return s, ok && (strings.Contains(s, "/") || tag.MatchString(s))
}
