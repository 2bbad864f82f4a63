package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/provenance"
	"github.com/stemma-go/stemma/layers/source"
)

// provenanceOptions ask the image's registry for its attestations, and other registries for the
// configurations of images that the build used.
func (f *flags) provenanceOptions() *provenance.Options {
	if !f.provenance {
		return nil
	}
	own := registryOf(strings.TrimPrefix(f.reference, "registry:"))
	return &provenance.Options{Config: func(ctx context.Context, name ancestry.Name, p v1.Platform) (*v1.ConfigFile, error) {
		host := registryOf(name.Repository)
		if host != own && !isPublic(host) {
			return nil, fmt.Errorf("registry %s is on a local network, and was not asked", host)
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		img, err := source.Open(ctx, "registry:"+name.Repository+"@"+name.Digest.String(), &source.Options{Platform: &p, Insecure: f.insecure && host == own, Attempts: 1})
		if err != nil {
			return nil, err
		}
		defer img.Close()
		return img.ConfigFile()
	}}
}

// registryOf returns the host of a reference, with its port; "" if it is none.
func registryOf(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ""
	}
	return reference.Domain(named)
}

// isPublic reports whether a registry is called as those on the internet are. Who wrote a
// document that is not signed must not choose which hosts of one's own network are asked.
func isPublic(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	for _, local := range []string{"localhost", ".local", ".internal", ".lan", ".home.arpa"} {
		if strings.HasSuffix(name, local) {
			return false
		}
	}
	return strings.Contains(name, ".") && net.ParseIP(name) == nil
}
