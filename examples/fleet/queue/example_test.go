package queue_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/stemma-go/stemma/ancestry/chain"
	"github.com/stemma-go/stemma/examples/fleet/queue"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
)

func Example() {
	if err := scan(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2 references looked at, 1 image read
}

// scan reads an image that has two names.
func scan(ctx context.Context) error {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	var wanted []queue.Wanted
	img, err := random.Image(100, 1)
	if err != nil {
		return err
	}
	for _, n := range []string{"/shop/api:1", "/shop/api:latest"} {
		ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + n)
		if err != nil {
			return err
		}
		if err := remote.Write(ref, img); err != nil {
			return err
		}
		wanted = append(wanted, queue.Wanted{Ref: queue.Ref(ref, "shop")})
	}

	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(ctx, filepath.Join(dir, "fleet.db"))
	if err != nil {
		return err
	}
	defer s.Close()
	registries := queue.NewRegistries(50, nil) // requests a second, at most
	read := func(ctx context.Context, reference string) (store.Image, *report.Report, error) {
		img, err := source.Open(ctx, reference, &source.Options{Transport: registries})
		if err != nil {
			return store.Image{}, nil, err
		}
		defer img.Close()
		r, err := chain.Of(ctx, img, nil) // or stemma.Analyze
		return store.Image{Platform: img.Platform.String()}, r, err
	}
	q, err := queue.Open(ctx, s, &queue.Options{Read: read, Registries: registries})
	if err != nil {
		return err
	}
	if _, err := q.Add(ctx, wanted...); err != nil {
		return err
	}
	if err := q.Work(ctx, false, nil); err != nil {
		return err
	}
	fmt.Printf("%d references looked at, %d image read\n", q.Done().Looks, q.Done().Images)
	return nil
}
