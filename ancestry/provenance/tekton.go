package provenance

import (
	"encoding/json"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// Tekton Chains attests what the tasks of a pipeline gave as results. The materials are
// mostly the images that the tasks ran in. A task that builds an image with Buildah, that of
// Konflux for example, gives the images of its FROM lines as the result BASE_IMAGES_DIGESTS.
const baseResult = "BASE_IMAGES_DIGESTS"

// result is one of a task, in v0.2.
type result struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"` // a text, or a list or map of some
}

// byproduct is the same in v1: the name has the kind before it, and the content is JSON.
type byproduct struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

func (s *Statement) fromTekton() bool {
	return strings.Contains(s.BuildType, "tekton.dev")
}

func (s *Statement) addTasks(raw json.RawMessage) error {
	var cfg buildConfig
	if err := unmarshal(raw, &cfg); err != nil {
		return err
	}
	for _, t := range cfg.Tasks {
		for _, r := range t.Results {
			s.addResult(r.Name, r.Value)
		}
	}
	return nil
}

func (s *Statement) addByproducts(all []byproduct) {
	for _, b := range all {
		s.addResult(path.Base(b.Name), b.Content)
	}
}

// addResult takes the images of a result that names bases. There is one a line, with its
// digest; the name that the Dockerfile has may stand before it.
func (s *Statement) addResult(name string, value []byte) {
	if name != baseResult {
		return
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		text = string(value)
	}
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.Replace(line, ":<none>@", "@", 1)) // pulled by digest
		if len(words) == 0 || len(s.Images) >= maxMaterials {
			continue
		}
		if n, ok := ancestry.ParseName(words[len(words)-1]); ok && n.Digest != (v1.Hash{}) {
			s.Images = append(s.Images, Image{Name: n, Base: true})
		}
	}
}
