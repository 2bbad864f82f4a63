package official

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/build"
	"github.com/stemma-go/stemma/layers/history"
)

// Some base images are made by tools that leave the same history each time, but
// for version and date. Where their sources can't be read, their history is put
// together from the tags: Debian's by debuerreotype, Alpine's and BusyBox' root
// archives, Ubuntu's by Launchpad and by rockcraft. The forms are those of the
// published images.

var (
	debianDate   = regexp.MustCompile(`-(\d{8})(?:-slim)?$`)
	alpineTag    = regexp.MustCompile(`^(?:\d+\.\d+\.\d+(?:_?rc\d+)?|\d{8})$`)
	ubuntuNumber = regexp.MustCompile(`^\d\d\.\d\d$`)
)

// known returns the histories that an image of the given tags can have: none if its
// form is not known.
func known(image string, o Origin, arch string, tags []string) []*build.Digest {
	switch image {
	case "debian":
		return knownDebian(o, arch, tags)
	case "alpine":
		return knownAlpine(o, tags)
	case "ubuntu":
		return knownUbuntu(o, tags)
	case "busybox":
		return knownBusyBox(o)
	}
	return nil
}

// debianArch maps bashbrew's names of architectures to dpkg's.
var debianArch = map[string]string{
	"amd64": "amd64", "arm32v5": "armel", "arm32v7": "armhf", "arm64v8": "arm64", "i386": "i386",
	"mips64le": "mips64el", "ppc64le": "ppc64el", "riscv64": "riscv64", "s390x": "s390x",
}

func knownDebian(o Origin, arch string, tags []string) []*build.Digest {
	suite, rest, _ := strings.Cut(o.Directory, "/")
	if o.Builder != "oci-import" {
		if rest == "" || rest == "slim" {
			return []*build.Digest{dockerfileOf("FROM scratch\nADD rootfs.tar.xz /\nCMD [\"bash\"]\n")}
		}
		return nil
	}
	if rest != "oci" && rest != "slim/oci" {
		return nil
	}
	for _, t := range tags {
		m := debianDate.FindStringSubmatch(t)
		if m == nil {
			continue
		}
		day, err := time.Parse("20060102", m[1])
		if err != nil {
			continue
		}
		return []*build.Digest{historyOf(fmt.Sprintf("# debian.sh --arch '%s' out/ '%s' '@%d'", debianArch[arch], suite, day.Unix()))}
	}
	return nil
}

func knownAlpine(o Origin, tags []string) []*build.Digest {
	for _, t := range tags {
		if alpineTag.MatchString(t) && o.Directory != "" && !strings.Contains(o.Directory, "/") {
			return []*build.Digest{dockerfileOf(fmt.Sprintf("FROM scratch\nADD alpine-minirootfs-%s-%s.tar.gz /\nCMD [\"/bin/sh\"]\n", t, o.Directory))}
		}
	}
	return nil
}

// knownBusyBox knows BusyBox's Dockerfiles, which were the same from 2016 to 2024 for
// every C library.
func knownBusyBox(o Origin) []*build.Digest {
	switch path.Base(o.Directory) {
	case "glibc", "musl", "uclibc":
		if o.File == "Dockerfile" {
			return []*build.Digest{dockerfileOf("FROM scratch\nADD busybox.tar.xz /\nCMD [\"sh\"]\n")}
		}
	}
	return nil
}

// What Docker's classic builder recorded of an instruction without layer, and of
// the root archive, of which recipes keep the destination alone.
const (
	nop     = "/bin/sh -c #(nop)  "
	anyRoot = "/bin/sh -c #(nop) ADD file:0000000000000000000000000000000000000000000000000000000000000000 in / "
)

func knownUbuntu(o Origin, tags []string) []*build.Digest {
	for _, t := range tags {
		if !ubuntuNumber.MatchString(t) || !strings.Contains(o.Repo, "launchpad") {
			continue
		}
		if o.Builder != "oci-import" {
			return []*build.Digest{historyOf(anyRoot, nop+`CMD ["bash"]`)}
		}
		if year, _ := strconv.Atoi(t[:2]); year >= 26 {
			return []*build.Digest{historyOf(rockcraft(t)...)}
		}
		head := []string{nop + "ARG RELEASE", nop + "ARG LAUNCHPAD_BUILD_ARCH"}
		name, number := nop+"LABEL org.opencontainers.image.ref.name=ubuntu", nop+"LABEL org.opencontainers.image.version="+t
		tail := []string{anyRoot, nop + `CMD ["/bin/bash"]`}
		return []*build.Digest{
			historyOf(append(append(head[:2:2], name, number), tail...)...),
			historyOf(append(append(head[:2:2], number), tail...)...),
		}
	}
	return nil
}

// rockcraft is how Ubuntu's images are made from 26.04 on. Paths and dates differ
// in each; the shapes stay.
func rockcraft(number string) []string {
	const dir = "/home/buildd/rockcraft-ubuntu-00000000000000000000000000000000/images/"
	config := "umoci config --image " + dir + "ubuntu:" + number + " "
	about := func(clear, set string) string {
		s := config + "--clear=" + clear
		for _, kv := range []string{"version=" + number, "title=ubuntu", "created=2026-01-01T00:00:00.000000+00:00"} {
			s += " --" + set + " org.opencontainers.image." + kv
		}
		return s + " --" + set + " org.opencontainers.image.description="
	}
	return []string{
		"umoci raw add-layer --image " + dir + "ubuntu:rockcraft-base " + dir + ".temp_layer.1.tar --tag " + number,
		config + "--clear=config.entrypoint --clear=config.cmd",
		config + "--clear=config.cmd --config.cmd /bin/bash",
		config + "--config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		about("config.labels", "config.label"),
		about("manifest.annotations", "manifest.annotation"),
		"umoci raw add-layer --image " + dir + "ubuntu:" + number + " " + dir + ".temp_layer.control_data.1.tar",
	}
}

func historyOf(createdBy ...string) *build.Digest {
	cfg := &v1.ConfigFile{}
	for _, s := range createdBy {
		cfg.History = append(cfg.History, v1.History{CreatedBy: s, EmptyLayer: true})
	}
	steps, _ := history.Steps(cfg)
	return build.DigestHistory(steps, nil)
}

// dockerfileOf digests a Dockerfile of this file, which is valid.
func dockerfileOf(text string) *build.Digest { return parse([]byte(text), nil).digest }
