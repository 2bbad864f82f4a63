package syft

import (
	"github.com/anchore/syft/syft/cataloging/pkgcataloging"
	"github.com/anchore/syft/syft/pkg"
	"github.com/anchore/syft/syft/pkg/cataloger/ai"
	"github.com/anchore/syft/syft/pkg/cataloger/alpine"
	"github.com/anchore/syft/syft/pkg/cataloger/apple"
	"github.com/anchore/syft/syft/pkg/cataloger/arch"
	"github.com/anchore/syft/syft/pkg/cataloger/binary"
	"github.com/anchore/syft/syft/pkg/cataloger/bitnami"
	"github.com/anchore/syft/syft/pkg/cataloger/conda"
	"github.com/anchore/syft/syft/pkg/cataloger/cpp"
	"github.com/anchore/syft/syft/pkg/cataloger/debian"
	"github.com/anchore/syft/syft/pkg/cataloger/dotnet"
	"github.com/anchore/syft/syft/pkg/cataloger/gentoo"
	"github.com/anchore/syft/syft/pkg/cataloger/golang"
	"github.com/anchore/syft/syft/pkg/cataloger/homebrew"
	"github.com/anchore/syft/syft/pkg/cataloger/java"
	"github.com/anchore/syft/syft/pkg/cataloger/javascript"
	"github.com/anchore/syft/syft/pkg/cataloger/kernel"
	"github.com/anchore/syft/syft/pkg/cataloger/lua"
	"github.com/anchore/syft/syft/pkg/cataloger/nix"
	"github.com/anchore/syft/syft/pkg/cataloger/perl"
	"github.com/anchore/syft/syft/pkg/cataloger/php"
	"github.com/anchore/syft/syft/pkg/cataloger/python"
	"github.com/anchore/syft/syft/pkg/cataloger/r"
	"github.com/anchore/syft/syft/pkg/cataloger/redhat"
	"github.com/anchore/syft/syft/pkg/cataloger/ruby"
	"github.com/anchore/syft/syft/pkg/cataloger/rust"
	"github.com/anchore/syft/syft/pkg/cataloger/snap"
	"github.com/anchore/syft/syft/pkg/cataloger/wordpress"
)

// Mode says which files a cataloger must see together.
type Mode uint8

// The modes; see the package documentation.
const (
	Alone Mode = iota
	Files
	Whole
)

// A Cataloger is one of Syft's, and how it is run.
type Cataloger struct {
	Name string
	Mode Mode
	// Globs and MIME are what it asks the resolver for.
	Globs []string
	MIME  []string
	// Database is true when its files are databases of a distribution's packages:
	// they are rewritten whole, and the package URLs in them name the distribution.
	Database bool
	// OnRequest is true for those that Syft, too, runs on an image only when they
	// are asked for by name.
	OnRequest bool

	cataloger pkg.Cataloger
	only      func(path string) bool // nil: all that match
	cpes      *cpeMaker              // nil: none are made
	mark      string                 // bytes of every file in which there is something to find
}

// allCatalogers lists the catalogers that Syft runs on an image, in Syft's order within
// each mode. A test compares the list to Syft's own selection.
func allCatalogers() []*Cataloger {
	cfg := pkgcataloging.DefaultConfig()
	database := func(c pkg.Cataloger) *Cataloger { return &Cataloger{cataloger: c, Mode: Files, Database: true} }
	files := func(c pkg.Cataloger) *Cataloger { return &Cataloger{cataloger: c, Mode: Files} }
	whole := func(c pkg.Cataloger) *Cataloger { return &Cataloger{cataloger: c, Mode: Whole} }
	alone := func(c pkg.Cataloger) *Cataloger { return &Cataloger{cataloger: c, Mode: Alone} }

	classifier := alone(binary.NewClassifierCataloger(cfg.Binary))
	classifier.only = func(p string) bool { return !needsNeighbours(p) }
	neighbours := whole(binary.NewClassifierCataloger(cfg.Binary))
	neighbours.only = needsNeighbours

	// Conda is installed software, and Syft's list of tags for it lacks the one for
	// images. To find what Syft finds, it is left to the user.
	onRequest := files(conda.NewCondaMetaCataloger())
	onRequest.OnRequest = true

	// It wants a symbol __svm_version_info, and to list all symbols of all libraries
	// takes longer than all else that is done with them. That part of the name starts
	// with a byte that is rare in programs, which makes it quick to look for.
	native := alone(java.NewNativeImageCataloger())
	native.mark = "vm_version_info"

	return []*Cataloger{
		database(arch.NewDBCataloger()),
		database(alpine.NewDBCataloger()),
		database(debian.NewDBCataloger()),
		database(gentoo.NewPortageCataloger()),
		database(redhat.NewDBCataloger()),

		files(cpp.NewConanInfoCataloger()),
		files(javascript.NewPackageCataloger()),
		files(php.NewComposerInstalledCataloger()),
		files(r.NewPackageCataloger()),
		files(ruby.NewInstalledGemSpecCataloger()),
		files(php.NewPearCataloger()),
		files(dotnet.NewDotnetPackagesLockCataloger()),
		files(python.NewInstalledPackageCataloger()),
		files(lua.NewPackageCataloger()),
		files(perl.NewCpanInstalledCataloger()),
		files(java.NewJvmDistributionCataloger()),
		files(bitnami.NewCataloger()),
		files(homebrew.NewCataloger()),
		files(apple.NewAppBundleCataloger()),
		onRequest,
		files(snap.NewCataloger()),

		whole(nix.NewCataloger(cfg.Nix)),
		whole(dotnet.NewDotnetDepsBinaryCataloger(cfg.Dotnet)),
		whole(wordpress.NewWordpressPluginCataloger()),
		neighbours,

		alone(rust.NewAuditBinaryCataloger()),
		alone(golang.NewGoModuleBinaryCataloger(cfg.Golang)),
		alone(java.NewArchiveCataloger(cfg.JavaArchive)),
		native,
		classifier,
		alone(binary.NewELFPackageCataloger()),
		alone(binary.NewPEPackageCataloger()),
		alone(kernel.NewLinuxKernelCataloger(cfg.LinuxKernel)),
		alone(php.NewInterpreterCataloger()),
		alone(ai.NewGGUFCataloger()),
		alone(ai.NewSafeTensorsCataloger()),
	}
}
