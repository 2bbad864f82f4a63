package syft

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"

	gosync "github.com/anchore/go-sync"
	root "github.com/anchore/syft/syft"
	"github.com/anchore/syft/syft/artifact"
	"github.com/anchore/syft/syft/cataloging"
	"github.com/anchore/syft/syft/cataloging/pkgcataloging"
	"github.com/anchore/syft/syft/file"
	"github.com/anchore/syft/syft/pkg"
	"github.com/anchore/syft/syft/source"

	"github.com/stemma-go/stemma/internal/panics"

	_ "modernc.org/sqlite" // the driver with which Syft reads rpm's and Nix' databases
)

// Parallel returns a context in which catalogers parse in at most n goroutines, all
// that are run in it together; 0 parses in the caller's.
func Parallel(ctx context.Context, n int) context.Context {
	ctx = gosync.SetContextExecutor(ctx, cataloging.ExecutorFile, gosync.NewExecutor(n))
	return gosync.SetContextExecutor(ctx, cataloging.ExecutorCPU, gosync.NewExecutor(n))
}

// run runs a cataloger. ctx is of Parallel.
func run(ctx context.Context, c *Cataloger, r file.Resolver) ([]pkg.Package, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = lazyLicenses{ctx}
	pkgs, err := catalog(ctx, c.cataloger, r)
	if err != nil && strings.Contains(err.Error(), "no temp dir factory in context") {
		pkgs, err = withTempDir(ctx, c.cataloger, r)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return pkgs, err
}

func catalog(ctx context.Context, c pkg.Cataloger, r file.Resolver) (pkgs []pkg.Package, err error) {
	err = panics.Catch(func() (err error) {
		pkgs, _, err = c.Catalog(ctx, r)
		return err
	})
	return pkgs, err
}

// withTempDir runs a cataloger in the only way in which Syft lends it a directory
// for temporary files: inside CreateSBOM, which deletes it afterwards. Syft's
// parsers of jars, rpm databases, compressed kernel modules and UPX-packed
// binaries work on a file that they write there first.
func withTempDir(ctx context.Context, c pkg.Cataloger, r file.Resolver) ([]pkg.Package, error) {
	in := &capture{cataloger: c}
	cfg := root.DefaultCreateSBOMConfig().
		WithoutCatalogers().
		WithoutFiles().
		WithRelationshipsConfig(cataloging.RelationshipsConfig{}).
		WithUnknownsConfig(cataloging.UnknownsConfig{}).
		WithParallelism(1).
		WithCatalogers(pkgcataloging.NewCatalogerReference(in, []string{pkgcataloging.ImageTag}))
	if _, err := root.CreateSBOM(ctx, resolverSource{resolver: r}, cfg); err != nil && in.err == nil {
		return nil, err
	}
	return in.pkgs, in.err
}

// capture is a cataloger that keeps what another one finds, and reports nothing.
type capture struct {
	cataloger pkg.Cataloger
	pkgs      []pkg.Package
	err       error
}

func (i *capture) Name() string { return i.cataloger.Name() }

func (i *capture) Catalog(ctx context.Context, r file.Resolver) ([]pkg.Package, []artifact.Relationship, error) {
	i.pkgs, i.err = catalog(ctx, i.cataloger, r)
	return nil, nil, nil
}

// resolverSource is a Syft source that is nothing but a resolver.
type resolverSource struct{ resolver file.Resolver }

func (s resolverSource) ID() artifact.ID                                  { return "image" }
func (s resolverSource) FileResolver(source.Scope) (file.Resolver, error) { return s.resolver, nil }
func (s resolverSource) Close() error                                     { return nil }

func (s resolverSource) Describe() source.Description {
	return source.Description{ID: "image", Metadata: source.ImageMetadata{}}
}

// lazyLicenses gives Syft its license scanner when, and only when, a parser asks
// for it: making one takes a second, and a parser that finds none in its context
// makes one for each license. Nearly no image has a package whose license field
// holds a whole license text, which is what the scanner is asked about.
type lazyLicenses struct{ context.Context }

// licenseScanner makes a context that holds the scanner and nothing else, once for all
// images of a program: it is the same for all, and is only read.
var licenseScanner = sync.OnceValue(func() context.Context {
	ctx, err := root.SetContextLicenseScanner(context.Background(), cataloging.DefaultLicenseConfig())
	if err != nil {
		return context.Background()
	}
	return ctx
})

func (l lazyLicenses) Value(key any) any {
	if v := l.Context.Value(key); v != nil {
		return v
	}
	if t := reflect.TypeOf(key); t == nil || !strings.HasSuffix(t.PkgPath(), "syft/internal/licenses") {
		return nil
	}
	return licenseScanner().Value(key)
}

// A Problem is one thing that a cataloger could not read. Path is "" if it names
// no file.
type Problem struct {
	Path string
	Err  error
}

// Problems takes a cataloger's error, which joins those of many files, apart.
// Findings that are no failures (an archive that is no Java archive) are left out.
func Problems(err error) []Problem {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []Problem
		for _, e := range many.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	if p, ok := errors.AsType[gosync.PanicError](err); ok { // its text is the whole stack
		return []Problem{{Err: panics.New(p.Value, []byte(p.Stack))}}
	}
	text := err.Error()
	for _, harmless := range []string{"no package identified in archive", "no packages identified in archive"} {
		if strings.Contains(text, harmless) {
			return nil
		}
	}
	if at, reason, ok := positioned(err); ok {
		return []Problem{{Path: relative(at), Err: reason}}
	}
	// Syft writes "/path: reason"; the reason is worded for people, the path is
	// ours to say.
	if file, reason, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(file, "/") {
		return []Problem{{Path: relative(file), Err: errors.New(reason)}}
	}
	return []Problem{{Err: err}}
}

// positioned takes Syft's error of a file apart, whose type is internal to Syft; its
// text can't tell where a path ends that has a colon in it.
func positioned(err error) (at string, reason error, ok bool) {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct || !strings.HasSuffix(v.Type().PkgPath(), "syft/internal/unknown") {
		return "", nil, false
	}
	where, why := v.FieldByName("Coordinates"), v.FieldByName("Reason")
	if !where.IsValid() || !why.IsValid() {
		return "", nil, false
	}
	c, isFile := where.Interface().(file.Coordinates)
	reason, isErr := why.Interface().(error)
	return c.RealPath, reason, isFile && isErr
}
