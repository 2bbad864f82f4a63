package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
)

const (
	refName    = "org.opencontainers.image.ref.name"
	baseDigest = "org.opencontainers.image.base.digest"
)

// source is a stage as read.
type source struct {
	stage
	image  v1.Image
	config *v1.ConfigFile
	ref    string
	first  int // its first history entry
	layer  int // its first layer
}

// written is a layer as written.
type written struct {
	diffID v1.Hash
	desc   v1.Descriptor
}

func skeletonise(out string, stages []stage) error {
	sources, err := readSources(stages)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	blobs := blobDir(filepath.Join(out, "blobs", "sha256"))
	if err := os.MkdirAll(string(blobs), 0o755); err != nil {
		return err
	}
	d := sampleDates(sources)
	layers, err := writeLayers(blobs, sources, d)
	if err != nil {
		return err
	}
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	for i, s := range sources {
		var parent string
		if i > 0 {
			parent = index.Manifests[i-1].Digest.String()
		}
		desc, err := writeImage(blobs, sources[:i+1], layers, d, parent)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		index.Manifests = append(index.Manifests, desc)
	}
	return writeIndexes(out, index)
}

// writeIndexes writes the layout's index, of the last stage, and stages.json, of all.
func writeIndexes(out string, index v1.IndexManifest) error {
	last := index
	last.Manifests = index.Manifests[len(index.Manifests)-1:]
	return errors.Join(
		writeJSON(filepath.Join(out, "..", "stages.json"), index),
		writeJSON(filepath.Join(out, "index.json"), last),
		writeJSON(filepath.Join(out, "oci-layout"), map[string]string{"imageLayoutVersion": "1.0.0"}),
	)
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func readSources(stages []stage) ([]source, error) {
	var sources []source
	var history, layers int
	for _, s := range stages {
		index, err := layout.ImageIndexFromPath(s.layout)
		if err != nil {
			return nil, err
		}
		manifest, err := index.IndexManifest()
		if err != nil || len(manifest.Manifests) != 1 {
			return nil, fmt.Errorf("%s: want one image (%w)", s.layout, err)
		}
		image, err := index.Image(manifest.Manifests[0].Digest)
		if err != nil {
			return nil, err
		}
		config, err := image.ConfigFile()
		if err != nil {
			return nil, err
		}
		sources = append(sources, source{
			stage: s, image: image, config: config, first: history, layer: layers,
			ref: manifest.Manifests[0].Annotations[refName],
		})
		history, layers = len(config.History), len(config.RootFS.DiffIDs)
	}
	return sources, nil
}

// sampleDates works out by how much each stage's times move.
func sampleDates(sources []source) *dates {
	d := &dates{seen: map[string]moved{}}
	d.started = sources[0].config.History[0].Created.Add(-time.Hour)
	for _, s := range sources {
		history := s.config.History
		ended := history[len(history)-1].Created.Time
		d.offset = append(d.offset, s.date.Sub(ended))
	}
	return d
}

func writeLayers(blobs blobDir, sources []source, d *dates) ([]written, error) {
	last := sources[len(sources)-1]
	layers, err := last.image.Layers()
	if err != nil {
		return nil, err
	}
	var all []written
	for i, layer := range layers {
		stage := 0
		for stage+1 < len(sources) && sources[stage+1].layer <= i {
			stage++
		}
		if want := sources[stage].config.RootFS.DiffIDs[i]; want != last.config.RootFS.DiffIDs[i] {
			return nil, fmt.Errorf("layer %d: %s is no parent: another diffID", i, sources[stage].name)
		}
		w, err := writeOneLayer(blobs, layer, d, stage)
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", i, err)
		}
		all = append(all, w)
	}
	return all, nil
}

func writeOneLayer(blobs blobDir, layer v1.Layer, d *dates, stage int) (written, error) {
	r, err := layer.Uncompressed()
	if err != nil {
		return written{}, err
	}
	defer r.Close()
	var plain, packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return written{}, err
	}
	if err := writeLayer(io.MultiWriter(&plain, zip), r, d, stage); err != nil {
		return written{}, err
	}
	if err := zip.Close(); err != nil {
		return written{}, err
	}
	diffID, _, err := v1.SHA256(&plain)
	if err != nil {
		return written{}, err
	}
	desc, err := blobs.write(types.OCILayer, packed.Bytes())
	return written{diffID, desc}, err
}

// blobDir is a layout's blobs/sha256.
type blobDir string

func (b blobDir) write(media types.MediaType, data []byte) (v1.Descriptor, error) {
	digest, size, err := v1.SHA256(bytes.NewReader(data))
	if err != nil {
		return v1.Descriptor{}, err
	}
	desc := v1.Descriptor{MediaType: media, Digest: digest, Size: size}
	return desc, os.WriteFile(filepath.Join(string(b), digest.Hex), data, 0o644)
}
