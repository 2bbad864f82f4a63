package main

import (
	"context"
	"fmt"

	"github.com/chainguard-dev/go-apk/pkg/apk"
	"github.com/chainguard-dev/go-apk/pkg/fs"
)

// install makes a root of what world says. It is empty before: go-apk adds
// packages, but neither removes nor replaces them.
func install(ctx context.Context, repository, root string, world []string) error {
	a, err := apk.New(apk.WithFS(fs.DirFS(root)), apk.WithArch(arch),
		apk.WithIgnoreMknodErrors(true), apk.WithNoSignatureIndexes(repository))
	if err != nil {
		return err
	}
	if err := a.InitDB(ctx); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	if err := a.SetRepositories(ctx, []string{repository}); err != nil {
		return err
	}
	if err := a.SetWorld(ctx, world); err != nil {
		return err
	}
	date := built()
	return a.FixateWorld(ctx, &date)
}
