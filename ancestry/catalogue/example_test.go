package catalogue_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
	"github.com/stemma-go/stemma/ancestry/genealogy"
)

// An organisation names its own base images, and below them the official ones. The
// catalogue is made from a directory of Dockerfiles here; the command
// ancestry/catalog/cmd/catalogue makes one of a git repository, with the days on which
// each Dockerfile was there.
func Example() {
	dockerfiles := fstest.MapFS{"base/app/2.4/Dockerfile": &fstest.MapFile{Data: []byte(`FROM alpine:3.20
RUN apk add --no-cache ca-certificates tzdata && adduser -D -u 10001 app
USER app
WORKDIR /srv
`)}}
	b := build.New(data.DayOf(time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC)), "our base images")
	opts := &own.Options{Name: func(path string) (ancestry.Name, bool) {
		dir := strings.Split(path, "/") // base/app/2.4/Dockerfile
		return ancestry.Name{Repository: "registry.example.com/" + dir[0] + "/" + dir[1], Tags: dir[2:3]}, true
	}}
	if err := own.AddDockerfiles(context.Background(), b, dockerfiles, opts); err != nil {
		fmt.Println(err)
		return
	}
	file, err := b.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}

	ours, err := catalogue.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		fmt.Println(err)
		return
	}
	official, err := genealogy.Open()
	if err != nil {
		fmt.Println(err)
		return
	}
	source := catalogue.Join(ours, official) // the first catalogue's word counts first

	l, err := ancestry.Resolve(context.Background(), service(), &ancestry.Options{Catalogues: []ancestry.Source{source}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range l.Ancestors {
		fmt.Printf("steps %d to %d: %s, %s\n", a.Steps.From, a.Steps.To-1, a, a.Confidence)
	}
	for _, a := range l.Ancestors {
		if s := a.Standing; s != nil && s.Superseded != nil {
			fmt.Printf("%s went on to %s on %s (as of %s)\n", s.Superseded.Name, s.Superseded.First,
				s.Superseded.On.Format(time.DateOnly), s.AsOf.Format(time.DateOnly))
		}
	}
	// Output:
	// steps 5 to 6: unknown, unknown
	// steps 2 to 4: registry.example.com/base/app:2.4, recognised
	// steps 0 to 1: alpine:3.20.3, recognised
	// alpine:3.20 went on to 3.20.4 on 2025-01-07 (as of 2026-08-21)
}

// service is the configuration of a service, as BuildKit left it.
func service() ancestry.ConfigFiler {
	cfg := &v1.ConfigFile{OS: "linux", Architecture: "amd64"}
	for i, by := range []string{
		"ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit",
		`CMD ["/bin/sh"]`,
		"RUN /bin/sh -c apk add --no-cache ca-certificates tzdata && adduser -D -u 10001 app # buildkit",
		"USER app",
		"WORKDIR /srv",
		"COPY service /srv/service # buildkit",
		`CMD ["/srv/service"]`,
	} {
		empty := strings.HasPrefix(by, "CMD") || strings.HasPrefix(by, "USER")
		cfg.History = append(cfg.History, v1.History{
			Created: v1.Time{Time: time.Date(2024, 10, 1+i, 0, 0, 0, 0, time.UTC)}, CreatedBy: by, Comment: "buildkit.dockerfile.v0", EmptyLayer: empty,
		})
		if !empty {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", i+1)})
		}
	}
	return (*config)(cfg)
}
