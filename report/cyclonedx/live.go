package cyclonedx

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report/internal/sbom"
)

// addLive says what a registry said of an ancestor, a property for each fact; nothing where
// none was asked.
func addLive(props *properties, l *ancestry.Live) {
	if l == nil {
		return
	}
	props.add("stemma:live", l.State)
	props.add("stemma:live:name", l.Name)
	props.add("stemma:live:why", l.Why)
	if !l.Since.IsZero() {
		props.add("stemma:live:since", sbom.Time(l.Since))
	}
	if l.Now != nil && l.Now.Digest != (v1.Hash{}) {
		props.add("stemma:live:digest", l.Now.Digest.String())
	}
	if d := l.Difference; d != nil {
		props.number("stemma:live:layers", int64(d.Layers))
		props.number("stemma:live:bytes", d.Bytes)
		if d.Packages != nil {
			props.number("stemma:live:packages", int64(*d.Packages))
		}
	}
	if !l.EndOfLife.IsZero() {
		props.add("stemma:endOfLife", l.EndOfLife.UTC().Format(time.DateOnly))
	}
	props.add("stemma:endOfLife:unknown", l.NoEndOfLife)
}
