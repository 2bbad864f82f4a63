package data_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

func TestShape(t *testing.T) {
	for _, x := range []struct{ line, want string }{
		{"ENV PYTHON_VERSION=3.13.14", "ENV PYTHON_VERSION=#"},
		{"ENV PYTHON_VERSION=3.14.0rc2", "ENV PYTHON_VERSION=#"},
		{"ENV A=1.2.3-beta.4", "ENV A=#"},
		{"ENV JAVA_VERSION=jdk-21.0.12+8", "ENV JAVA_VERSION=jdk-#"},
		{"ENV JAVA_VERSION=jdk8u502-b07", "ENV JAVA_VERSION=jdk#u#-b#"},
		{"ENV GPG=7169605F62C751356D054A26A821E680E5FA6305", "ENV GPG=#"},
		{"ENV KEYS=A035C8C19219BA821ECEA86B64E628F8D684696D 7169605F62C751356D054A26A821E680E5FA6305", "ENV KEYS=#"},
		{"RUN gpg --recv 0D96DF4D4110E5C4 \tA035C8C19219BA82", "RUN gpg --recv #"},
		{"# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'", "# debian.sh --arch 'amd#' out/ 'trixie' '@#'"},
		{"ADD alpine-minirootfs-3.24.2-x86_64.tar.gz /", "ADD alpine-minirootfs-#-x#.tar.gz /"},
		{"COPY docker-entrypoint.sh /", "COPY docker-entrypoint.sh /"},
		{"RUN decade facade deadbeefcafe", "RUN decade facade deadbeefcafe"},
		{"RUN x=abcdef0123456z", "RUN x=abcdef#z"},
		{"", ""},
		{"12", "#"},
	} {
		assert.Equal(t, x.want, data.Shape(x.line), x.line)
	}
}

func FuzzShape(f *testing.F) {
	f.Add("ENV PYTHON_VERSION=3.13.14-rc1 A035C8C19219BA82")
	f.Add("1.1-rc1.v2")
	f.Fuzz(func(t *testing.T, line string) {
		s := data.Shape(line)
		assert.LessOrEqual(t, len(s), len(line))
		for i := range len(s) {
			assert.False(t, '0' <= s[i] && s[i] <= '9', "%q", s)
		}
	})
}

func TestVersions(t *testing.T) {
	for _, x := range []struct {
		line string
		want []data.Version
	}{
		{"ENV PYTHON_VERSION=3.13.14", []data.Version{{Key: "PYTHON_VERSION", Value: "3.13.14"}}},
		{"ENV JAVA_VERSION=jdk-21.0.12+8", []data.Version{{Key: "JAVA_VERSION", Value: "21.0.12_8"}}},
		{"ENV A=v1.2 B=two C=3", []data.Version{{Key: "A", Value: "1.2"}, {Key: "C", Value: "3"}}},
		{"ADD alpine-minirootfs-3.24.2-x86_64.tar.gz /", []data.Version{{Key: "ADD", Value: "3.24.2"}}},
		{"# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'", []data.Version{{Key: "DATE", Value: "20260713"}}},
		{"RUN echo 1.2.3", nil},
		{"ENV", nil},
		{"", nil},
	} {
		assert.Equal(t, x.want, data.Versions(x.line), x.line)
	}
}

func TestTemplate(t *testing.T) {
	versions := []data.Version{{Key: "PYTHON_VERSION", Value: "3.13.14"}, {Key: "PIP", Value: "24.0"}, {Key: "MINOR", Value: "3"}}
	for _, x := range []struct{ tag, want string }{
		{"3.13.14-slim-trixie", "{PYTHON_VERSION}-slim-trixie"},
		{"3.13.14", "{PYTHON_VERSION}"},
		{"3.13.140", ""},
		{"3", ""},
		{"latest", ""},
		{"py-3.13.14", "py-{PYTHON_VERSION}"},
	} {
		got := data.Template(x.tag, versions)
		assert.Equal(t, x.want, got, x.tag)
		if got != "" {
			tag, ok := data.Compose(got, versions)
			assert.True(t, ok)
			assert.Equal(t, x.tag, tag)
		}
	}
	_, ok := data.Compose("{NODE_VERSION}-slim", versions)
	assert.False(t, ok)
	_, ok = data.Compose("{NODE", versions)
	assert.False(t, ok)
}

func TestDay(t *testing.T) {
	for _, s := range []string{"2012-12-31", "2013-01-01", "2026-08-21"} {
		at, err := time.Parse(time.DateOnly, s)
		assert.NoError(t, err)
		assert.Equal(t, s, data.DayOf(at).String())
		assert.Equal(t, data.DayOf(at), data.DayOf(at.Add(24*time.Hour-time.Second)))
	}
	assert.Equal(t, "ongoing", data.Ongoing.String())
	assert.True(t, data.Ongoing.Time().IsZero())
	assert.Less(t, data.DayOf(time.Date(9999999, 1, 1, 0, 0, 0, 0, time.UTC)), data.Ongoing)
}

func TestSortTags(t *testing.T) {
	for _, want := range [][]string{
		{"3.11.1-bullseye", "3.11.1", "3.11-bullseye", "3.11", "3-bullseye", "3", "bullseye", "latest"},
		{"jammy-20221130", "22.04", "jammy"},
	} {
		tags := append([]string{}, want...)
		slices.Reverse(tags)
		data.SortTags(tags)
		assert.Equal(t, want, tags)
	}
}
