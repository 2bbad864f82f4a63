package history

import (
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
)

const exampleSum = "4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c"

func inYear(year int) v1.Time { return v1.Time{Time: time.Date(year, 6, 1, 12, 0, 0, 0, time.UTC)} }

func TestParse(t *testing.T) {
	sh := []string{"/bin/sh", "-c"}
	const (
		unknown = BuilderUnknown
		bk      = "buildkit.dockerfile.v0"
	)
	for _, tc := range []struct {
		name string
		h    v1.History
		want Instruction
	}{
		// Docker's classic builder.
		{"root", v1.History{CreatedBy: "/bin/sh -c #(nop) ADD file:" + exampleSum + " in / "},
			Instruction{Builder: unknown, Keyword: "ADD", Args: "file:" + exampleSum + " in /", Sources: []string{"file:" + exampleSum}, Dest: "/"}},
		{"two spaces", v1.History{CreatedBy: `/bin/sh -c #(nop)  CMD ["bash"]`},
			Instruction{Builder: BuilderDocker, Keyword: "CMD", Args: `["bash"]`}},
		{"chown glued", v1.History{CreatedBy: "/bin/sh -c #(nop) COPY --chown=www-data:www-datafile:" + exampleSum + " in /var/www/ "},
			Instruction{Builder: unknown, Keyword: "COPY", Args: "file:" + exampleSum + " in /var/www/", Flags: []string{"--chown=www-data:www-data"},
				Sources: []string{"file:" + exampleSum}, Dest: "/var/www/"}},
		{"chown glued to dir", v1.History{CreatedBy: "/bin/sh -c #(nop) COPY --chown=1000:1000dir:" + exampleSum + " in /app "},
			Instruction{Builder: unknown, Keyword: "COPY", Args: "dir:" + exampleSum + " in /app", Flags: []string{"--chown=1000:1000"},
				Sources: []string{"dir:" + exampleSum}, Dest: "/app"}},
		{"multi", v1.History{CreatedBy: "/bin/sh -c #(nop) COPY multi:" + exampleSum + " in /usr/local/bin/ "},
			Instruction{Builder: unknown, Keyword: "COPY", Args: "multi:" + exampleSum + " in /usr/local/bin/", Sources: []string{"multi:" + exampleSum}, Dest: "/usr/local/bin/"}},
		{"URL, by Docker or Buildah", v1.History{CreatedBy: "/bin/sh -c #(nop) ADD " + exampleSum + " in /usr/bin/tini "},
			Instruction{Builder: unknown, Keyword: "ADD", Args: exampleSum + " in /usr/bin/tini", Sources: []string{exampleSum}, Dest: "/usr/bin/tini"}},
		{"URL, chown glued", v1.History{CreatedBy: "/bin/sh -c #(nop) ADD --chown=10:10" + exampleSum + " in /usr/bin/tini "},
			Instruction{Builder: unknown, Keyword: "ADD", Args: exampleSum + " in /usr/bin/tini", Flags: []string{"--chown=10:10"},
				Sources: []string{exampleSum}, Dest: "/usr/bin/tini"}},
		{"run", v1.History{CreatedBy: "/bin/sh -c set -eux; \tapt-get update"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "set -eux; \tapt-get update", Shell: sh}},
		{"run that speaks of nop", v1.History{CreatedBy: "/bin/sh -c echo '#(nop)  ENV A=1'"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "echo '#(nop)  ENV A=1'", Shell: sh}},
		{"build args", v1.History{CreatedBy: "|2 BAR=2 FOO=1 /bin/sh -c echo hi"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "echo hi", Shell: sh, BuildArgs: []string{"BAR=2", "FOO=1"}}},
		{"build arg with spaces", v1.History{CreatedBy: "|2 A=1 B=two words here /bin/sh -c echo A=1"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "echo A=1", Shell: sh, BuildArgs: []string{"A=1", "B=two words here"}}},
		{"build arg that looks like two", v1.History{CreatedBy: "|1 OPTS=-x A=1 /bin/sh -c make"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "make", Shell: sh}},
		{"build arg that holds a shell", v1.History{CreatedBy: "|2 A=/bin/sh -c x B=1 /bin/sh -c make"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "make", Shell: sh, BuildArgs: []string{"A=/bin/sh -c x", "B=1"}}},
		{"empty build arg", v1.History{CreatedBy: "|1 A= /bin/sh -c make"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "make", Shell: sh, BuildArgs: []string{"A="}}},
		{"build args of exec form", v1.History{CreatedBy: "|1 A=1 /bin/make all"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "/bin/make all", BuildArgs: []string{"A=1"}}},
		{"build args that do not fit", v1.History{CreatedBy: "|3 A=1 /bin/make all"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "|3 A=1 /bin/make all"}},
		{"bash", v1.History{CreatedBy: "/bin/bash -o pipefail -c curl x | tar x"},
			Instruction{Builder: BuilderDocker, Keyword: "RUN", Args: "curl x | tar x", Shell: []string{"/bin/bash", "-o", "pipefail", "-c"}}},
		{"bash, flags in one", v1.History{CreatedBy: "|1 A=1 /bin/bash -euxo pipefail -c make"},
			Instruction{Builder: unknown, Keyword: "RUN", Args: "make", BuildArgs: []string{"A=1"}, Shell: []string{"/bin/bash", "-euxo", "pipefail", "-c"}}},
		{"bash nop", v1.History{CreatedBy: "/bin/bash -o pipefail -c #(nop)  ENV A=1"},
			Instruction{Builder: BuilderDocker, Keyword: "ENV", Args: "A=1"}},
		{"shell", v1.History{CreatedBy: "/bin/sh -c #(nop)  SHELL [/bin/bash -o pipefail -c]"},
			Instruction{Builder: BuilderDocker, Keyword: "SHELL", Args: "[/bin/bash -o pipefail -c]"}},
		{"healthcheck", v1.History{CreatedBy: `/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "curl -f http://localhost"] "30s" "3s" "0s" '\x00'}`},
			Instruction{Builder: BuilderDocker, Keyword: "HEALTHCHECK", Args: `&{["CMD-SHELL" "curl -f http://localhost"] "30s" "3s" "0s" '\x00'}`}},
		{"windows", v1.History{CreatedBy: `cmd /S /C #(nop)  USER ContainerUser`},
			Instruction{Builder: BuilderDocker, Keyword: "USER", Args: "ContainerUser"}},
		{"powershell", v1.History{CreatedBy: `powershell -Command $ErrorActionPreference = 'Stop'; dir`},
			Instruction{Builder: BuilderDocker, Keyword: "RUN", Args: "$ErrorActionPreference = 'Stop'; dir", Shell: []string{"powershell", "-Command"}}},
		{"powershell, option that ends in o", v1.History{CreatedBy: `RUN pwsh -NoLogo -Command dir # buildkit`},
			Instruction{Builder: BuilderBuildKit, Keyword: "RUN", Args: "dir", Shell: []string{"pwsh", "-NoLogo", "-Command"}}},
		{"old Docker", v1.History{CreatedBy: `/bin/sh -c #(nop) CMD ["/bin/bash"]`, Created: inYear(2015)},
			Instruction{Builder: BuilderDocker, Keyword: "CMD", Args: `["/bin/bash"]`}},
		{"old user", v1.History{CreatedBy: `/bin/sh -c #(nop)  USER [odoo]`},
			Instruction{Builder: BuilderDocker, Keyword: "USER", Args: "odoo"}},
		{"old stop signal", v1.History{CreatedBy: `/bin/sh -c #(nop) STOPSIGNAL [SIGINT]`, Created: inYear(2016)},
			Instruction{Builder: BuilderDocker, Keyword: "STOPSIGNAL", Args: "SIGINT"}},
		{"old entrypoint", v1.History{CreatedBy: `/bin/sh -c #(nop)  ENTRYPOINT &{["/bin/tini" "--" "/x.sh"]}`},
			Instruction{Builder: BuilderDocker, Keyword: "ENTRYPOINT", Args: `["/bin/tini" "--" "/x.sh"]`}},
		{"no command", v1.History{CreatedBy: `/bin/sh -c #(nop)  CMD []`},
			Instruction{Builder: BuilderDocker, Keyword: "CMD", Args: `[]`}},
		{"one space in 2018", v1.History{CreatedBy: `/bin/sh -c #(nop) ENV A=1`, Created: inYear(2018)},
			Instruction{Builder: unknown, Keyword: "ENV", Args: `A=1`}},
		{"squash", v1.History{Comment: "merge sha256:" + exampleSum + " to sha256:" + exampleSum},
			Instruction{Builder: BuilderDocker}},

		// BuildKit.
		{"bk run", v1.History{CreatedBy: "RUN |1 FOO=1 /bin/sh -c echo hi > /hi # buildkit", Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "RUN", Args: "echo hi > /hi", Shell: sh, BuildArgs: []string{"FOO=1"}}},
		{"bk run, exec", v1.History{CreatedBy: "RUN echo hi # buildkit", Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "RUN", Args: "echo hi"}},
		{"bk heredoc", v1.History{CreatedBy: "RUN /bin/sh -c cat <<EOF > /a\nA=1\nEOF # buildkit", Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "RUN", Args: "cat <<EOF > /a\nA=1\nEOF", Shell: sh}},
		{"bk heredoc as script", v1.History{CreatedBy: "RUN /bin/sh -c apt-get update\napt-get install -y curl\n # buildkit", Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "RUN", Args: "apt-get update\napt-get install -y curl\n", Shell: sh}},
		{"bk copy", v1.History{CreatedBy: "COPY --chown=app:app --chmod=755 a b /app/ # buildkit", Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "COPY", Args: "a b /app/", Flags: []string{"--chown=app:app", "--chmod=755"}, Sources: []string{"a", "b"}, Dest: "/app/"}},
		{"bk copy heredoc", v1.History{CreatedBy: "COPY <<EOF /etc/motd # buildkit", Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "COPY", Args: "<<EOF /etc/motd", Sources: []string{"<<EOF"}, Dest: "/etc/motd"}},
		{"bk expose, comment lost", v1.History{CreatedBy: "EXPOSE map[80/tcp:{}]"},
			Instruction{Builder: BuilderBuildKit, Keyword: "EXPOSE", Args: "map[80/tcp:{}]"}},
		{"bk expose list", v1.History{CreatedBy: "EXPOSE [80/tcp 443/tcp]", Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "EXPOSE", Args: "[80/tcp 443/tcp]"}},
		{"bk cmd, comment lost", v1.History{CreatedBy: `CMD ["nginx" "-g" "daemon off;"]`},
			Instruction{Builder: BuilderBuildKit, Keyword: "CMD", Args: `["nginx" "-g" "daemon off;"]`}},
		{"bk volume, comment lost", v1.History{CreatedBy: `VOLUME [/data]`},
			Instruction{Builder: BuilderBuildKit, Keyword: "VOLUME", Args: `[/data]`}},
		{"bk healthcheck", v1.History{CreatedBy: `HEALTHCHECK &{["CMD" "true"] "5s" "0s" "0s" "0s" '\x00'}`, Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "HEALTHCHECK", Args: `&{["CMD" "true"] "5s" "0s" "0s" "0s" '\x00'}`}},
		{"bk maintainer", v1.History{CreatedBy: "MAINTAINER A <a@b.c>", Comment: bk},
			Instruction{Builder: BuilderBuildKit, Keyword: "MAINTAINER", Args: "A <a@b.c>"}},
		{"bare env, nothing to tell", v1.History{CreatedBy: "ENV A=1"},
			Instruction{Builder: unknown, Keyword: "ENV", Args: "A=1"}},
		{"bk layer without history", v1.History{CreatedBy: "pulled from docker.io/library/x", Comment: "buildkit.exporter.image.v0"},
			Instruction{Builder: BuilderBuildKit, Args: "pulled from docker.io/library/x"}},

		// Buildah.
		{"FROM", v1.History{CreatedBy: "/bin/sh -c apt-get update", Comment: "FROM docker.io/library/debian:bookworm"},
			Instruction{Builder: BuilderBuildah, Keyword: "RUN", Args: "apt-get update", Shell: sh, From: "docker.io/library/debian:bookworm"}},
		{"podman commit with a comment", v1.History{CreatedBy: "/bin/sh", Comment: "mine FROM docker.io/library/alpine:3.20"},
			Instruction{Builder: BuilderCommit, Args: "/bin/sh", From: "docker.io/library/alpine:3.20"}},
		{"FROM an ID, as with --layers", v1.History{CreatedBy: "/bin/sh -c #(nop) WORKDIR /x", Comment: "FROM a23e34caaaf7"},
			Instruction{Builder: BuilderBuildah, Keyword: "WORKDIR", Args: "/x"}},
		{"space at the end of a label", v1.History{CreatedBy: "/bin/sh -c #(nop)  LABEL a=b "},
			Instruction{Builder: BuilderDocker, Keyword: "LABEL", Args: "a=b "}},
		{"FROM after a comment", v1.History{CreatedBy: "/bin/sh -c #(nop) WORKDIR /x", Comment: "mine FROM localhost/base:latest"},
			Instruction{Builder: BuilderBuildah, Keyword: "WORKDIR", Args: "/x", From: "localhost/base:latest"}},
		{"buildah env", v1.History{CreatedBy: `/bin/sh -c #(nop) ENV A="1 2" B=3`, Created: inYear(2024)},
			Instruction{Builder: BuilderBuildah, Keyword: "ENV", Args: `A="1 2" B=3`}},
		{"buildah cmd at the epoch", v1.History{CreatedBy: `/bin/sh -c #(nop) CMD ["a"]`, Created: v1.Time{Time: time.Unix(0, 0)}},
			Instruction{Builder: BuilderBuildah, Keyword: "CMD", Args: `["a"]`}},
		{"buildah cmd with commas in 2018", v1.History{CreatedBy: `/bin/sh -c #(nop) CMD ["a", "b"]`, Created: inYear(2018)},
			Instruction{Builder: BuilderBuildah, Keyword: "CMD", Args: `["a", "b"]`}},
		{"buildah small letters", v1.History{CreatedBy: `/bin/sh -c #(nop) workdir /x`},
			Instruction{Builder: BuilderBuildah, Keyword: "WORKDIR", Args: `/x`}},
		{"buildah copy, spaces of metadata", v1.History{CreatedBy: "/bin/sh -c #(nop) COPY dir:" + exampleSum + " in /x      "},
			Instruction{Builder: BuilderBuildah, Keyword: "COPY", Args: "dir:" + exampleSum + " in /x", Sources: []string{"dir:" + exampleSum}, Dest: "/x"}},
		{"buildah metadata", v1.History{CreatedBy: "/bin/sh -c #(nop) COPY file:" + exampleSum + " in /x     |force-mtime=1700000000 "},
			Instruction{Builder: BuilderBuildah, Keyword: "COPY", Args: "file:" + exampleSum + " in /x", Sources: []string{"file:" + exampleSum}, Dest: "/x"}},
		{"buildah run metadata", v1.History{CreatedBy: "/bin/sh -c echo a | cat|inheritLabels=false|force-mtime=0"},
			Instruction{Builder: BuilderBuildah, Keyword: "RUN", Args: "echo a | cat", Shell: sh}},
		{"buildah link", v1.History{CreatedBy: "/bin/sh -c #(nop) COPY --link file:" + exampleSum + " in /x "},
			Instruction{Builder: BuilderBuildah, Keyword: "COPY", Args: "file:" + exampleSum + " in /x", Flags: []string{"--link"}, Sources: []string{"file:" + exampleSum}, Dest: "/x"}},
		{"buildah mount", v1.History{CreatedBy: "/bin/sh -c --mount=type=cache,target=/c make"},
			Instruction{Builder: BuilderBuildah, Keyword: "RUN", Args: "make", Shell: sh, Flags: []string{"--mount=type=cache,target=/c"}}},
		{"buildah exec form", v1.History{CreatedBy: `/bin/sh -c ["echo", "hi"]`},
			Instruction{Builder: BuilderBuildah, Keyword: "RUN", Args: `["echo", "hi"]`}},
		{"buildah counts words", v1.History{CreatedBy: "|3 A=1 B=x y /bin/sh -c make"},
			Instruction{Builder: BuilderBuildah, Keyword: "RUN", Args: "make", Shell: sh, BuildArgs: []string{"A=1", "B=x y"}}},

		// The others.
		{"podman commit", v1.History{CreatedBy: "/bin/sh", Comment: "FROM docker.io/library/alpine:3.20"},
			Instruction{Builder: BuilderCommit, Args: "/bin/sh", From: "docker.io/library/alpine:3.20"}},
		{"docker commit", v1.History{CreatedBy: "bash", Author: "me"}, Instruction{Builder: BuilderCommit, Args: "bash"}},
		{"docker commit of another command", v1.History{CreatedBy: "nginx -g daemon off;"}, Instruction{Builder: unknown, Args: "nginx -g daemon off;"}},
		{"docker import", v1.History{Comment: "Imported from -"}, Instruction{Builder: BuilderCommit}},
		{"kaniko run", v1.History{CreatedBy: "RUN --mount=type=cache,target=/c apt-get update", Author: "kaniko"},
			Instruction{Builder: BuilderKaniko, Keyword: "RUN", Args: "apt-get update", Flags: []string{"--mount=type=cache,target=/c"}}},
		{"kaniko copy", v1.History{CreatedBy: `COPY --from=build ["/a b", "/c"]`, Author: "kaniko"},
			Instruction{Builder: BuilderKaniko, Keyword: "COPY", Args: `["/a b", "/c"]`, Flags: []string{"--from=build"}, Sources: []string{"/a b"}, Dest: "/c"}},
		{"kaniko, small letters", v1.History{CreatedBy: "copy . /app", Author: "kaniko"},
			Instruction{Builder: BuilderKaniko, Keyword: "COPY", Args: ". /app", Sources: []string{"."}, Dest: "/app"}},
		{"bazel", v1.History{CreatedBy: "bazel build ...", Author: "Bazel"}, Instruction{Builder: BuilderBazel, Args: "bazel build ..."}},
		{"ko", v1.History{CreatedBy: "ko build ko://example.com/app", Author: "ko", Comment: "go build output, at /ko-app/app"},
			Instruction{Builder: BuilderKo, Args: "ko build ko://example.com/app"}},
		{"ko publish", v1.History{CreatedBy: "ko publish ko://example.com/app", Author: "ko"},
			Instruction{Builder: BuilderKo, Args: "ko publish ko://example.com/app"}},
		{"jib", v1.History{CreatedBy: "jib-maven-plugin:3.4.0", Author: "Jib", Comment: "dependencies"},
			Instruction{Builder: BuilderJib, Args: "jib-maven-plugin:3.4.0"}},
		{"jib gradle", v1.History{CreatedBy: "jib-gradle-plugin:3.3.1", Comment: "classes"},
			Instruction{Builder: BuilderJib, Args: "jib-gradle-plugin:3.3.1"}},
		{"apko", v1.History{CreatedBy: "apko", Author: "apko", Comment: "This is an apko single-layer image"},
			Instruction{Builder: BuilderApko, Args: "apko"}},
		{"nix", v1.History{Comment: "store paths: ['/nix/store/0000-glibc-2.38']"}, Instruction{Builder: BuilderNix}},
		{"buildpacks", v1.History{CreatedBy: "Layer: 'jre', Created by buildpack: paketo-buildpacks/bellsoft-liberica@10.2.6"},
			Instruction{Builder: BuilderBuildpacks, Args: "Layer: 'jre', Created by buildpack: paketo-buildpacks/bellsoft-liberica@10.2.6"}},
		{"buildpacks app", v1.History{CreatedBy: "Application Layer"}, Instruction{Builder: BuilderBuildpacks, Args: "Application Layer"}},
		{"buildpacks slice", v1.History{CreatedBy: "Application Slice: 2"}, Instruction{Builder: BuilderBuildpacks, Args: "Application Slice: 2"}},
		{"debuerreotype", v1.History{CreatedBy: "# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'"},
			Instruction{Builder: BuilderDebuerreotype, Args: "# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'"}},
		{"umoci", v1.History{CreatedBy: "umoci config --image /x:26.04 --config.cmd /bin/bash"},
			Instruction{Builder: BuilderUmoci, Args: "umoci config --image /x:26.04 --config.cmd /bin/bash"}},

		// What must stay unknown.
		{"nothing", v1.History{}, Instruction{Builder: unknown}},
		{"a sentence", v1.History{CreatedBy: "ADDITIONAL files"}, Instruction{Builder: unknown, Args: "ADDITIONAL files"}},
		{"a command", v1.History{CreatedBy: "echo hi"}, Instruction{Builder: unknown, Args: "echo hi"}},
		{"windows base", v1.History{CreatedBy: "Apply image 10.0.20348.2227"}, Instruction{Builder: unknown, Args: "Apply image 10.0.20348.2227"}},
		{"a comment with FROM", v1.History{CreatedBy: "x", Comment: "built FROM scratch!"}, Instruction{Builder: unknown, Args: "x"}},
		{"a comment with FROM, of docker commit", v1.History{CreatedBy: "nginx", Comment: "hotfix, was FROM production"}, Instruction{Builder: unknown, Args: "nginx"}},
		{"nop of no instruction", v1.History{CreatedBy: "/bin/sh -c #(nop) hello"}, Instruction{Builder: unknown, Args: "hello"}},
	} {
		t.Run(tc.name, func(t *testing.T) { assert.Equal(t, tc.want, Parse(tc.h)) })
	}
}

func TestInstructionPairs(t *testing.T) {
	for _, tc := range []struct {
		name, by string
		want     []string
	}{
		{"one", "/bin/sh -c #(nop)  ENV PYTHON_VERSION=3.11.1", []string{"PYTHON_VERSION=3.11.1"}},
		{"several", "ENV LANG=en_US.UTF-8 LANGUAGE=en_US:en LC_ALL=en_US.UTF-8", []string{"LANG=en_US.UTF-8", "LANGUAGE=en_US:en", "LC_ALL=en_US.UTF-8"}},
		{"value with spaces", "/bin/sh -c #(nop)  ENV A=1 B=1 two", []string{"A=1", "B=1 two"}},
		{"value with white space", "ENV DEPS=autoconf \t\tfile \t\tre2c", []string{"DEPS=autoconf \t\tfile \t\tre2c"}},
		{"words with = that are no keys", "ENV CFLAGS=-O2 -D_FILE_OFFSET_BITS=64", []string{"CFLAGS=-O2 -D_FILE_OFFSET_BITS=64"}},
		{"quotes of Buildah's", `/bin/sh -c #(nop) ENV A="1 B=2" C=x\ y D='$E'`, []string{"A=1 B=2", "C=x y", "D=$E"}},
		{"old form", "/bin/sh -c #(nop) ENV A some words", []string{"A=some words"}},
		{"old form, quotes", `/bin/sh -c #(nop) ENV A "some words" and\ more`, []string{"A=some words and more"}},
		{"old form, tab", "/bin/sh -c #(nop) env A\tsome  words=1", []string{"A=some  words=1"}},
		{"backslash in quotes", `/bin/sh -c #(nop) ENV A="a\nb" B="\"\$x\\" C='a\b' D=a\nb`, []string{`A=a\nb`, `B="$x\`, `C=a\b`, `D=anb`}},
		{"label of Buildah's", `/bin/sh -c #(nop) label a=1 "b:c d"='2 3'`, []string{"a=1", "b:c d=2 3"}},
		{"no pair among them", `/bin/sh -c #(nop) label a=1 b`, nil},
		{"label", "LABEL org.opencontainers.image.version=24.04 maintainer=A B <a@b.c>", []string{"org.opencontainers.image.version=24.04", "maintainer=A B <a@b.c>"}},
		{"nothing to read", "ENV A", nil},
		{"another instruction", "ARG A=1", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := Parse(v1.History{CreatedBy: tc.by})
			assert.Equal(t, tc.want, append(in.Env(), in.Labels()...))
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "RUN", "RUN |1 A=1 /bin/sh -c x # buildkit", "|2 A=1 B=x y /bin/sh -c z", "|99999999 ", "|-1 a",
		"/bin/sh -c #(nop) COPY --chown=a:bfile:" + exampleSum + " in / ", "/bin/sh -c #(nop)  ENV A=1", "/bin/sh -c #(nop) ",
		"/bin/bash -o pipefail -c x", "COPY [\"a\", \"b\"] # buildkit", "ENV A=\"1", "umoci config", "ADD <<EOF /x\nEOF",
	} {
		f.Add(s, "", "")
		f.Add(s, "FROM debian:12", "kaniko")
		f.Add(s, "buildkit.dockerfile.v0", "")
	}
	f.Fuzz(func(t *testing.T, by, comment, author string) {
		h := v1.History{CreatedBy: by, Comment: comment, Author: author}
		in := Parse(h)
		if in.Builder == "" {
			t.Fatal("no builder")
		}
		if in.Keyword != "" && !isKeyword(in.Keyword) {
			t.Fatalf("keyword %q", in.Keyword)
		}
		// Whatever is cut out, is cut out: nothing is made up.
		for _, s := range append(append(append([]string{in.From}, in.BuildArgs...), in.Shell...), in.Flags...) {
			if !strings.Contains(by+"\x00"+comment, s) {
				t.Fatalf("%q is not in the entry", s)
			}
		}
		if len(in.Args) > len(by) {
			t.Fatal("more arguments than text")
		}
		_, _ = in.Env(), in.Labels()
	})
}
