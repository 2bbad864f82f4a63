package artifact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/stemma-go/stemma/ancestry/catalogue"
)

// FormatVersion is the version of the catalogue's format that this module reads and writes.
const FormatVersion = "2"

const (
	// MediaType is that of a catalogue file, and the type of the artifact.
	MediaType = mediaTypePrefix + FormatVersion

	annotationSource = "io.github.stemma-go.catalogue.source"
	annotationSize   = "io.github.stemma-go.catalogue.size"
	mediaTypePrefix  = "application/vnd.stemma.catalogue.v"
	created          = "org.opencontainers.image.created"
	revision         = "org.opencontainers.image.revision"
	title            = "org.opencontainers.image.title"

	emptyType = types.MediaType("application/vnd.oci.empty.v1+json")
	empty     = "{}"
)

// ErrNoCatalogue is the error for an artifact that is no catalogue, or one of another
// version of the format.
var ErrNoCatalogue = errors.New("no catalogue of this version")

// revisionOf returns the commit in what a catalogue was made from, "" if it names none.
func revisionOf(source string) string {
	_, commit, _ := strings.Cut(source, "@")
	if strings.ContainsAny(commit, " ,@") {
		return ""
	}
	return commit
}

// newManifest describes a catalogue file.
func newManifest(file []byte, c *catalogue.Catalogue) ([]byte, error) {
	d, err := describe([]byte(empty), emptyType)
	if err != nil {
		return nil, err
	}
	d.Data = []byte(empty)
	layer, err := describe(file, MediaType)
	if err != nil {
		return nil, err
	}
	layer.Annotations = map[string]string{title: "catalogue.stemma"}
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: MediaType, Config: d, Layers: []v1.Descriptor{layer},
		Annotations: map[string]string{
			created: c.Day().Format(time.RFC3339), annotationSource: c.Source(), annotationSize: strconv.Itoa(len(file)),
		},
	}
	if r := revisionOf(c.Source()); r != "" {
		m.Annotations[revision] = r
	}
	return json.Marshal(m)
}

func describe(content []byte, t types.MediaType) (v1.Descriptor, error) {
	h, n, err := v1.SHA256(bytes.NewReader(content))
	return v1.Descriptor{MediaType: t, Digest: h, Size: n}, err
}

// fileOf returns the descriptor of the catalogue file.
func fileOf(m *v1.Manifest) (v1.Descriptor, error) {
	for _, l := range m.Layers {
		if l.MediaType == MediaType {
			if l.Digest.Algorithm != "sha256" {
				return v1.Descriptor{}, fmt.Errorf("%w: its digest is no SHA-256", ErrNoCatalogue)
			}
			return l, nil
		}
	}
	for _, l := range m.Layers {
		if v, ok := strings.CutPrefix(string(l.MediaType), mediaTypePrefix); ok {
			return v1.Descriptor{}, fmt.Errorf("%w: it has format %.20q, and this program reads %s", ErrNoCatalogue, v, FormatVersion)
		}
	}
	return v1.Descriptor{}, ErrNoCatalogue
}

// check compares the annotations with the file: what tools show must be true.
func check(m *v1.Manifest, size int64, c *catalogue.Catalogue) error {
	for key, is := range map[string]string{created: c.Day().Format(time.RFC3339), annotationSize: strconv.FormatInt(size, 10), annotationSource: c.Source()} {
		if says, ok := m.Annotations[key]; ok && says != is {
			return fmt.Errorf("its annotation %s is %.80q, but the file says %.80q", key, says, is)
		}
	}
	return nil
}

// open opens a catalogue file that is in memory.
func open(file []byte) (*catalogue.Catalogue, error) {
	return catalogue.Open(bytes.NewReader(file), int64(len(file)))
}
