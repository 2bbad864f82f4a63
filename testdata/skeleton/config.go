package main

import (
	"encoding/json"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// writeImage writes the config and manifest of the last of stages over the first of the
// layers; parent is the digest of the stage below, for the base annotation.
func writeImage(blobs blobDir, stages []source, layers []written, d *dates, parent string) (v1.Descriptor, error) {
	s := stages[len(stages)-1]
	layers = layers[:len(s.config.RootFS.DiffIDs)]
	config, err := configOf(stages, layers, d)
	if err != nil {
		return v1.Descriptor{}, err
	}
	manifest, err := s.image.Manifest()
	if err != nil {
		return v1.Descriptor{}, err
	}
	manifest = manifest.DeepCopy()
	manifest.MediaType = types.OCIManifestSchema1
	if manifest.Config, err = blobs.write(types.OCIConfigJSON, config); err != nil {
		return v1.Descriptor{}, err
	}
	manifest.Layers = nil
	for _, l := range layers {
		manifest.Layers = append(manifest.Layers, l.desc)
	}
	if manifest.Annotations[baseDigest] != "" {
		manifest.Annotations[baseDigest] = parent
	}
	data, err := json.Marshal(manifest)
	if err != nil {
		return v1.Descriptor{}, err
	}
	desc, err := blobs.write(types.OCIManifestSchema1, data)
	desc.Annotations = map[string]string{refName: s.ref}
	return desc, err
}

// configOf returns the last stage's config as its builder wrote it, with the dates moved
// and the diffIDs of the layers as written. Fields it does not know stay.
func configOf(stages []source, layers []written, d *dates) ([]byte, error) {
	s := stages[len(stages)-1]
	raw, err := s.image.RawConfigFile()
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	config := s.config.DeepCopy()
	for i := range config.History {
		at := slices.IndexFunc(stages, func(s source) bool { return s.first > i }) - 1
		if at < 0 {
			at = len(stages) - 1
		}
		config.History[i].Created.Time = moveTo(config.History[i].Created.Time, d.offset[at])
	}
	config.Created.Time = moveTo(config.Created.Time, d.offset[len(stages)-1])
	for i := range config.RootFS.DiffIDs {
		config.RootFS.DiffIDs[i] = layers[i].diffID
	}
	for key, value := range map[string]any{
		"created": config.Created, "history": config.History, "rootfs": config.RootFS,
	} {
		if fields[key], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	return json.Marshal(fields)
}

func moveTo(t time.Time, offset time.Duration) time.Time { return t.Add(offset).UTC() }
