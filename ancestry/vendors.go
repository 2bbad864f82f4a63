package ancestry

import (
	"path"
	"strings"

	"github.com/stemma-go/stemma/layers/history"
)

// The host names under which vendors publish their images.
const (
	redHatRegistry     = "registry.access.redhat.com/"
	chainguardRegistry = "cgr.dev/chainguard/"
)

// redHat reads the labels that Red Hat's build system sets: name=ubi9/ubi-minimal
// version=9.4 release=1227 com.redhat.component=ubi9-minimal-container.
func redHat(set map[string]string) (Name, string, bool) {
	name := set["name"]
	if set["com.redhat.component"] == "" || name == "" || !strings.HasPrefix(set["vendor"], "Red Hat") {
		return Name{}, "", false
	}
	n, ok := ParseName(redHatRegistry + strings.TrimPrefix(name, redHatRegistry))
	if !ok {
		return Name{}, "", false
	}
	version, release := set["version"], set["release"]
	if version != "" && release != "" {
		n.Tags = compact(version+"-"+release, version)
	} else {
		n.Tags = compact(version)
	}
	return n, "com.redhat.component", true
}

// bitnami reads Bitnami's labels, where ref.name is the tag and title the
// repository's last part.
func bitnami(set map[string]string) (Name, string, bool) {
	vendor := set[labelVendor]
	ours := strings.Contains(set[labelBaseName], "bitnami/minideb") &&
		(strings.HasPrefix(vendor, "VMware") || strings.HasPrefix(vendor, "Broadcom") || strings.HasPrefix(vendor, "Bitnami"))
	if !ours {
		return Name{}, "", false
	}
	n, ok := ParseName("bitnami/" + set[labelTitle])
	if !ok || len(n.Tags) > 0 {
		return Name{}, "", false
	}
	n.Tags = compact(set[labelRefName], set[labelVersion])
	return n, labelTitle, true
}

// chainguard reads the labels of Chainguard's images: the directory of their
// source, or the page about them, has the name.
func chainguard(set map[string]string) (Name, string, bool) {
	for _, l := range [...]struct{ key, prefix string }{
		{labelSource, "https://github.com/chainguard-images/images/tree/main/images/"},
		{labelURL, "https://images.chainguard.dev/directory/image/"},
	} {
		rest, ok := strings.CutPrefix(set[l.key], l.prefix)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		if n, ok := ParseName(chainguardRegistry + name); ok && name != "" && len(n.Tags) == 0 {
			return n, l.key, true
		}
	}
	return Name{}, "", false
}

// vendorSpan returns the ancestor that a vendor's labels, which no step explains,
// speak for: apko's own, or the root if it is one of Red Hat's base images.
// history.None if there is none such.
func vendorSpan(q *Query, out []Ancestor, n Name) int {
	switch {
	case strings.HasPrefix(n.Repository, chainguardRegistry):
		for i, a := range out {
			if q.Steps[a.Steps.From].Instruction.Builder == history.BuilderApko {
				return i
			}
		}
	case strings.HasPrefix(n.Repository, redHatRegistry):
		if base := path.Base(n.Repository); strings.HasPrefix(base, "ubi") || strings.HasPrefix(base, "rhel") {
			return 0
		}
	}
	return history.None
}
