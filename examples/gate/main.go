// Gate lets an image pass, or not: an exit code for a pipeline.
//
//	gate [-policy FILE] [-vulns FILE]... [-live] [-format NAME[=FILE]]... [-dockerfile FILE] [REFERENCE]
//
// The policy is YAML; see package report/policy, and policy.yaml and team.yaml beside this
// program. What it extends is looked for below the working directory or, where the policy is
// elsewhere, below its own; so is the catalogue of its allowedBases. Without a reference it is the sample image that comes with the
// module.
//
// The exit code is 0 if the image may pass, 1 if it may not, 2 if the command
// was wrong, the image could not be opened, or the result could not be written. What nobody
// can tell, and the policy does not ask for, is told on lines that begin with UNKNOWN.
//
// Text goes to standard output, unless -format says otherwise. For a log and for the page of
// the pipeline, say both:
//
//	gate -format text -format junit=stemma.xml app.tar
//	gate -format text -format sarif=stemma.sarif -dockerfile Dockerfile app.tar
//
// With -live, registries are asked whether the ancestors' tags still point to what is in the
// image. A policy that gives the rule superseded the level serious then fails an image whose
// base has moved, and all formats that write a report have what was said.
//
// A format that writes a report (all but text and junit) gets the one that the policy leaves:
// its findings are what fails, with the levels of the policy as their severity, and what
// nobody can tell.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/lines"
	"github.com/stemma-go/stemma/ancestry/live"
	"github.com/stemma-go/stemma/examples/internal/arguments"
	"github.com/stemma-go/stemma/examples/internal/outputs"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report/policy"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/vulns"
	"github.com/stemma-go/stemma/testdata/sample"
)

//go:embed policy.yaml
var defaultPolicy embed.FS

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

const usage = `usage: gate [-policy FILE] [-vulns FILE]... [-live] [-format NAME[=FILE]]... [-dockerfile FILE] [REFERENCE]

Without a reference it is the sample image that comes with the module.

exit code: 0 it may pass, 1 it may not, 2 wrong command or no image

`

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	c := command{out: outputs.List[*verdict]{Formats: formats()}}
	flags.StringVar(&c.policy, "policy", "", "policy `file` (YAML); without it, examples/gate/policy.yaml")
	flags.StringVar(&c.dockerfile, "dockerfile", "", "the `file` that the image was built from: sarif has its lines")
	flags.Func("vulns", "a scanner's `report` of this image, or an OpenVEX document, for maxVulnerabilities; may be given several times", func(path string) error {
		d, err := vulns.Open(path)
		c.vulns = append(c.vulns, d)
		return err
	})
	flags.BoolVar(&c.live, "live", false, "ask registries whether the ancestors' tags still point to what is in the image")
	flags.StringVar(&c.liveHosts, "live-hosts", "", "the `registries` that -live may ask, with commas between them, those of the local network too; by default all but those")
	flags.Var(&c.out, "format", "write `NAME[=FILE]`: "+c.out.Names()+"; text if none is given")
	references, err := arguments.Parse(flags, args)
	switch {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case len(references) > 1:
		fmt.Fprintf(stderr, "gate: one reference at most, and not %q, too\n", references[1])
		flags.Usage()
		return 2
	case c.liveHosts != "" && !c.live:
		fmt.Fprintln(stderr, "gate: -live-hosts is for -live")
		return 2
	case slices.Contains(references, "") || empty(flags):
		// An unset variable must not mean the sample image or another policy:
		// gate -policy "$POLICY" "$IMAGE".
		fmt.Fprintln(stderr, "gate: the reference, or the value of a flag, is empty")
		flags.Usage()
		return 2
	}
	if err := c.out.Settle(""); err != nil {
		fmt.Fprintln(stderr, "gate:", err)
		flags.Usage()
		return 2
	}
	if len(references) > 0 {
		c.reference = references[0]
	}
	return gate(ctx, c, stdout, stderr)
}

// empty reports whether a flag was given without a value.
func empty(flags *flag.FlagSet) bool {
	found := false
	flags.Visit(func(f *flag.Flag) { found = found || f.Name != "format" && f.Name != "vulns" && f.Value.String() == "" })
	return found
}

// A command is what the command line says.
type command struct {
	policy, dockerfile, reference string
	out                           outputs.List[*verdict]
	vulns                         []*vulns.Document
	live                          bool
	liveHosts                     string
}

func gate(ctx context.Context, c command, stdout, stderr io.Writer) int {
	v, err := decide(ctx, c, stdout)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "gate:", err)
		return 2
	case len(v.violations) > 0:
		return 1
	}
	return 0
}

// decide writes what the policy says of the image.
func decide(ctx context.Context, c command, stdout io.Writer) (*verdict, error) {
	defer c.out.Close()
	if err := c.out.Open(); err != nil {
		return nil, err
	}
	v, err := check(ctx, c)
	if err != nil {
		return nil, err
	}
	return v, c.out.Write(stdout, v)
}

// check reads the policy and the image.
func check(ctx context.Context, c command) (*verdict, error) {
	pol, bases, err := load(c.policy)
	if err != nil {
		return nil, err
	}
	img, err := open(ctx, c.reference)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	opts := stemma.Options{Rules: rules.All(), Catalogues: bases}
	var text []byte
	if c.dockerfile != "" {
		if text, err = os.ReadFile(c.dockerfile); err != nil {
			return nil, err
		}
		opts.Catalogues = append(opts.Catalogues, lines.Source(filepath.ToSlash(c.dockerfile), text, nil)) // COPY --from
	}
	if c.live {
		documents := source.NewDocuments(nil)
		defer documents.Close()
		opts.Live = &live.Options{Registry: documents}
		if c.liveHosts != "" {
			opts.Live.Hosts = strings.Split(c.liveHosts, ",")
		}
	}
	rep, err := stemma.Analyze(ctx, img, &opts)
	if err != nil {
		return nil, err
	}
	if c.vulns != nil {
		same, err := vulns.OptionsOf(img)
		if err != nil {
			return nil, err
		}
		same.IndexDigest = img.IndexDigest
		if rep.Vulnerabilities, err = vulns.Join(rep, c.vulns, same); err != nil {
			return nil, err
		}
	}
	v := judge(pol, rep)
	if c.dockerfile != "" {
		if v.dockerfile, err = lines.Find(filepath.ToSlash(c.dockerfile), text, rep.Steps(), nil); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// load reads the policy, and the catalogue of its allowed bases.
func load(file string) (p *policy.Policy, bases []ancestry.Source, err error) {
	fsys, name := fs.FS(defaultPolicy), "policy.yaml"
	switch {
	case file == "":
	case !filepath.IsLocal(file):
		fsys, name = os.DirFS(filepath.Dir(file)), filepath.Base(file)
	default:
		root, err := os.OpenRoot(".") // links do not lead out of it
		if err != nil {
			return nil, nil, err
		}
		defer root.Close()
		fsys, name = root.FS(), filepath.ToSlash(filepath.Clean(file))
	}
	if p, err = policy.Load(fsys, name, rules.All()); err != nil {
		return nil, nil, err
	}
	bases, err = readBases(fsys, p)
	return p, bases, err
}

// open opens an image; "" is the sample.
func open(ctx context.Context, ref string) (*source.Image, error) {
	if ref != "" {
		return source.Open(ctx, ref, nil)
	}
	img, err := sample.Open()
	if err != nil {
		return nil, err
	}
	return &source.Image{Image: img, Reference: sample.Reference, Tags: []string{sample.Reference}}, nil
}
