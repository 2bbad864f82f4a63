package catalogue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue"
	"github.com/stemma-go/stemma/ancestry/genealogy"
	"github.com/stemma-go/stemma/testdata/realimages"
)

// truths are the chains of the folder's images, the image first: the most specific
// tag that each ancestor had when it was built. Which stands on which the layers'
// digests show, and where the folder has not the parent, the images' Dockerfiles.
var truths = map[string][]string{
	"alpine_3.24":                  {"alpine:3.24.2"},
	"buildpack-deps_bullseye":      {"buildpack-deps:bullseye", "buildpack-deps:bullseye-scm", "buildpack-deps:bullseye-curl", "debian:bullseye-20230109"},
	"buildpack-deps_buster":        {"buildpack-deps:buster", "buildpack-deps:buster-scm", "buildpack-deps:buster-curl", "debian:buster-20230109"},
	"buildpack-deps_buster-curl":   {"buildpack-deps:buster-curl", "debian:buster-20230109"},
	"buildpack-deps_buster-scm":    {"buildpack-deps:buster-scm", "buildpack-deps:buster-curl", "debian:buster-20230109"},
	"buildpack-deps_trixie":        {"buildpack-deps:trixie", "buildpack-deps:trixie-scm", "buildpack-deps:trixie-curl", "debian:trixie-20260713"},
	"debian_bookworm-slim":         {"debian:bookworm-20260824-slim"},
	"debian_bullseye":              {"debian:bullseye-20230109"},
	"debian_bullseye-slim":         {"debian:bullseye-20230109-slim"},
	"debian_buster":                {"debian:buster-20230109"},
	"debian_buster-slim":           {"debian:buster-20230109-slim"},
	"debian_trixie":                {"debian:trixie-20260713"},
	"debian_trixie-slim":           {"debian:trixie-20260713-slim"},
	"eclipse-temurin_17-jdk-jammy": {"eclipse-temurin:17.0.6_10-jdk-jammy", "ubuntu:jammy-20221130"},
	"eclipse-temurin_21-jre-noble": {"eclipse-temurin:21.0.12_8-jre-noble", "ubuntu:noble"},
	"haproxy_latest":               {"haproxy:3.4.4-trixie", "debian:trixie-20260918-slim"},
	"nginx_latest":                 {"nginx:1.31.3-trixie", "debian:trixie-20260713-slim"},
	"node_22-alpine":               {"node:22.23.3-alpine3.24", "alpine:3.24.2"},
	"php_8.1-apache-buster":        {"php:8.1.14-apache-buster", "debian:buster-20230109-slim"},
	"python_3.10.9-slim-buster":    {"python:3.10.9-slim-buster", "debian:buster-20230109-slim"},
	"python_3.11.1":                {"python:3.11.1-bullseye", "buildpack-deps:bullseye", "buildpack-deps:bullseye-scm", "buildpack-deps:bullseye-curl", "debian:bullseye-20230109"},
	"python_3.13-trixie":           {"python:3.13.14-trixie", "buildpack-deps:trixie", "buildpack-deps:trixie-scm", "buildpack-deps:trixie-curl", "debian:trixie-20260713"},
	"ruby_3.4-slim-bookworm":       {"ruby:3.4.10-slim-bookworm", "debian:bookworm-20260824-slim"},
	"tomcat_9-jdk17":               {"tomcat:9.0.71-jdk17-temurin-jammy", "eclipse-temurin:17.0.6_10-jdk-jammy", "ubuntu:jammy-20221130"},
	"ubuntu_jammy":                 {"ubuntu:jammy-20221130"},
	"ubuntu_noble":                 {"ubuntu:noble"},
	"ubuntu_resolute":              {"ubuntu:resolute"},
}

// osRelease returns what the root of an image says it is: its layer is not
// published, its distribution and version are known.
func osRelease(root string) []byte {
	for prefix, text := range map[string]string{
		"debian:buster":   "ID=debian\nVERSION_ID=\"10\"\nVERSION_CODENAME=buster\nPRETTY_NAME=\"Debian GNU/Linux 10 (buster)\"\n",
		"debian:bullseye": "ID=debian\nVERSION_ID=\"11\"\nVERSION_CODENAME=bullseye\nPRETTY_NAME=\"Debian GNU/Linux 11 (bullseye)\"\n",
		"debian:bookworm": "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
		"debian:trixie":   "ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n",
		"ubuntu:jammy":    "ID=ubuntu\nVERSION_ID=\"22.04\"\nVERSION_CODENAME=jammy\nPRETTY_NAME=\"Ubuntu 22.04.1 LTS\"\n",
		"ubuntu:noble":    "ID=ubuntu\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nPRETTY_NAME=\"Ubuntu 24.04.4 LTS\"\n",
		"ubuntu:resolute": "ID=ubuntu\nVERSION_ID=\"26.04\"\nVERSION_CODENAME=resolute\nPRETTY_NAME=\"Ubuntu 26.04 LTS\"\n",
		"alpine:3.24":     "ID=alpine\nVERSION_ID=3.24.2\nPRETTY_NAME=\"Alpine Linux v3.24\"\n",
	} {
		if strings.HasPrefix(root, prefix) {
			return []byte(text)
		}
	}
	return nil
}

func embedded(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	s, err := genealogy.Open()
	require.NoError(t, err)
	return s
}

// TestRealImages names every ancestor of every published history: with the name under
// which the image was asked for and its root's os-release, as anybody has them who
// read the image, the chain is found whole. From the configuration alone, the truth is
// always among the names, and where others are too they are shown as ties.
func TestRealImages(t *testing.T) {
	source := embedded(t)
	for _, r := range realimages.All(t) {
		want, ok := truths[r.File]
		require.True(t, ok, "%s: no truth is known", r.File)
		resolve := func(h ancestry.Hints) []ancestry.Ancestor {
			l, err := ancestry.Resolve(t.Context(), r, &ancestry.Options{Hints: h, Catalogues: []ancestry.Source{source}})
			require.NoError(t, err)
			assert.Empty(t, l.Problems, r.File)
			return l.Ancestors
		}
		bare := resolve(ancestry.Hints{})
		told := resolve(ancestry.Hints{Reference: r.Reference, Files: map[int]ancestry.Files{0: {"etc/os-release": osRelease(want[len(want)-1])}}})
		t.Logf("%-29s expected  %s", r.File, strings.Join(want, " < "))
		t.Logf("%-29s hints     %s", "", row(told))
		t.Logf("%-29s alone     %s", "", row(bare))
		if assert.Len(t, told, len(want), r.File) {
			for i, a := range told {
				name, _ := ancestry.ParseName(want[i])
				assert.Equal(t, name.Repository, a.Repository, "%s: ancestor %d", r.File, i)
				assert.Contains(t, a.Tags, name.Tags[0], "%s: ancestor %d", r.File, i)
				assert.Empty(t, a.Ties, "%s: ancestor %d", r.File, i)
			}
		}
		if assert.Len(t, bare, len(want), r.File) {
			for i, a := range bare {
				among(t, r.File, want[i], a)
			}
		}
	}
}

// among requires that the truth is the ancestor's name, or one of its ties.
func among(t *testing.T, file, want string, a ancestry.Ancestor) {
	t.Helper()
	name, _ := ancestry.ParseName(want)
	if a.Repository == "" {
		assert.LessOrEqual(t, a.Confidence, ancestry.Inferred, file)
		return // debian's or ubuntu's, ADD and CMD are alike
	}
	names := append([]ancestry.Name{{Repository: a.Repository, Tags: a.Tags}}, a.Ties...)
	assert.True(t, slices.ContainsFunc(names, func(n ancestry.Name) bool {
		return n.Repository == name.Repository && slices.Contains(n.Tags, name.Tags[0])
	}), "%s: %s is not among %v", file, want, names)
}

func row(ancestors []ancestry.Ancestor) string {
	var cells []string
	for _, a := range ancestors {
		s := fmt.Sprintf("%s [%d-%d) %s", a, a.Steps.From, a.Steps.To, a.Confidence)
		if len(a.Ties) > 0 {
			s += fmt.Sprintf(", %d ties", len(a.Ties))
		}
		cells = append(cells, s)
	}
	return strings.Join(cells, " < ")
}
