package source

import v1 "github.com/google/go-containerregistry/pkg/v1"

// Described returns what the manifest says of the layer's blob, without opening
// that; false if no manifest describes it.
func (l *layer) Described() (v1.Descriptor, bool) {
	if l.desc == nil {
		return v1.Descriptor{}, false
	}
	return *l.desc, true
}
