package layers_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stemma-go/stemma/layers"
)

// layerOf makes a layer of one file.
func layerOf(path, content string) v1.Layer {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: path, Mode: 0o644, Size: int64(len(content))}); err != nil {
		log.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		log.Fatal(err)
	}
	return l
}

func ExampleRead() {
	img, err := mutate.AppendLayers(empty.Image,
		layerOf("etc/motd", "welcome"), layerOf("etc/os-release", "ID=debian"), layerOf("etc/.wh.motd", ""))
	if err != nil {
		log.Fatal(err)
	}
	index, err := layers.Read(context.Background(), img, &layers.Options{
		Wants: []layers.Want{{Match: func(e layers.Entry, _ []byte) bool { return e.Path == "etc/os-release" }}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range index.Layers {
		fmt.Printf("layer %d: %d bytes of files, %d of them shadowed, verified %t\n", l.Index, l.Content, l.Shadowed, l.Verified)
		for e := range index.Entries(l.Index) {
			fmt.Printf("  %s %s\n", e.Change, e.Path)
		}
	}
	if e, ok := index.Resolve(index.Top(), "/etc/os-release"); ok {
		b, _ := index.Content(e)
		fmt.Printf("%s\n", b)
	}
	// Output:
	// layer 0: 7 bytes of files, 7 of them shadowed, verified true
	//   added etc/motd
	// layer 1: 9 bytes of files, 0 of them shadowed, verified true
	//   added etc/os-release
	// layer 2: 0 bytes of files, 0 of them shadowed, verified true
	//   deleted etc/motd
	// ID=debian
}
