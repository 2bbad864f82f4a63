package official

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/git"
	"github.com/stemma-go/stemma/layers/history"
)

// readLayout reads the history and the diffIDs of an image that is kept in git as
// an OCI layout: index.json names the manifest, the manifest the configuration.
func readLayout(objects *git.Objects, commit, dir string) (*build.Digest, error) {
	var index v1.IndexManifest
	if err := readJSON(objects, commit, path.Join(dir, "index.json"), &index); err != nil {
		return nil, err
	}
	if len(index.Manifests) != 1 {
		return nil, fmt.Errorf("%w: %d manifests", errInvalid, len(index.Manifests))
	}
	var manifest v1.Manifest
	if err := readBlob(objects, commit, dir, index.Manifests[0], &manifest); err != nil {
		return nil, err
	}
	var cfg v1.ConfigFile
	if err := readBlob(objects, commit, dir, manifest.Config, &cfg); err != nil {
		return nil, err
	}
	steps, _ := history.Steps(&cfg)
	d := build.DigestHistory(steps, cfg.Config.Env)
	// The publisher of the image itself states them.
	d.Image = data.Image{DiffIDs: cfg.RootFS.DiffIDs, Verified: true}
	return d, nil
}

func readBlob(objects *git.Objects, commit, dir string, d v1.Descriptor, out any) error {
	if len(d.Data) > 0 {
		return unmarshal(d.Data, out)
	}
	return readJSON(objects, commit, path.Join(dir, "blobs", d.Digest.Algorithm, d.Digest.Hex), out)
}

func readJSON(objects *git.Objects, commit, name string, out any) error {
	_, text, err := objects.Blob(commit + ":" + name)
	if errors.Is(err, git.ErrMissing) {
		return errNoFile
	}
	if err != nil {
		return err
	}
	return unmarshal(text, out)
}

func unmarshal(text []byte, out any) error {
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%w: %w", errInvalid, err)
	}
	return nil
}
