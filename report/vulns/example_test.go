package vulns_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
)

const example = `{
  "SchemaVersion": 2, "ArtifactName": "shop:1", "ArtifactType": "container_image",
  "Metadata": {
    "DiffIDs": ["sha256:` + baseLayer + `", "sha256:` + appLayer + `"],
    "ImageConfig": {
      "history": [
        {"created": "2026-09-01T00:00:00Z", "created_by": "ADD rootfs.tar / # buildkit", "comment": "buildkit.dockerfile.v0"},
        {"created": "2026-09-01T00:00:00Z", "created_by": "CMD [\"bash\"]", "comment": "buildkit.dockerfile.v0", "empty_layer": true},
        {"created": "2026-10-01T00:00:00Z", "created_by": "/bin/sh -c #(nop) COPY dir:0 in /app ", "comment": "FROM registry.example.org/base:12"}
      ],
      "rootfs": {"type": "layers", "diff_ids": ["sha256:` + baseLayer + `", "sha256:` + appLayer + `"]}
    }
  },
  "Results": [{"Target": "shop:1 (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [
    {"VulnerabilityID": "CVE-2026-0001", "PkgName": "libssl3", "InstalledVersion": "3.0.1-1", "FixedVersion": "3.0.1-2", "Severity": "HIGH",
     "Layer": {"DiffID": "sha256:` + baseLayer + `"}}
  ]}]
}`

const (
	baseLayer = "1111111111111111111111111111111111111111111111111111111111111111"
	appLayer  = "2222222222222222222222222222222222222222222222222222222222222222"
)

// A report of Trivy's or Grype's has the image's configuration, so the chain can be told
// without the image. The packages are not known then, and the layers are the scanner's word.
func Example() {
	d, err := vulns.Read(strings.NewReader(example), "trivy.json")
	if err != nil {
		panic(err)
	}
	lineage, err := ancestry.Resolve(context.Background(), configuration{d.Config()}, nil)
	if err != nil {
		panic(err)
	}
	r := report.New(nil, lineage, nil, nil)
	if r.Vulnerabilities, err = vulns.Join(r, []*vulns.Document{d}, nil); err != nil {
		panic(err)
	}
	for _, v := range r.Vulnerabilities.List {
		fmt.Printf("%s %s in %s, from %s, fixed in %s\n", v.Rating, v.ID, v.Name, r.NameOf(v.Ancestor), v.Fixed)
	}
	// Output: high CVE-2026-0001 in libssl3, from registry.example.org/base:12, fixed in [3.0.1-2]
}

type configuration struct{ file *v1.ConfigFile }

func (c configuration) ConfigFile() (*v1.ConfigFile, error) { return c.file, nil }

// A report of another image is refused.
func ExampleJoin() {
	d, err := vulns.Read(strings.NewReader(example), "trivy.json")
	if err != nil {
		panic(err)
	}
	r := report.New(nil, nil, nil, nil)
	other := &v1.ConfigFile{RootFS: v1.RootFS{DiffIDs: []v1.Hash{{Algorithm: "sha256", Hex: appLayer}}}}
	_, err = vulns.Join(r, []*vulns.Document{d}, &vulns.Options{Config: other})
	fmt.Println(errors.Is(err, vulns.ErrOtherImage), err)
	// Output: true trivy.json: the scanner's report is of another image: its image has 2 layers, this one 1, and they agree in the first 0
}
