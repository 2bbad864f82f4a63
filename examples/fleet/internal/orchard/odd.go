package orchard

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// plantOdd makes a Helm chart, which registries keep like images, and a damaged image.
func (o *Orchard) plantOdd() error {
	chart := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), "application/vnd.cncf.helm.config.v1+json")
	chart, err := mutate.AppendLayers(chart, static.NewLayer([]byte("a chart"), "application/vnd.cncf.helm.chart.content.v1.tar+gzip"))
	if err != nil {
		return err
	}
	damaged := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	damaged, err = mutate.Append(damaged, mutate.Addendum{
		Layer: static.NewLayer([]byte("no archive"), types.OCILayer), History: v1.History{CreatedBy: "COPY app /srv # buildkit", Comment: "buildkit.dockerfile.v0"},
	})
	if err != nil {
		return err
	}
	o.Odd = []Odd{{Repository: "stock/chart", Tag: "1", Image: chart}, {Repository: "media/damaged", Tag: "1", Image: damaged, Damaged: true}}
	for i := range o.Odd {
		if o.Odd[i].Digest, err = o.Odd[i].Image.Digest(); err != nil {
			return err
		}
	}
	return nil
}
