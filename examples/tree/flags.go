package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/examples/internal/arguments"
	"github.com/stemma-go/stemma/examples/internal/outputs"
	"github.com/stemma-go/stemma/report/vulns"
)

// flags are the command line, parsed.
type flags struct {
	json, steps, rules, insecure, all bool
	version, chain, live, provenance  bool
	livePackages                      bool
	width                             int
	dockerfiles, platform, reference  string
	localRedirects, liveHosts         string
	update                            bool
	genealogy                         string   // a reference
	catalogues                        []string // files or references
	dockerfile                        string
	instructions                      []byte               // what is in it
	lines                             *ancestry.Dockerfile // where the steps are in it; nil if it was not given, or does not fit
	outputs                           outputs.List[result]
	vulns                             []string          // files of -vulns
	scans                             []*vulns.Document // what is in them
	otherImage                        bool
	packages                          []string // places of -packages
	newer                             []tagged
}

const usage = `usage: tree [flags] [REFERENCE]

REFERENCE is app.tar (docker save, podman save, skopeo), a directory or tar in OCI
layout, an image in a registry (python:3.13), or docker:NAME in the Docker daemon.
Without one it is the sample image that comes with the module.

The image is read once, and written in every -format. One that names no FILE goes to
that of -o, or to the standard output. A file is written in full, or not at all. Formats:

%s
exit code: 0 read, 1 not read or not written, 2 wrong command, 3 read in part

`

// parse returns the flags, or the exit code.
func parse(args []string, stderr io.Writer) (f flags, code int, ok bool) {
	set := flag.NewFlagSet("tree", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		fmt.Fprintf(stderr, usage, formatList())
		set.PrintDefaults()
	}
	var out string
	f.outputs.Formats = formats()
	set.Var(&f.outputs, "format", "`NAME[=FILE]`: how to write the report, and where; may be given several times")
	set.StringVar(&out, "o", "", "the `FILE` of the format that names none")
	set.BoolVar(&f.json, "json", false, "short for -format json")
	set.BoolVar(&f.steps, "steps", false, "write the whole tree, with every ancestor's steps")
	set.BoolVar(&f.all, "v", false, "write the whole tree, with every finding and all evidence for and against every name")
	set.BoolVar(&f.chain, "chain", false, "tell the chain alone, from the configuration and the beginning of the root: from a registry a few hundred kB")
	set.BoolVar(&f.live, "live", false, "ask registries whether the ancestors' tags still point to what is in the image: a few small requests for each")
	set.BoolVar(&f.livePackages, "live-packages", false, "read the image to which the tag of the root has moved, too, and count the packages that differ: as many bytes as that has")
	set.StringVar(&f.liveHosts, "live-hosts", "", "the `registries` that -live may ask, with commas between them, those of the local network too; by default all but those")
	set.BoolVar(&f.provenance, "provenance", false, "ask the image's registry what its build attested, and the registries of the images that it used; a layout or an archive is read without")
	set.BoolVar(&f.rules, "rules", false, "list the rules, with what each finds, and read no image")
	set.IntVar(&f.width, "width", 0, "`columns`; 0 is the terminal's, and 80 where there is none")
	set.StringVar(&f.dockerfiles, "dockerfiles", "", "a `directory` whose Dockerfiles name ancestors: python/3.11/Dockerfile in it is that of python:3.11")
	set.BoolVar(&f.update, "update", false, "fetch the newest genealogy, and keep it for the next time; without REFERENCE that is all")
	set.StringVar(&f.genealogy, "genealogy", artifact.Genealogy, "the `reference` of the genealogy; with @sha256:… it is that one")
	set.Func("catalogue", "a catalogue of one's own, a `file or reference`; may be given several times", func(s string) error {
		f.catalogues = append(f.catalogues, s)
		return nil
	})
	set.StringVar(&f.dockerfile, "dockerfile", "", "the `file` that the image was built from: sarif has its lines, and its COPY --from tells donors")
	set.Func("vulns", "a scanner's `report` of this image (Trivy, Grype, Clair, OSV-Scanner, in JSON), or an OpenVEX document; may be given several times", func(path string) error {
		if path == "" {
			return errors.New("no file")
		}
		f.vulns = append(f.vulns, path)
		return nil
	})
	set.BoolVar(&f.otherImage, "other-image", false, "join -vulns reports of another image, too")
	set.Func("packages", "a `place` with the distribution's index of packages, a directory (/var/lib/apt/lists, a mirror) or the URL of a mirror: outdated packages are counted, and what has a fix is known; may be given several times", func(place string) error {
		if place == "" {
			return errors.New("no directory and no URL")
		}
		f.packages = append(f.packages, place)
		return nil
	})
	set.Func("newer", "`TAG[=REFERENCE]`: the tag of an ancestor, whose image of today is read: what has the fixes is then known; may be given several times", f.addNewer)
	set.StringVar(&f.platform, "platform", "", "which image of an index, such as `linux/arm64`; arm64 alone is one of linux")
	set.StringVar(&f.localRedirects, "local-redirects", "", "`hosts` of the local network, with commas between them, to which a registry may redirect")
	set.BoolVar(&f.version, "version", false, "print the version, and read no image")
	set.BoolVar(&f.insecure, "insecure", false, "allow plain HTTP and unverified TLS for any registry")
	references, err := arguments.Parse(set, args)
	switch {
	case err == flag.ErrHelp:
		return f, 0, false
	case err != nil:
		return f, 2, false
	case len(references) > 1:
		fmt.Fprintf(stderr, "tree: one reference at most, and not %q, too; tree -h lists the flags\n", references[1])
		return f, 2, false
	case slices.Contains(references, ""): // tree "$IMAGE" is not meant for the sample
		fmt.Fprintln(stderr, "tree: the reference is empty")
		return f, 2, false
	}
	if err := f.check(len(references), out); err != nil {
		fmt.Fprintln(stderr, "tree:", err)
		return f, 2, false
	}
	if err := f.settleOutputs(out); err != nil {
		fmt.Fprintln(stderr, "tree:", err)
		return f, 2, false
	}
	if len(references) > 0 {
		f.reference = references[0]
	}
	return f, 0, true
}

// settleOutputs completes the formats: with that of -json, and the file of -o.
func (f *flags) settleOutputs(out string) error {
	if f.json {
		if err := f.outputs.Set("json"); err != nil {
			return err
		}
	}
	return f.outputs.Settle(out)
}

// check refuses flags that would be without effect.
func (f *flags) check(references int, out string) error {
	for _, misuse := range []struct {
		is   bool
		says string
	}{
		{f.liveHosts != "" && !f.live, "-live-hosts is for -live"},
		{f.livePackages && (!f.live || f.chain), "-live-packages is for -live, without -chain: that reads no packages"},
		{f.otherImage && len(f.vulns) == 0, "-other-image is for -vulns"},
		{f.platform != "" && references == 0 && !f.update, "-platform is for a reference: the sample has one platform"},
		{f.width < 0, "-width: less than 0"},
		{(f.rules || f.version) && (references > 0 || f.json || out != "" || f.outputs.Asked()), "-rules and -version read no image, and write text alone"},
	} {
		if misuse.is {
			return errors.New(misuse.says)
		}
	}
	return nil
}
