package genealogy_test

import (
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
)

const buildKit = "buildkit.dockerfile.v0"

// smokeping is the history of lscr.io/linuxserver/smokeping of 25 February 2025, as it was
// recorded; of the application's own steps, the long command is cut.
func smokeping(t *testing.T) *configFile {
	t.Helper()
	cfg := &configFile{OS: "linux", Architecture: "amd64"}
	add := func(created, createdBy string, layer bool) {
		cfg.History = append(cfg.History, entry(t, created, createdBy, buildKit, layer))
		if layer {
			cfg.RootFS.DiffIDs = append(cfg.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: diffIDs[len(cfg.RootFS.DiffIDs)]})
		}
	}
	const raw = "https://raw.githubusercontent.com/linuxserver/docker-mods/mod-scripts/"
	add("2025-02-15T13:31:27.851956348Z", "COPY /root-out/ / # buildkit", true)
	for _, by := range []string{
		"ARG BUILD_DATE=2025-02-15T13:30:29+00:00", "ARG VERSION=a0970cfe-ls21", "ARG MODS_VERSION=v3", "ARG PKG_INST_VERSION=v1", "ARG LSIOWN_VERSION=v1",
		"LABEL build_version=Linuxserver.io version:- a0970cfe-ls21 Build-date:- 2025-02-15T13:30:29+00:00", "LABEL maintainer=TheLamer",
	} {
		add("2025-02-15T13:31:28.025990556Z", by, false)
	}
	add("2025-02-15T13:31:28.025990556Z", "ADD --chmod=755 "+raw+"docker-mods.v3 /docker-mods # buildkit", true)
	add("2025-02-15T13:31:28.232189122Z", "ADD --chmod=755 "+raw+"package-install.v1 /etc/s6-overlay/s6-rc.d/init-mods-package-install/run # buildkit", true)
	add("2025-02-15T13:31:28.407331202Z", "ADD --chmod=755 "+raw+"lsiown.v1 /usr/bin/lsiown # buildkit", true)
	add("2025-02-15T13:31:28.407331202Z", `ENV PS1=$(whoami)@$(hostname):$(pwd)\$  HOME=/root TERM=xterm S6_CMD_WAIT_FOR_SERVICES_MAXTIME=0 S6_VERBOSITY=1 S6_STAGE2_HOOK=/docker-mods VIRTUAL_ENV=/lsiopy PATH=/lsiopy/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`, false)
	add("2025-02-15T13:31:29.903573906Z", `RUN |5 BUILD_DATE=2025-02-15T13:30:29+00:00 VERSION=a0970cfe-ls21 MODS_VERSION=v3 PKG_INST_VERSION=v1 LSIOWN_VERSION=v1 /bin/sh -c echo "**** install runtime packages ****" &&   apk add --no-cache     alpine-release     bash     ca-certificates     catatonit     coreutils     curl     findutils     jq     netcat-openbsd     procps-ng     shadow     tzdata &&   echo "**** create abc user and make our folders ****" &&   groupmod -g 1000 users &&   useradd -u 911 -U -d /config -s /bin/false abc &&   usermod -G users abc &&   mkdir -p     /app     /config     /defaults     /lsiopy &&   echo "**** cleanup ****" &&   rm -rf     /tmp/* # buildkit`, true)
	add("2025-02-15T13:31:30.062704552Z", "COPY root/ / # buildkit", true)
	add("2025-02-15T13:31:30.062704552Z", `ENTRYPOINT ["/init"]`, false)
	for _, by := range []string{
		"ENV LSIO_FIRST_PARTY=true", "ARG BUILD_DATE=2025-02-25T20:36:45+00:00", "ARG VERSION=2.8.2-r3-ls123", "ARG SMOKEPING_VERSION=2.8.2-r3",
		"LABEL build_version=Linuxserver.io version:- 2.8.2-r3-ls123 Build-date:- 2025-02-25T20:36:45+00:00", "LABEL maintainer=notdriz",
	} {
		add("2025-02-25T20:41:01.72687017Z", by, false)
	}
	add("2025-02-25T20:41:01.72687017Z", `RUN |3 BUILD_DATE=2025-02-25T20:36:45+00:00 VERSION=2.8.2-r3-ls123 SMOKEPING_VERSION=2.8.2-r3 /bin/sh -c echo "**** install packages ****" # buildkit`, true)
	add("2025-02-25T20:41:01.936163446Z", "COPY root/ / # buildkit", true)
	add("2025-02-25T20:41:01.936163446Z", "EXPOSE map[80/tcp:{}]", false)
	add("2025-02-25T20:41:01.936163446Z", "VOLUME [/config /data]", false)
	return cfg
}

var diffIDs = [...]string{
	"539e98ca9b9abf7f24f52146e5d9a60cd878b9c798fa1e8786f8ca0a91ff5e02", "9fb3fcee28a57a2dfecee72ed9e6cd097fb0c2acbed64277d8829e41da7c19c7",
	"8817d578622bba11d51b89d51d05f4ef50f07a2dc626deb201ce85713acc3f92", "be4ed5435cdac23309965c2aeaf27a398ff9209296d5eb567e3b291d5809399f",
	"bfa746e6c0273b4553ed3339f1d889aeed3147ea3bd3b264f52ddfd9ead9d902", "46d08055c513b9db80d0c558602b6ae73e2acaa455c09080c8e0e77ec7d6ca6f",
	"e5d5bbe19de8ff1339d8244cbd8712f9d17d305686db36222786d6ee665f965c", "996f4c5f4bad945a39c1c4c0d3f044121d646ad167d777a54e7bdbe435db60e0",
}

// TestLinuxServer: the base of a published image is told to the build, by its steps and the
// build argument that is its version. The image on it has no name, and what somebody builds on
// the base or of its Dockerfile has none either.
func TestLinuxServer(t *testing.T) {
	const base = "ghcr.io/linuxserver/baseimage-alpine:3.20-a0970cfe-ls21 recognised"
	assert.Equal(t, []string{" unknown", base}, chain(t, smokeping(t), ancestry.Hints{}))

	ends := slices.IndexFunc(smokeping(t).History, func(h v1.History) bool { return strings.HasPrefix(h.CreatedBy, "ENTRYPOINT") }) + 1
	alone := smokeping(t)
	alone.History, alone.RootFS.DiffIDs = alone.History[:ends], alone.RootFS.DiffIDs[:6]
	assert.Equal(t, []string{base}, chain(t, alone, ancestry.Hints{}))

	on := smokeping(t)
	on.History = append(on.History[:ends:ends], entry(t, "2025-02-16T12:00:00Z", "RUN /bin/sh -c make # buildkit", buildKit, true))
	on.RootFS.DiffIDs = on.RootFS.DiffIDs[:7]
	assert.Equal(t, []string{" unknown", base}, chain(t, on, ancestry.Hints{}))

	forked := smokeping(t)
	for i := range forked.History[:ends] {
		forked.History[i].CreatedBy = strings.ReplaceAll(forked.History[i].CreatedBy, "a0970cfe-ls21", "mine-1")
	}
	for _, name := range chain(t, forked, ancestry.Hints{}) {
		assert.NotContains(t, name, "linuxserver")
	}
}
