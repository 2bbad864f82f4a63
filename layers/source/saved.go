package source

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const manifestJSON = "manifest.json"

// savedImage is one image of a manifest.json, the list that docker save and all
// who write archives like it put into them.
type savedImage struct {
	Config       string   // the member that is the config
	RepoTags     []string // may be missing
	Layers       []string // the members that are the layers, bottom first
	LayerSources map[string]struct {
		URLs []string `json:"urls"`
	} // by diffID; foreign layers, which are not in the archive
}

// readSaved reads manifest.json. Of an image that is listed twice the names are
// put together.
func readSaved(st store, limits Limits) ([]savedImage, error) {
	b, err := st.open(manifestJSON)
	if err != nil {
		return nil, err
	}
	raw, err := readLimited(b, limits.Manifest, manifestJSON)
	if err != nil {
		return nil, err
	}
	return parseSaved(raw, limits)
}

func parseSaved(raw []byte, limits Limits) ([]savedImage, error) {
	var entries []json.RawMessage
	if err := decodeJSON(raw, &entries); err != nil {
		return nil, explainf(because(ErrNotImage, err), "not an image: %s: %v", manifestJSON, err)
	}
	if len(entries) > limits.Images {
		return nil, explainf(because(ErrLimit), "%s lists more than %d images", manifestJSON, limits.Images)
	}
	var all []savedImage
	byConfig := map[string]int{}
	var broken error // of the first image that is none
	names := 0
	for n, entry := range entries {
		var s savedImage
		err := json.Unmarshal(entry, &s)
		if err == nil && s.Config == "" {
			err = errors.New("names no config")
		}
		if err != nil {
			broken = cmp.Or(broken, fmt.Errorf("image %d: %w", n, err))
			continue
		}
		if names += len(s.RepoTags); names > limits.names() {
			return nil, explainf(because(ErrLimit), "%s gives more than %d names", manifestJSON, limits.names())
		}
		if n, ok := byConfig[s.Config]; ok && slices.Equal(all[n].Layers, s.Layers) {
			all[n].RepoTags = append(all[n].RepoTags, s.RepoTags...)
			continue
		}
		byConfig[s.Config] = len(all)
		all = append(all, s)
	}
	switch {
	case len(all) > 0:
		return all, nil
	case broken != nil:
		return nil, explainf(because(ErrNotImage, broken), "not an image: %s: %v", manifestJSON, broken)
	}
	return nil, explainf(because(ErrNotImage), "not an image: %s lists none", manifestJSON)
}

// configDigest is the hex digest that the config's name consists of by custom:
// HEX.json, sha256:HEX, blobs/sha256/HEX. It is a name, and no claim to verify
// unless somebody asks for it.
func (s savedImage) configDigest() string {
	name := strings.TrimSuffix(path.Base(s.Config), ".json")
	name = strings.TrimPrefix(name, "sha256:")
	if _, err := v1.NewHash("sha256:" + name); err != nil {
		return ""
	}
	return name
}

func (s savedImage) label() string {
	switch {
	case len(s.RepoTags) > 0:
		return s.RepoTags[0]
	case s.configDigest() != "":
		return "@sha256:" + s.configDigest()
	}
	return s.Config
}

// chooseSaved gives the image that is wanted.
func chooseSaved(all []savedImage, want selection) (savedImage, error) {
	var fit []savedImage
	best := 0
	for _, s := range all {
		rank := 1
		if want.tag != "" {
			rank = nameRank(want.tag, s.RepoTags)
		}
		if want.digest != (v1.Hash{}) && want.digest.Hex != s.configDigest() {
			rank = 0
		}
		if rank > best {
			best, fit = rank, nil
		}
		if rank > 0 && rank == best {
			fit = append(fit, s)
		}
	}
	switch len(fit) {
	case 0:
		return savedImage{}, explainf(because(ErrNotFound), "no image %s: there are %s", want, list(labels(all)))
	case 1:
		return fit[0], nil
	}
	return savedImage{}, ambiguous(labels(fit))
}

func labels(all []savedImage) []string {
	var out []string
	for _, s := range all {
		out = append(out, s.label())
	}
	return out
}

// openSaved opens the image that is wanted of a docker-archive.
func openSaved(st store, all []savedImage, where reference, limits Limits) (*Image, error) {
	s, err := chooseSaved(all, where.want)
	if err != nil {
		return nil, err
	}
	b, err := st.open(s.Config)
	if err != nil {
		return nil, explainf(because(err), "config: %v", err)
	}
	config, err := readLimited(b, limits.Config, "config "+s.Config)
	if err != nil {
		return nil, err
	}
	if want := where.want.digest; want != (v1.Hash{}) {
		if err := verify(config, want, "config "+s.Config); err != nil {
			return nil, err
		}
	}
	diffIDs, err := parseConfig(config)
	if err != nil {
		return nil, err
	}
	layers := make([]*layer, len(s.Layers))
	for n, name := range s.Layers {
		layers[n] = newLayer(n, diffIDs, nil, func() (blob, error) { return s.openLayer(st, name, n, diffIDs) })
	}
	tags := fullNames(s.RepoTags)
	return &Image{
		Image: newImage(config, layers, nil, types.DockerManifestSchema2),
		Name:  displayName(where.want, tags, nil, where.path),
		Tags:  tags,
	}, nil
}

func (s savedImage) openLayer(st store, name string, n int, diffIDs []v1.Hash) (blob, error) {
	b, err := st.open(name)
	if err == nil || n >= len(diffIDs) {
		return b, err
	}
	if foreign := s.LayerSources[diffIDs[n].String()]; len(foreign.URLs) > 0 {
		return b, explainf(because(err), "%s: a foreign layer, whose bytes are not in the archive but at %s", name, list(foreign.URLs))
	}
	return b, err
}
