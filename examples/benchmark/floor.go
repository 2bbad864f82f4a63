//go:build unix

package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"runtime"

	"github.com/klauspost/compress/zstd"
	"github.com/stemma-go/stemma/layers/inflate"
	"golang.org/x/sync/errgroup"

	"github.com/stemma-go/stemma/layers/source"
)

// floor does the least that a verified reading of an image does: each layer is
// decompressed, its blob and its archive are hashed, and the headers of the archive
// are walked. A layer that is not compressed is only hashed. With these libraries, no
// tool that checks what it reads can be faster.
func floor(ctx context.Context, args []string) error {
	img, err := source.Open(ctx, args[0], nil)
	if err != nil {
		return err
	}
	defer img.Close()
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, l := range layers {
		g.Go(func() error {
			blob, err := l.Compressed() // as it is stored, whatever that is
			if err != nil {
				return err
			}
			defer blob.Close()
			return floorOf(blob)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	fmt.Println("{}")
	return nil
}

func floorOf(blob io.Reader) error {
	digest, diffID := sha256.New(), sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(blob, digest), 256<<10)
	head, err := in.Peek(4)
	if err != nil {
		return err
	}
	var plain io.Reader
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		plain, err = inflate.NewReader(in)
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		plain, err = zstd.NewReader(in)
	default:
		_, err = io.Copy(io.Discard, in)
		return err
	}
	if err != nil {
		return err
	}
	plain = io.TeeReader(plain, diffID)
	for tr := tar.NewReader(bufio.NewReaderSize(plain, 256<<10)); err == nil; {
		_, err = tr.Next()
	}
	if err != io.EOF {
		return err
	}
	_, err = io.Copy(io.Discard, plain)
	return err
}
