package syft

import (
	"sync"

	"github.com/anchore/syft/syft/cpe"
	"github.com/anchore/syft/syft/pkg"
	common "github.com/anchore/syft/syft/pkg/cataloger/common/cpe"
)

// A cpeMaker makes CPEs as Syft does. It keeps those of a distribution's packages:
// every layer that touches the database has nearly all of them once more.
type cpeMaker struct {
	mu    sync.Mutex
	known map[cpeSeed][]string
}

// cpeSeed is what the CPEs of a distribution's package are made of.
type cpeSeed struct {
	kind          pkg.Type
	name, version string
	about         string
}

func newCPEMaker() *cpeMaker { return &cpeMaker{known: map[cpeSeed][]string{}} }

// of returns those that a cataloger has already, which come from a table of known
// programs or from the package itself, and else those that are made. A nil maker makes none.
func (m *cpeMaker) of(p *pkg.Package) []string {
	for _, c := range p.CPEs {
		if c.Source != cpe.GeneratedSource {
			return cpeStrings(p.CPEs)
		}
	}
	if m == nil {
		return nil
	}
	seed, ok := seedOf(p)
	if !ok {
		return makeCPEs(*p)
	}
	m.mu.Lock()
	made, known := m.known[seed]
	m.mu.Unlock()
	if known {
		return made
	}
	made = makeCPEs(*p)
	m.mu.Lock()
	m.known[seed] = made
	m.mu.Unlock()
	return made
}

// seedOf reports false for packages of languages, each of which is parsed once.
func seedOf(p *pkg.Package) (cpeSeed, bool) {
	seed := cpeSeed{kind: p.Type, name: p.Name, version: p.Version}
	switch m := p.Metadata.(type) {
	case pkg.DpkgDBEntry, pkg.AlpmDBEntry, pkg.PortageEntry:
	case pkg.RpmDBEntry:
		seed.about = m.Vendor
	case pkg.ApkDBEntry:
		seed.about = m.URL + "\x00" + m.OriginPackage + "\x00" + m.Maintainer
	default:
		return seed, false
	}
	return seed, true
}

// makeCPEs finds the package in Syft's dictionary, or makes up what it may be called.
func makeCPEs(p pkg.Package) (made []string) {
	defer func() {
		if recover() != nil { // of a hostile name, there are none
			made = nil
		}
	}()
	if found, ok := common.DictionaryFind(p); ok {
		return cpeStrings(append(p.CPEs, found...))
	}
	return cpeStrings(append(p.CPEs, common.Generate(p)...))
}

func cpeStrings(cpes []cpe.CPE) []string {
	if len(cpes) == 0 {
		return nil
	}
	all := make([]string, len(cpes))
	for i, c := range cpes {
		all[i] = c.Attributes.String()
	}
	return all
}
