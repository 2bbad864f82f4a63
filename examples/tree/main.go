// Tree prints the family tree of a container image.
//
//	tree [flags] [REFERENCE]
//
// REFERENCE is a docker-archive file, an OCI layout or archive, an image in a
// registry (ubuntu:24.04) or, as docker:NAME, in the Docker daemon; see package
// layers/source. Without one, the sample image that comes with the module is
// shown, and its Dockerfiles are the catalogue. With -rules, what the rules look for
// is listed instead.
//
// It prints the first screen: the chain, and what to do first. With -v it prints the whole
// tree. -format writes other formats, several at once if need be:
//
//	tree -format text -format json=report.json app.tar
//
// Ancestors are named by the genealogy that ships with this program, until -update fetches a
// newer one, which is kept in the user's cache directory and used from then on. Without
// -update nobody is asked.
//
//	tree -update                                       # fetch the newest genealogy
//	tree -update -genealogy registry.example.com/genealogy:2 app.tar
//	tree -catalogue own.stemma app.tar                 # and one's own images
//
// With -vulns, once or several times, scanners' reports of the same image are joined to it, so
// that each vulnerability has its ancestor:
//
//	trivy image -f json -o trivy.json app:1 && tree -vulns trivy.json app:1
//
// With -packages, too, outdated packages are counted for each ancestor, and it is known which
// fixes the distribution has; with -newer, which of the ancestors have them by now, and so who
// holds them:
//
//	tree -vulns trivy.json -packages /var/lib/apt/lists -newer python:3.8-bullseye app:1
//
// With -live, registries are asked whether the ancestors' tags still point to what is in the
// image; with -live-packages, too, the packages are counted in which the root differs:
//
//	tree -live -live-packages app:1
//
// The exit code is 0 if the image could be read, 1 if it could not, or a file not be
// written, 2 if the command was wrong, and 3 if only a part of it could be read.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry/catalogue/lines"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/progress"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/report/text"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, code, ok := parse(args, stderr)
	if !ok {
		return code
	}
	if f.version {
		fmt.Fprintln(stdout, "tree", version())
		return 0
	}
	if f.rules {
		if err := text.WriteRules(stdout, rules.All(), &text.Options{Width: f.width}); err != nil {
			fmt.Fprintln(stderr, "tree:", err)
			return 1
		}
		return 0
	}
	if f.update && f.reference == "" {
		return f.updateOnly(ctx, stdout, stderr)
	}
	rep, err := f.readAndWrite(ctx, stdout, stderr)
	switch {
	case err != nil && ctx.Err() != nil:
		fmt.Fprintln(stderr, "tree: interrupted")
		return 1
	case err != nil:
		fmt.Fprintln(stderr, "tree:", err)
		return 1
	case rep.Partial:
		return 3
	}
	return 0
}

// readAndWrite reads the image once, and writes it in every format.
func (f *flags) readAndWrite(ctx context.Context, stdout, stderr io.Writer) (*report.Report, error) {
	defer f.outputs.Close()
	if err := f.outputs.Open(); err != nil {
		return nil, err
	}
	if f.dockerfile != "" {
		var err error
		if f.instructions, err = os.ReadFile(f.dockerfile); err != nil {
			return nil, fmt.Errorf("-dockerfile: %w", err)
		}
	}
	if err := f.readVulns(); err != nil {
		return nil, err
	}
	rep, err := f.analyze(ctx, stderr)
	if err != nil {
		return nil, err
	}
	if f.dockerfile != "" {
		if f.lines, err = lines.Find(filepath.ToSlash(f.dockerfile), f.instructions, rep.Steps(), nil); err != nil {
			return nil, err
		}
	}
	return rep, f.outputs.Write(stdout, result{rep, f})
}

// version returns the version of the module, as the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "of an unknown version"
	}
	return info.Main.Version
}

// analyze reads the image, with a line on stderr if that takes long.
func (f *flags) analyze(ctx context.Context, stderr io.Writer) (*report.Report, error) {
	line := progress.New(stderr)
	defer line.Done()
	opts := &stemma.Options{Rules: rules.All(), Provenance: f.provenanceOptions()}
	opts.Layers.Progress = line.Update
	opts.Packages.CPEs = f.outputs.Asked("cyclonedx", "spdx")
	img, err := f.open(ctx, opts, stderr, line.Waiting)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	if err := f.addCatalogues(ctx, opts, stderr, line.Waiting); err != nil {
		return nil, err
	}
	if f.dockerfile != "" { // COPY --from in it names donors
		opts.Catalogues = append(opts.Catalogues, lines.Source(filepath.ToSlash(f.dockerfile), f.instructions, nil))
	}
	defer f.askLive(opts, line.Waiting).Close()
	return f.report(ctx, img, opts)
}
