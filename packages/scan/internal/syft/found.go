package syft

import (
	"path"
	"slices"
	"strings"

	"github.com/anchore/syft/syft/cataloging"
	"github.com/anchore/syft/syft/pkg"

	"github.com/stemma-go/stemma/packages"
)

// Found is a package as a cataloger found it. Paths are relative to the root.
type Found struct {
	Type, Name, Version, Arch string
	PURL, Language, Source    string
	FoundBy                   string
	Licenses                  []packages.License `json:",omitempty"`
	CPEs                      []string           `json:",omitempty"`
	// Evidence are the files that prove it, links resolved, sorted.
	Evidence []string
	// Via is the path under which a database was found, if that goes through a link to
	// the file that Evidence names: "var/lib/dpkg/status". It tells whose database it is.
	Via string
	// Owned are the files that it says it owns, as it spells them; Dirs are
	// directories that are its own, all below included.
	Owned, Dirs []string
	// Binary is true when it is only guessed from a binary: Syft drops it when a
	// package of the distribution owns the binary.
	Binary bool
	// Note is true when a note in the binary itself names the package: it
	// displaces what is guessed of the same binary.
	Note bool
	// Manager is true for packages of a distribution.
	Manager bool
	// Main is true for the package that a file with several packages is: the main
	// module of a Go binary, the jar around the bundled jars, what a note says.
	Main bool
	// Together is true when it was found by a cataloger of mode Whole. Syft's binary
	// classifier is two here, of one name: one sees a file alone, one sees all.
	Together bool
}

// convert makes Founds of Syft's packages and finishes them as Syft does. cpes may be nil.
func convert(by string, pkgs []pkg.Package, cpes *cpeMaker) []Found {
	found := make([]Found, 0, len(pkgs))
	for i := range pkgs {
		p := &pkgs[i]
		if strings.TrimSpace(p.Name) == "" {
			continue
		}
		f := Found{
			Type: string(p.Type), Name: p.Name, Version: p.Version,
			PURL: p.PURL, Language: string(p.Language), FoundBy: p.FoundBy,
			Licenses: convertLicenses(p.Licenses.ToSlice()), CPEs: cpes.of(p),
		}
		if strings.TrimSpace(f.Version) == "" {
			f.Version = cataloging.UnknownStubValue
		}
		if f.FoundBy == "" {
			f.FoundBy = by
		}
		if f.Language == "" {
			f.Language = string(pkg.LanguageFromPURL(p.PURL))
		}
		f.Evidence = evidence(p)
		f.takeMetadata(p)
		if f.Manager {
			f.Via = via(p, f.Evidence)
		}
		found = append(found, f)
	}
	return found
}

func evidence(p *pkg.Package) []string {
	var primary, all []string
	for _, l := range p.Locations.ToSlice() {
		rel := relative(l.RealPath)
		all = append(all, rel)
		if l.Annotations[pkg.EvidenceAnnotationKey] == pkg.PrimaryEvidenceAnnotation {
			primary = append(primary, rel)
		}
	}
	if len(primary) == 0 {
		primary = all
	}
	slices.Sort(primary)
	return slices.Compact(primary)
}

// Database returns the path that tells whose database a package was found in, "" if
// there is none.
func (f *Found) Database() string {
	if f.Via != "" || len(f.Evidence) == 0 {
		return f.Via
	}
	return f.Evidence[0]
}

// via returns the path through a link under which the first evidence was found.
func via(p *pkg.Package, evidence []string) string {
	for _, l := range p.Locations.ToSlice() {
		if access := relative(l.AccessPath); len(evidence) > 0 && relative(l.RealPath) == evidence[0] && access != evidence[0] && access != "" {
			return access
		}
	}
	return ""
}

// relative returns the clean form of a path, taken from the root: "" for the root.
func relative(p string) string {
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return path.Clean(p)[1:]
}

// takeMetadata takes from the metadata what depends on the package system.
func (f *Found) takeMetadata(p *pkg.Package) {
	root := ""
	switch m := p.Metadata.(type) {
	case pkg.DpkgDBEntry:
		f.Arch, f.Source, f.Manager = m.Architecture, m.Source, true
	case pkg.ApkDBEntry:
		f.Arch, f.Source, f.Manager = m.Architecture, m.OriginPackage, true
	case pkg.RpmDBEntry:
		f.Arch, f.Source, f.Manager = m.Arch, m.SourceRpm, true
	case pkg.AlpmDBEntry:
		f.Arch, f.Source, f.Manager = m.Architecture, m.BasePackage, true
	case pkg.PortageEntry:
		f.Manager = true
	case pkg.PythonPackage:
		root = m.SitePackagesRootPath
	case pkg.CondaMetaPackage:
		f.Arch = m.Arch
		if len(f.Evidence) > 0 {
			root = path.Dir(path.Dir(f.Evidence[0]))
		}
	case pkg.BinarySignature, pkg.JavaVMInstallation:
		f.Binary = true
	case pkg.ELFBinaryPackageNoteJSONPayload:
		f.Binary, f.Note, f.Main = true, true, true
	case pkg.GolangBinaryBuildinfoEntry:
		f.Main = m.MainModule == p.Name
	case pkg.JavaArchive:
		inside := m.VirtualPath
		if len(f.Evidence) > 0 {
			inside = strings.TrimPrefix(inside, "/"+f.Evidence[0]) // which may have a colon itself
		}
		f.Main = !strings.Contains(inside, ":") && m.Parent == nil && m.Manifest != nil
	}
	f.Binary = f.Binary || p.Type == pkg.BinaryPkg
	if o, ok := p.Metadata.(pkg.FileOwner); ok {
		f.Owned = owned(o, root)
	}
	// What a note in a binary says it is, is in no directory of its kind.
	if len(f.Evidence) > 0 && len(f.Owned) == 0 && !f.Binary {
		if dir := packages.EcosystemOf(f.Type).OwnDirectory(f.Evidence[0], f.Name); dir != "" {
			f.Dirs = []string{dir}
		}
	}
}

func owned(o pkg.FileOwner, root string) []string {
	files := o.OwnedFiles()
	for i, p := range files {
		if root != "" && !path.IsAbs(p) {
			p = path.Join(root, p)
		}
		files[i] = relative(p)
	}
	return files
}
