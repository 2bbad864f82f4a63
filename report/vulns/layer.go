package vulns

import (
	"github.com/stemma-go/stemma/layers"
)

// layerOf returns the layer that a scanner names, layers.None where it names none or one
// that the image does not have, with the reason. of is the report that the scanner made. A
// diffID may occur several times; then the layer is known if all of them belong to one
// ancestor.
func (t *target) layerOf(ref layerRef, of identity) (layer int, why string) {
	diffIDs := t.diffIDs
	if diffIDs == nil && of.config != nil && t.sameHistory(of) {
		for _, h := range of.config.RootFS.DiffIDs {
			diffIDs = append(diffIDs, h.String())
		}
	}
	diffID := ref.diffID
	if ref.entry > 0 {
		if ref.entry > len(of.entries) {
			return layers.None, "the report names a history entry that it does not list"
		}
		diffID = of.entries[ref.entry-1]
	}
	switch {
	case diffID == "" && ref.blob == "" && ref.why != "":
		return layers.None, ref.why
	case diffID == "" && ref.blob == "":
		return layers.None, "the report names no layer"
	case diffID == "" && len(t.blobs) == 0:
		return layers.None, "the report names the layer by the digest of its blob, and the layers were not read"
	case diffID == "":
		if l, ok := t.blobs[ref.blob]; ok {
			return l, ""
		}
		return layers.None, "the image does not have the layer that the report names"
	case diffIDs == nil:
		return layers.None, "the report names a layer by its diffID, and the image's are not known"
	}
	found := layers.None
	for i, d := range diffIDs {
		switch {
		case d != diffID:
		case found == layers.None:
			found = i
		case t.report.AncestorOf(found) != t.report.AncestorOf(i):
			return layers.None, "the layer that the report names occurs in two ancestors"
		}
	}
	if found == layers.None {
		return layers.None, "the image does not have the layer that the report names"
	}
	return found, ""
}

func (t *target) sameHistory(of identity) bool {
	same, _ := t.compare(identity{config: of.config})
	return same != ""
}
