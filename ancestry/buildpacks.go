package ancestry

import (
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers/history"
)

// labelLifecycle is where the buildpacks' lifecycle keeps what it needs for the
// next build, as JSON.
const labelLifecycle = "io.buildpacks.lifecycle.metadata"

// maxLifecycle is the size in bytes beyond which the label is not read: it lists
// every layer, and has some ten KB.
const maxLifecycle = 4 << 20

// lifecycle is the part of the label that tells the base.
type lifecycle struct {
	RunImage struct {
		TopLayer  string `json:"topLayer"`  // diffID of the run image's uppermost layer
		Reference string `json:"reference"` // name@digest, or an ID
		Image     string `json:"image"`     // since platform API 0.12
	} `json:"runImage"`
	Stack struct {
		RunImage struct {
			Image string `json:"image"`
		} `json:"runImage"`
	} `json:"stack"`
}

// buildpacks reads where the run image ends and what it is called. The label is of
// the image that the lifecycle exported; a Dockerfile that is built on that inherits
// it, and it is then still true of the run image.
func buildpacks(q *Query) ([]Claim, error) {
	raw := q.Config.Config.Labels[labelLifecycle]
	if raw == "" {
		return nil, nil
	}
	if len(raw) > maxLifecycle {
		return nil, fmt.Errorf("label %s: larger than %d bytes", labelLifecycle, maxLifecycle)
	}
	var meta lifecycle
	if err := json.Unmarshal([]byte(raw), &meta); err != nil {
		return nil, fmt.Errorf("label %s: %w", labelLifecycle, err)
	}
	end, ok := topLayer(q, meta.RunImage.TopLayer)
	if !ok {
		return nil, nil
	}
	name := runImage(meta)
	says := "the run image ends here"
	if name.Repository != "" {
		says = "the run image is " + name.String()
	}
	return []Claim{{
		Start: history.None, End: end, Name: name,
		Evidence: Evidence{
			Kind: KindLabel, Confidence: Recorded,
			Says: says, Where: "label " + labelLifecycle,
		},
	}}, nil
}

// topLayer returns the step after the one that made the layer with a diffID. If
// several layers have it, none is the one.
func topLayer(q *Query, diffID string) (int, bool) {
	want, err := v1.NewHash(diffID)
	if err != nil {
		return 0, false
	}
	layer := history.None
	for i, d := range q.Config.RootFS.DiffIDs {
		if d != want {
			continue
		}
		if layer != history.None {
			return 0, false
		}
		layer = i
	}
	for _, s := range q.Steps {
		if s.Layer == layer && layer != history.None {
			return s.Index + 1, true
		}
	}
	return 0, false
}

// runImage puts the name together: the tag is where the build asked for it, the
// digest where it found it.
func runImage(meta lifecycle) Name {
	var n Name
	for _, s := range [...]string{meta.RunImage.Image, meta.Stack.RunImage.Image, meta.RunImage.Reference} {
		p, ok := ParseName(s)
		switch {
		case !ok:
		case n.Repository == "":
			n = p
		case n.Digest == (v1.Hash{}) && n.Repository == p.Repository:
			n.Digest = p.Digest
		}
	}
	return n
}
