package ancestry

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/stemma-go/stemma/layers/history"
)

// roots finds the image made from nothing that every chain starts with, by the
// habits of those who make distributions' images.
func roots(q *Query) ([]Claim, error) {
	c, _, ok := rootOf(q.Steps)
	if !ok {
		return nil, nil
	}
	if d, ok := q.Hints.Files[0].Distro(); ok && d.ID == c.Name.Repository && d.ID == "debian" && d.Variant != "" {
		c.Name.Tags = slices.DeleteFunc(c.Name.Tags, func(tag string) bool { return strings.HasSuffix(tag, "-slim") != (d.Variant == "slim") })
		made, _, _ := strings.Cut(c.Evidence.Says, ";")
		c.Evidence.Says = made + "; its files say " + d.Variant
	}
	return []Claim{c}, nil
}

// rootOf knows how distributions make their images. The claim is Inferred: anybody
// can run the same tools.
func rootOf(steps []history.Step) (Claim, Distro, bool) {
	for _, knows := range [...]func([]history.Step) (Claim, Distro, bool){
		debianRoot, ubuntuRoot, ubuntuRock, alpineRoot, archiveRoot, importRoot, kiwiRoot,
	} {
		if c, d, ok := knows(steps); ok {
			c.Evidence.Confidence = Inferred
			return c, d, true
		}
	}
	return Claim{}, Distro{}, false
}

// debuerreotype's line, with the suite and the moment in whose state of the
// archive the root was made: # debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'
var debianSh = regexp.MustCompile(`^# debian\.sh (?:.* )?out/ '([a-z]{3,20})' '@(\d{9,11})'$`)

// debianRoot names Debian's own images by that line. Tags are the suite, and the
// suite with the day; whether it is the slim variant the line does not say.
func debianRoot(steps []history.Step) (Claim, Distro, bool) {
	if len(steps) == 0 || steps[0].Instruction.Builder != history.BuilderDebuerreotype {
		return Claim{}, Distro{}, false
	}
	c := Claim{Start: 0, End: 1, Evidence: Evidence{Kind: KindStep, Says: "made by debuerreotype", Where: "step 0"}}
	m := debianSh.FindStringSubmatch(steps[0].CreatedBy)
	if m == nil {
		return c, Distro{ID: "debian"}, true
	}
	suite := m[1]
	epoch, err := strconv.ParseInt(m[2], 10, 64)
	if err == nil {
		day := suite + "-" + time.Unix(epoch, 0).UTC().Format("20060102")
		c.Name = Name{Repository: "debian", Tags: []string{day, day + "-slim", suite, suite + "-slim"}}
		if v := debianVersion(suite); v != "" {
			c.Name.Tags = append(c.Name.Tags, v, v+"-slim")
		}
		c.Evidence.Says = fmt.Sprintf("made by debuerreotype for Debian %s; slim or not is not said", suite)
	}
	return c, Distro{ID: "debian", Codename: suite}, true
}

// ubuntuRoot names Ubuntu's images of before 26.04: built on Launchpad, by a
// Dockerfile with an ARG of its own.
func ubuntuRoot(steps []history.Step) (Claim, Distro, bool) {
	const most = 10
	launchpad, version, archive := false, "", history.None
	for i, s := range steps[:min(most, len(steps))] {
		in := s.Instruction
		switch in.Keyword {
		case "ARG":
			launchpad = launchpad || in.Args == "LAUNCHPAD_BUILD_ARCH"
		case "LABEL":
			if v, ok := pair(in.Labels(), specs.AnnotationVersion); ok && validTag(v) {
				version = v
			}
		case "ADD":
			archive = i
		case "CMD":
			if !launchpad || archive == history.None {
				return Claim{}, Distro{}, false
			}
			c := Claim{
				Start: 0, End: i + 1, Name: Name{Repository: "ubuntu"},
				Evidence: Evidence{Kind: KindStep, Says: "made on Launchpad, as Ubuntu " + version, Where: "steps 0 to " + strconv.Itoa(i)},
			}
			if version != "" {
				c.Name.Tags = compact(version, ubuntuSuite(version))
			}
			return c, Distro{ID: "ubuntu", VersionID: version}, true
		default:
			return Claim{}, Distro{}, false
		}
	}
	return Claim{}, Distro{}, false
}

// debianVersion returns the number of a Debian suite that was released, "" of
// others. Numbers are tags of the same images.
func debianVersion(suite string) string {
	return map[string]string{
		"wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13",
	}[suite]
}

// ubuntuSuite returns the name of an Ubuntu LTS release, which is a tag of the same
// image, "" of others.
func ubuntuSuite(version string) string {
	return map[string]string{
		"14.04": "trusty", "16.04": "xenial", "18.04": "bionic", "20.04": "focal", "22.04": "jammy", "24.04": "noble",
		"26.04": "resolute",
	}[version]
}

// rockLabel is how rockcraft records a label that it sets by umoci.
var rockLabel = regexp.MustCompile(`--config\.label org\.opencontainers\.image\.(title|version)=(\S+)`)

// ubuntuRock names Ubuntu's images since 26.04, made by rockcraft: a run of umoci
// commands.
func ubuntuRock(steps []history.Step) (Claim, Distro, bool) {
	end, title, version := 0, "", ""
	for end < len(steps) && steps[end].Instruction.Builder == history.BuilderUmoci {
		for _, m := range rockLabel.FindAllStringSubmatch(steps[end].CreatedBy, -1) {
			if m[1] == "title" {
				title = m[2]
			} else {
				version = m[2]
			}
		}
		end++
	}
	if end == 0 {
		return Claim{}, Distro{}, false
	}
	c := Claim{Start: 0, End: end, Evidence: Evidence{Kind: KindStep, Says: "made by umoci", Where: "steps 0 to " + strconv.Itoa(end-1)}}
	if title != "ubuntu" || !validTag(version) {
		return c, Distro{}, true
	}
	c.Name = Name{Repository: "ubuntu", Tags: compact(version, ubuntuSuite(version))}
	c.Evidence.Says = "made by rockcraft, as Ubuntu " + version
	return c, Distro{ID: "ubuntu", VersionID: version}, true
}

// alpineArchive is the name of Alpine's root archive: alpine-minirootfs-3.24.2-x86_64.tar.gz
var alpineArchive = regexp.MustCompile(`^alpine-minirootfs-((\d+\.\d+)\.\d+)-[a-z0-9_]+\.tar\.[a-z]+$`)

func alpineRoot(steps []history.Step) (Claim, Distro, bool) {
	end, ok := archive(steps)
	if !ok || len(steps[0].Instruction.Sources) != 1 {
		return Claim{}, Distro{}, false
	}
	m := alpineArchive.FindStringSubmatch(path.Base(steps[0].Instruction.Sources[0]))
	if m == nil {
		return Claim{}, Distro{}, false
	}
	return Claim{
		Start: 0, End: end, Name: Name{Repository: "alpine", Tags: []string{m[1], m[2]}},
		Evidence: Evidence{Kind: KindStep, Says: "made of Alpine's root archive " + m[1], Where: "step 0"},
	}, Distro{ID: "alpine", VersionID: m[1]}, true
}

// archive reports whether the history begins with an archive unpacked into /, and
// little more up to a CMD. It returns the step after that.
func archive(steps []history.Step) (int, bool) {
	if len(steps) == 0 {
		return 0, false
	}
	first := steps[0].Instruction
	if first.Keyword != "ADD" && first.Keyword != "COPY" || first.Dest != "/" || steps[0].Layer == history.None {
		return 0, false
	}
	for i, s := range steps[1:] {
		switch {
		case s.Layer != history.None:
			return 0, false
		case s.Instruction.Keyword == "CMD":
			return i + 2, true
		}
	}
	return 0, false
}

func archiveRoot(steps []history.Step) (Claim, Distro, bool) {
	end, ok := archive(steps)
	return Claim{
		Start: 0, End: end,
		Evidence: Evidence{Kind: KindHeuristic, Says: "an archive unpacked into /, and a CMD", Where: "steps 0 to " + strconv.Itoa(end-1)},
	}, Distro{}, ok
}

// importRoot knows docker import, which makes an image of an archive. Red Hat's builds of
// the years of Docker imported an archive, and squashed what they did to it into a step
// that says nothing.
func importRoot(steps []history.Step) (Claim, Distro, bool) {
	ok := len(steps) > 0 && imported(steps[0])
	end := 1
	if ok && len(steps) > 1 && silent(steps[1]) && steps[0].Comment == "Imported from -" {
		end = 2
	}
	return Claim{
		Start: 0, End: end,
		Evidence: Evidence{Kind: KindHeuristic, Says: "an imported archive", Where: "step 0"},
	}, Distro{}, ok
}

func imported(s history.Step) bool {
	return s.CreatedBy == "" && strings.HasPrefix(s.Comment, "Imported from ")
}

// kiwiRoot knows KIWI, with which SUSE and Fedora make their images: each that it makes
// is one step.
func kiwiRoot(steps []history.Step) (Claim, Distro, bool) {
	return Claim{
		Start: 0, End: 1,
		Evidence: Evidence{Kind: KindHeuristic, Says: "made by KIWI", Where: "step 0"},
	}, Distro{}, len(steps) > 0 && byKiwi(steps[0])
}

func byKiwi(s history.Step) bool { return strings.HasPrefix(s.CreatedBy, "KIWI ") }

// pair returns the value of a key in a list of "K=V"; the last counts.
func pair(pairs []string, key string) (string, bool) {
	for i := len(pairs) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(pairs[i], "="); ok && k == key {
			return v, true
		}
	}
	return "", false
}
