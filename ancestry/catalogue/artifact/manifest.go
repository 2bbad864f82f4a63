package artifact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
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

// A Part is a further catalogue in an artifact: of images of another publisher.
type Part struct {
	Name      string // its own among the parts: "dotnet+versions"
	File      []byte
	Catalogue *catalogue.Catalogue // of File
}

const (
	mainTitle = "catalogue"
	extension = ".stemma"
	maxParts  = 256
)

// partName is what a part can be called: a file can, too.
var partName = regexp.MustCompile(`\A[A-Za-z0-9][A-Za-z0-9+._-]{0,127}\z`)

// checkNames returns an error if names are none, or not each part's own.
func checkNames(names []string) error {
	seen := map[string]bool{mainTitle: true}
	for _, n := range names {
		if !partName.MatchString(n) || seen[n] {
			return fmt.Errorf("%.80q is no name of a part, or that of two", n)
		}
		seen[n] = true
	}
	if len(names) > maxParts {
		return fmt.Errorf("%d parts are too many", len(names))
	}
	return nil
}

// newManifest describes a catalogue file, and parts sorted by name.
func newManifest(file []byte, c *catalogue.Catalogue, parts []Part) ([]byte, error) {
	d, err := describe([]byte(empty), emptyType)
	if err != nil {
		return nil, err
	}
	d.Data = []byte(empty)
	layer, err := describe(file, MediaType)
	if err != nil {
		return nil, err
	}
	layer.Annotations = map[string]string{title: mainTitle + extension}
	layers := []v1.Descriptor{layer}
	var names []string
	for _, p := range parts {
		if layer, err = describe(p.File, MediaType); err != nil {
			return nil, err
		}
		layer.Annotations = map[string]string{title: p.Name + extension, created: p.Catalogue.Day().Format(time.RFC3339), annotationSource: p.Catalogue.Source()}
		layers, names = append(layers, layer), append(names, p.Name)
	}
	if err := checkNames(names); err != nil {
		return nil, err
	}
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: MediaType, Config: d, Layers: layers,
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

// filesOf returns the descriptors of the catalogue file and of the parts, and the parts' names.
func filesOf(m *v1.Manifest) (main v1.Descriptor, parts []v1.Descriptor, names []string, err error) {
	var files []v1.Descriptor
	other := ""
	for _, l := range m.Layers {
		if l.MediaType == MediaType {
			files = append(files, l)
		} else if v, ok := strings.CutPrefix(string(l.MediaType), mediaTypePrefix); ok {
			other = v
		}
	}
	if len(files) == 0 && other != "" {
		return main, nil, nil, fmt.Errorf("%w: it has format %.20q, and this program reads %s", ErrNoCatalogue, other, FormatVersion)
	}
	if len(files) == 0 {
		return main, nil, nil, ErrNoCatalogue
	}
	for i, f := range files {
		if f.Digest.Algorithm != "sha256" {
			return main, nil, nil, fmt.Errorf("%w: its digest is no SHA-256", ErrNoCatalogue)
		}
		if i > 0 {
			names = append(names, strings.TrimSuffix(f.Annotations[title], extension))
		}
	}
	return files[0], files[1:], names, checkNames(names)
}

// check compares annotations with the file: what tools show must be true.
func check(annotations map[string]string, size int64, c *catalogue.Catalogue) error {
	for key, is := range map[string]string{created: c.Day().Format(time.RFC3339), annotationSize: strconv.FormatInt(size, 10), annotationSource: c.Source()} {
		if says, ok := annotations[key]; ok && says != is {
			return fmt.Errorf("its annotation %s is %.80q, but the file says %.80q", key, says, is)
		}
	}
	return nil
}

// open opens a catalogue file that is in memory. One of the future is refused: no other
// would be newer for as long, and it would stay. A day is for clocks that differ.
func open(file []byte) (*catalogue.Catalogue, error) {
	c, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
	if err == nil && c.Day().After(time.Now().Add(24*time.Hour)) {
		return nil, fmt.Errorf("its newest fact is of %s, which is in the future", c.Day().Format(time.DateOnly))
	}
	return c, err
}
