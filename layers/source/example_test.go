package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
)

// sample is an image of one layer.
func sample() v1.Image {
	img, err := mutate.AppendLayers(empty.Image, static.NewLayer(make([]byte, 1024), types.DockerUncompressedLayer))
	if err != nil {
		log.Fatal(err)
	}
	return img
}

func tempDir() (string, func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

// saved is the path of sample in a docker-archive, as example/app:1.0.
func saved() (string, func()) {
	dir, remove := tempDir()
	path := filepath.Join(dir, "app.tar")
	if err := tarball.WriteToFile(path, name.MustParseReference("example/app:1.0"), sample()); err != nil {
		log.Fatal(err)
	}
	return path, remove
}

// A file needs no scheme: its content tells what it is.
func ExampleOpen() {
	path, remove := saved() // as docker save writes it
	defer remove()
	img, err := source.Open(context.Background(), path, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	all, err := img.Layers()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(img.Scheme, img.Name, len(all))
	// Output: docker-archive example/app:1.0 1
}

// A layout may hold several images; a tag names one.
func ExampleOpen_layout() {
	dir, remove := tempDir()
	defer remove()
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		log.Fatal(err)
	}
	for tag, img := range map[string]v1.Image{"v1": sample(), "v2": empty.Image} {
		name := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": tag})
		if err := p.AppendImage(img, name); err != nil {
			log.Fatal(err)
		}
	}

	_, err = source.Open(context.Background(), "oci:"+dir, nil)
	fmt.Println(errors.Is(err, source.ErrAmbiguous))
	img, err := source.Open(context.Background(), "oci:"+dir+":v1", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	fmt.Println(img.Annotations["org.opencontainers.image.ref.name"])
	// Output:
	// true
	// v1
}

// A reference that is not a path is a registry's image. Here it is served on the
// loopback interface, where plain HTTP is allowed.
func ExampleOpen_registry() {
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	tag, err := name.NewTag(host + "/team/app:1.0")
	if err != nil {
		log.Fatal(err)
	}
	if err := remote.Write(tag, sample()); err != nil {
		log.Fatal(err)
	}

	img, err := source.Open(context.Background(), host+"/team/app:1.0", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	fmt.Println(img.Scheme, strings.TrimPrefix(img.Name, host))
	// Output: registry /team/app:1.0
}

// A layer gives its blob as it is stored, and the digest that is claimed for it. A
// docker-archive claims none.
func ExampleOpen_stored() {
	path, remove := saved()
	defer remove()
	img, err := source.Open(context.Background(), path, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	all, err := img.Layers()
	if err != nil {
		log.Fatal(err)
	}
	blob, claimed, err := all[0].(layers.Stored).Stored()
	if err != nil {
		log.Fatal(err)
	}
	defer blob.Close()
	fmt.Println(claimed == v1.Hash{})
	// Output: true
}

// An error is one line for people, and wraps a cause for programs.
func ExampleOpen_errors() {
	path, remove := saved()
	defer remove()
	ctx := context.Background()
	_, err := source.Open(ctx, "podman:app", nil)
	fmt.Println(errors.Is(err, source.ErrScheme))
	_, err = source.Open(ctx, path+":another/name:1", nil)
	fmt.Println(errors.Is(err, source.ErrNotFound))
	_, err = source.Open(ctx, "oci:"+filepath.Dir(path), nil)
	fmt.Println(errors.Is(err, source.ErrNotImage))
	_, err = source.Open(ctx, path, &source.Options{Limits: source.Limits{Config: 1}})
	fmt.Println(errors.Is(err, source.ErrLimit))
	_, err = source.Open(ctx, "./missing.tar", nil)
	fmt.Println(err)
	// Output:
	// true
	// true
	// true
	// true
	// ./missing.tar: no such file
}

// Which images the tags of a repository point to, by their digests.
func ExampleOpenRepository() {
	ctx := context.Background()
	repo, err := source.OpenRepository(ctx, "registry.example.com/base/os", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer repo.Close()
	tags, err := repo.Tags(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, tag := range tags {
		a, err := repo.Tagged(ctx, tag)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(tag, a.Digest)
	}
}
