// Package cache keeps, between runs of a program that makes catalogues, what it has read.
package cache

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
)

// A Cache is a directory. It belongs to one build of the program: what another build wrote,
// which may read otherwise, is not used.
type Cache struct {
	dir     string // "" for none
	program uint64
}

// Open opens a directory, and makes it if it is not there; "" is a cache that keeps nothing.
func Open(dir string) (*Cache, error) {
	if dir == "" {
		return &Cache{}, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	f, err := os.Open(self)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := xxhash.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	return &Cache{dir, h.Sum64()}, nil
}

func (c *Cache) file(name string) string {
	return filepath.Join(c.dir, fmt.Sprintf("%016x.gob", xxhash.Sum64String(name)))
}

// Load decodes what is kept under a name, and reports whether there was anything that this
// build can use. If not, into may hold a part of it.
func (c *Cache) Load(name string, into any) bool {
	if c.dir == "" {
		return false
	}
	f, err := os.Open(c.file(name))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	d := gob.NewDecoder(f)
	var program uint64
	return d.Decode(&program) == nil && program == c.program && d.Decode(into) == nil
}

// Save keeps a value, whole or not at all.
func (c *Cache) Save(name string, value any) error {
	if c.dir == "" {
		return nil
	}
	f, err := os.CreateTemp(c.dir, "new-*")
	if err != nil {
		return fmt.Errorf("cache: %w", err)
	}
	e := gob.NewEncoder(f)
	err = errors.Join(e.Encode(c.program), e.Encode(value), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.file(name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("cache: %w", err)
	}
	return nil
}
