package cache_test

import (
	"context"
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/cache"
)

func Example() {
	path, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(path)
	dir, err := cache.Open(path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	img, err := random.Image(1000, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		idx, err := layers.Read(context.Background(), img, &layers.Options{Cache: dir})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(idx.Layers[0].Cached, idx.Layers[1].Cached, idx.Layers[1].Verified)
	}
	// Output:
	// false false true
	// true true true
}
