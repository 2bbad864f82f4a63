package data_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/dockerfile"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// The tags of an image that was built from an Alpine root archive.
func ExampleCatalogue_Matches() {
	c, err := data.OpenGenealogy()
	if err != nil {
		fmt.Println(err)
		return
	}
	history := reading(c, recipe.BuildKit, "ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit", `CMD ["/bin/sh"]`)
	matches, err := c.Matches(history)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range matches {
		repo, err := c.Repository(m.Repository)
		if err != nil {
			fmt.Println(err)
			return
		}
		first := repo.Recipe(m.Recipes[0])
		day := first.Spans[0].From
		fmt.Println(m.Start, m.End, m.Repository, first.From, day, first.TagsOn(day))
	}
	// Output:
	// 0 2 alpine scratch 2024-09-06 [3.20.3 3.20 3 latest]
}

// What a tag pointed to, and when.
func ExampleRepository_Timeline() {
	c, err := data.OpenGenealogy()
	if err != nil {
		fmt.Println(err)
		return
	}
	repo, err := c.Repository("python")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range repo.Timeline("3.12.0-slim-bookworm") {
		r := repo.Recipe(p.Recipe)
		fmt.Println(p.From, p.To, r.From, "built from", r.Path, "at", r.Commit)
	}
	// Output:
	// 2023-10-03 2023-10-19 debian:bookworm-slim built from 3.12/slim-bookworm/Dockerfile at b7b91ef3
	// 2023-10-19 2023-11-29 debian:bookworm-slim built from 3.12/slim-bookworm/Dockerfile at 402b993a
	// 2023-11-29 2023-12-08 debian:bookworm-slim built from 3.12/slim-bookworm/Dockerfile at 750aa9f3
}

// A catalogue of one's own.
func ExampleOpen() {
	f, err := dockerfile.Parse(strings.NewReader("FROM debian:bookworm\nENV BASE_VERSION=2.1\nRUN install-everything\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := f.Recipe(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	b := build.New(0, "example")
	b.Add(build.Addition{Repository: "example.com/base", Digest: build.DigestRecipe(r), Tags: []string{"2.1", "2"}, To: data.Ongoing})
	file, err := b.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}

	c, err := data.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		fmt.Println(err)
		return
	}
	history := reading(c, recipe.BuildKit, "ENV BASE_VERSION=2.2", "RUN /bin/sh -c install-everything # buildkit")
	matches, err := c.Alike(history)
	if err != nil {
		fmt.Println(err)
		return
	}
	repo, err := c.Repository(matches[0].Repository)
	if err != nil {
		fmt.Println(err)
		return
	}
	tag, ok := data.Compose(repo.Recipe(0).Templates[0], data.Versions("ENV BASE_VERSION=2.2"))
	fmt.Println(matches[0].Repository, tag, ok)
	// Output:
	// example.com/base 2.2 true
}
