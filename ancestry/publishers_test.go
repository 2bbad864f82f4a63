package ancestry_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

// Children of images below, by other builders.
const (
	byBuildKit = "2026-11-01 + RUN /bin/sh -c make # buildkit ## buildkit.dockerfile.v0\n2026-11-01 CMD [\"app\"] ## buildkit.dockerfile.v0\n"
	ubi9       = `2025-05-13 /bin/sh -c #(nop) LABEL maintainer="Red Hat, Inc."       vendor="Red Hat, Inc."
		2025-05-13 /bin/sh -c #(nop) LABEL com.redhat.component="ubi9-container"       name="ubi9"       version="9.5"
		2025-05-13 /bin/sh -c #(nop) COPY dir:58f1fd7370bf1be7d595081ce89267556404935630c8266504f6865623b28c9f in / 
		2025-05-13 /bin/sh -c #(nop) CMD ["/bin/bash"]
		2025-05-13 /bin/sh -c #(nop) COPY file:58cc94f5b3b2d60de2c77a6ed4b1797dcede502ccdb429a72e7a72d994235b3c in /usr/share/buildinfo/content-sets.json 
		2025-05-13 + /bin/sh -c #(nop) LABEL "build-date"="2025-05-13T04:57:10" "vcs-ref"="0d3315aaa0c7b5560abd0b7de30e7d003d748698" "release"="1747112166"
		`
	ubi8minimal = `2023-02-07 /bin/sh -c #(nop) ADD file:9debacd2da6e91e574256c1d0321e942c952ad870e03815f61e023268cd50d96 in / 
		2023-02-07 /bin/sh -c #(nop) LABEL com.redhat.component="ubi8-minimal-container"       name="ubi8-minimal"       version="8.7"
		2023-02-07 /bin/sh -c #(nop) CMD ["/bin/bash"]
		2023-02-07 /bin/sh -c rm -rf /var/log/*
		2023-02-07 /bin/sh -c #(nop) LABEL "release"="1049" "vendor"="Red Hat, Inc." "build-date"="2023-02-07T16:17:52" "vcs-ref"="146fdafc2595e26f5f9c1b9a2b3f36bbca8237e4"
		2023-02-07 + /bin/sh -c mv -fZ /tmp/ubi.repo /etc/yum.repos.d/ubi.repo || :
		`
	dotnet = `2025-02-24 + # debian.sh --arch 'amd64' out/ 'bookworm' '@1740355200' ## debuerreotype 0.15
		2025-02-25 ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true ## buildkit.dockerfile.v0
		2025-02-25 + RUN /bin/sh -c apt-get install -y libicu72 # buildkit ## buildkit.dockerfile.v0
		2025-02-25 + RUN /bin/sh -c groupadd --gid=$APP_UID app # buildkit ## buildkit.dockerfile.v0
		2025-02-25 ENV DOTNET_VERSION=8.0.13 ## buildkit.dockerfile.v0
		2025-02-25 + COPY /dotnet /usr/share/dotnet # buildkit ## buildkit.dockerfile.v0
		2025-02-25 + RUN /bin/sh -c ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet # buildkit ## buildkit.dockerfile.v0
		`
	// What lscr.io/linuxserver/smokeping of 25 February 2025 records, commands cut: its base, and itself.
	lsioBase = `2025-02-15 + COPY /root-out/ / # buildkit ## buildkit.dockerfile.v0
		2025-02-15 ARG BUILD_DATE=2025-02-15T13:30:29+00:00 ## buildkit.dockerfile.v0
		2025-02-15 ARG VERSION=a0970cfe-ls21 ## buildkit.dockerfile.v0
		2025-02-15 ARG MODS_VERSION=v3 ## buildkit.dockerfile.v0
		2025-02-15 LABEL build_version=Linuxserver.io version:- a0970cfe-ls21 Build-date:- 2025-02-15T13:30:29+00:00 ## buildkit.dockerfile.v0
		2025-02-15 LABEL maintainer=TheLamer ## buildkit.dockerfile.v0
		2025-02-15 + ADD --chmod=755 https://raw.githubusercontent.com/linuxserver/docker-mods/mod-scripts/docker-mods.v3 /docker-mods # buildkit ## buildkit.dockerfile.v0
		2025-02-15 + RUN |3 BUILD_DATE=2025-02-15T13:30:29+00:00 VERSION=a0970cfe-ls21 MODS_VERSION=v3 /bin/sh -c apk add --no-cache alpine-release # buildkit ## buildkit.dockerfile.v0
		2025-02-15 + COPY root/ / # buildkit ## buildkit.dockerfile.v0
		2025-02-15 ENTRYPOINT ["/init"] ## buildkit.dockerfile.v0
		`
	smokeping = `2025-02-25 ENV LSIO_FIRST_PARTY=true ## buildkit.dockerfile.v0
		2025-02-25 ARG BUILD_DATE=2025-02-25T20:36:45+00:00 ## buildkit.dockerfile.v0
		2025-02-25 ARG VERSION=2.8.2-r3-ls123 ## buildkit.dockerfile.v0
		2025-02-25 ARG SMOKEPING_VERSION=2.8.2-r3 ## buildkit.dockerfile.v0
		2025-02-25 LABEL build_version=Linuxserver.io version:- 2.8.2-r3-ls123 Build-date:- 2025-02-25T20:36:45+00:00 ## buildkit.dockerfile.v0
		2025-02-25 LABEL maintainer=notdriz ## buildkit.dockerfile.v0
		2025-02-25 + RUN |3 BUILD_DATE=2025-02-25T20:36:45+00:00 VERSION=2.8.2-r3-ls123 SMOKEPING_VERSION=2.8.2-r3 /bin/sh -c apk add smokeping # buildkit ## buildkit.dockerfile.v0
		2025-02-25 + COPY root/ / # buildkit ## buildkit.dockerfile.v0
		2025-02-25 VOLUME [/config /data] ## buildkit.dockerfile.v0
		`
	devPython = `2026-03-10 + RUN /bin/sh -c apt-get purge -y imagemagick # buildkit ## buildkit.dockerfile.v0
		2026-03-10 LABEL version=3.0.6 ## buildkit.dockerfile.v0
		2026-03-10 LABEL dev.containers.id=python ## buildkit.dockerfile.v0
		2026-03-10 LABEL dev.containers.variant=3.14-trixie ## buildkit.dockerfile.v0
		2026-03-10 LABEL dev.containers.release=v0.4.25 ## buildkit.dockerfile.v0
		2026-03-10 LABEL dev.containers.source=https://github.com/devcontainers/images ## buildkit.dockerfile.v0
		2026-03-10 LABEL dev.containers.timestamp=Tue, 10 Mar 2026 10:00:00 GMT ## buildkit.dockerfile.v0
		2026-03-10 USER root ## buildkit.dockerfile.v0
		2026-03-10 + RUN /bin/sh -c mkdir -p /tmp/dev-container-features # buildkit ## buildkit.dockerfile.v0
		2026-03-10 USER root ## buildkit.dockerfile.v0
		2026-03-10 LABEL devcontainer.metadata=[ {"id":"ghcr.io/devcontainers/features/common-utils:2"} ] ## buildkit.dockerfile.v0
		`
	manylinux = `2026-03-10 ARG POLICY=manylinux_2_28 ## buildkit.dockerfile.v0
		2026-03-10 ARG PLATFORM=x86_64 ## buildkit.dockerfile.v0
		2026-03-10 LABEL maintainer=The ManyLinux project ## buildkit.dockerfile.v0
		2026-03-10 ENV AUDITWHEEL_POLICY=manylinux_2_28 AUDITWHEEL_ARCH=x86_64 AUDITWHEEL_PLAT=manylinux_2_28_x86_64 ## buildkit.dockerfile.v0
		2026-03-10 + COPY build_scripts/fixup-mirrors.sh /usr/local/sbin/fixup-mirrors # buildkit ## buildkit.dockerfile.v0
		2026-03-10 ENTRYPOINT ["manylinux-entrypoint"] ## buildkit.dockerfile.v0
		2026-03-10 + RUN |2 POLICY=manylinux_2_28 PLATFORM=x86_64 /bin/sh -c manylinux-entrypoint /opt/_internal/build_scripts/finalize.sh # buildkit ## buildkit.dockerfile.v0
		2026-03-10 ENV SSL_CERT_FILE=/opt/_internal/certs.pem ## buildkit.dockerfile.v0
		2026-03-10 CMD ["/bin/bash"] ## buildkit.dockerfile.v0
		`
	containerbase = `2026-08-06 ARG CONTAINERBASE_VERSION=14.14.0 ## buildkit.dockerfile.v0
		2026-08-06 LABEL maintainer=Rhys Arkins <rhys@arkins.net> org.opencontainers.image.source=https://github.com/containerbase/base ## buildkit.dockerfile.v0
		2026-08-06 ENV BASH_ENV=/usr/local/etc/env ENV=/usr/local/etc/env ## buildkit.dockerfile.v0
		2026-08-06 ENTRYPOINT ["docker-entrypoint.sh"] ## buildkit.dockerfile.v0
		2026-08-06 CMD ["bash"] ## buildkit.dockerfile.v0
		2026-08-06 + COPY dist/docker/ / # buildkit ## buildkit.dockerfile.v0
		2026-08-06 + RUN |1 CONTAINERBASE_VERSION=14.14.0 /bin/bash -c install-containerbase # buildkit ## buildkit.dockerfile.v0
		2026-08-06 LABEL org.opencontainers.image.version=14.14.0 ## buildkit.dockerfile.v0
		`
	bazel = "1970-01-01 + bazel build ...\n"
	adds  = "2019-01-01 + /bin/sh -c #(nop) ADD file:4bf66d4081da52e8b692fcff96aad84d3e68bda4f62e870e8f4803153c70e24c in / \n"
	cmd   = "2019-01-01 /bin/sh -c #(nop)  CMD [\"/bin/bash\"]\n"
)

func label(s string) string { return "2019-01-01 /bin/sh -c #(nop)  LABEL " + s + "\n" }

func TestPublishers(t *testing.T) {
	redHat7 := map[string]string{
		"name": "ubi7", "version": "7.7", "release": "140", "vendor": "Red Hat, Inc.", "com.redhat.component": "ubi7-container", "build-date": "2019-09-02T12:56:18",
	}
	openJDK := map[string]string{"name": "ubi8/openjdk-11", "version": "1.14", "release": "3", "vendor": "Red Hat, Inc.", "com.redhat.component": "openjdk-11-ubi8-container"}
	leap := map[string]string{
		"org.opensuse.base.reference": "registry.opensuse.org/opensuse/leap:15.1.3.67", "org.opensuse.reference": "registry.opensuse.org/opensuse/leap:15.1.3.67",
	}
	python := map[string]string{
		"com.suse.bci.base.reference": "registry.suse.com/bci/bci-base:15.6.47", "com.suse.bci.python.reference": "registry.suse.com/bci/python:3.11-51",
		"org.opensuse.reference": "registry.suse.com/bci/python:3.11-51",
	}
	stream := `org.label-schema.schema-version="1.0"     org.label-schema.name="CentOS Stream 9 Base Image"     org.label-schema.vendor="CentOS"     org.label-schema.build-date="20250923"`
	ssl := []string{"SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"}
	for name, test := range map[string]struct {
		image     string
		labels    map[string]string
		env       []string
		osRelease string
		run       []string // the entrypoint
		want      []string
	}{
		"ubi, steps after its CMD": {image: ubi9, want: []string{"registry.access.redhat.com/ubi9:9.5-1747112166 0-6 recorded"}},
		"ubi, and an application":  {image: ubi9 + byBuildKit, want: []string{"unknown 6-8 unknown", "registry.access.redhat.com/ubi9:9.5-1747112166 0-6 recorded"}},
		"ubi, committed again": {
			image: ubi9 + "2025-05-13 + /bin/sh ## FROM quay.io/redhat-user-workloads/rhel-9/ubi9:0d3315aaa0c7b5560abd0b7de30e7d003d748698-linux-x86-64",
			want:  []string{"registry.access.redhat.com/ubi9:9.5-1747112166 0-7 recorded"},
		},
		"ubi, and a commit of somebody's": {
			image: ubi9 + "2025-05-13 + /bin/sh ## FROM quay.io/acme/ubi9:1",
			want:  []string{"unknown 6-7 unknown", "registry.access.redhat.com/ubi9:9.5-1747112166 0-6 recorded"},
		},
		"on ubi, by Red Hat's proxy": {
			image: ubi8minimal + `2023-02-08 /bin/sh -c #(nop) COPY dir:8d13b484c8c2a940a29ae4aa7859e8e4955cd3637022e2f2c19a433d11df4f67 in /tmp/scripts 
				2023-02-08 /bin/sh -c #(nop) LABEL             com.redhat.component="amqstreams-kafka-33-container"             name="amq7/amq-streams-kafka-33-rhel8"             version="2.3.0"
				2023-02-08 /bin/sh -c rm -rf /tmp/scripts
				2023-02-08 /bin/sh -c #(nop) LABEL "release"="5.16" "vendor"="Red Hat, Inc." "build-date"="2023-02-07T17:57:14" "vcs-ref"="3d12364956b241caffce8515ef4279c56bb225a7"
				2023-02-08 /bin/sh -c rm -f /tmp/tls-ca-bundle.pem
				2023-02-08 + /bin/sh -c #(nop) USER 1001 ## FROM registry-proxy.engineering.redhat.com/rh-osbs/ubi8-minimal@sha256:65a240ad8bd3f2fff3e18a22ebadc40da0b145616231fc1e16251f3c6dee087a
				` + byBuildKit,
			want: []string{
				"unknown 12-14 unknown", "registry.access.redhat.com/amq7/amq-streams-kafka-33-rhel8:2.3.0-5.16 6-12 recorded", "registry.access.redhat.com/ubi8-minimal:8.7-1049 0-6 recorded",
			},
		},
		"ubi 7, an import": {image: "2019-09-02 +  ## Imported from -\n2019-09-02 +  ## x\n", labels: redHat7, want: []string{"registry.access.redhat.com/ubi7:7.7-140 0-2 recorded"}},
		"on ubi, squashed": {image: "2019-09-02 +  ## Imported from -\n2019-09-02 +  ## x\n2019-09-03 +  ## x\n", labels: openJDK, want: []string{"registry.access.redhat.com/ubi8/openjdk-11:1.14-3 2-3 recorded", "unknown 0-2 unknown"}},
		"on ubi 7, with a name of its own": {
			image:  "2019-09-02 +  ## Imported from -\n2019-09-02 +  ## x\n2019-10-01 /bin/sh -c #(nop)  LABEL name=acme/x vendor=ACME\n2019-10-01 + /bin/sh -c #(nop) COPY file:58cc94f5b3b2d60de2c77a6ed4b1797dcede502ccdb429a72e7a72d994235b3c in /a \n",
			labels: map[string]string{"name": "acme/x", "vendor": "ACME", "com.redhat.component": "ubi7-container", "url": "https://access.redhat.com/containers/#/registry.access.redhat.com/ubi7/images/7.7-140"},
			want:   []string{"unknown 2-4 unknown", "registry.access.redhat.com/ubi7:7.7-140 0-2 inferred"},
		},
		"somebody's labels":            {image: "2019-09-02 + COPY a / # buildkit ## buildkit.dockerfile.v0\n", labels: redHat7, want: []string{"unknown 0-1 unknown"}},
		"leap":                         {image: "2019-11-05 + KIWI 9.17.16", labels: leap, want: []string{"registry.opensuse.org/opensuse/leap:15.1.3.67 0-1 recorded"}},
		"leap, and a child":            {image: "2019-11-05 + KIWI 9.17.16\n" + byBuildKit, labels: leap, want: []string{"unknown 1-3 unknown", "registry.opensuse.org/opensuse/leap:15.1.3.67 0-1 inferred"}},
		"on SUSE's base":               {image: "2025-01-01 + KIWI 9.24.43\n2025-01-02 + KIWI 10.1.10", labels: python, want: []string{"registry.suse.com/bci/python:3.11-51 1-2 inferred", "registry.suse.com/bci/bci-base:15.6.47 0-1 inferred"}},
		"a tag left open":              {image: "2024-09-03 + KIWI 9.24.43", labels: map[string]string{"org.suse.reference": "registry.suse.com/suse/sle-micro-rancher/5.4:%PKG_VERSION%-%RELEASE"}, want: []string{"registry.suse.com/suse/sle-micro-rancher/5.4 0-1 recorded"}},
		"oracle linux":                 {image: label("org.opencontainers.image.source=https://github.com/oracle/container-images/tree/dist-amd64/8.2 org.opencontainers.image.vendor=Oracle America, Inc org.opencontainers.image.title=Oracle Linux 8") + adds + cmd + byBuildKit, want: []string{"unknown 3-5 unknown", "oraclelinux:8.2 0-3 recorded"}},
		"oracle linux, earlier":        {image: "2019-01-01 /bin/sh -c #(nop)  MAINTAINER Oracle Linux Product Team <ol-ovm-info_ww@oracle.com>\n" + adds + cmd, want: []string{"oraclelinux 0-3 inferred"}},
		"photon":                       {image: adds + label("name=Photon OS x86_64/3.0 Base Image vendor=VMware build-date=20190823") + cmd, want: []string{"photon:3.0-20190823 0-3 recorded"}},
		"scientific linux":             {image: adds + label("name=SL6 Base Image vendor=Scientific Linux build-date=20180102") + cmd + byBuildKit, want: []string{"unknown 3-5 unknown", "sl:6 0-3 recorded"}},
		"centos stream":                {image: adds + "2025-09-23 /bin/sh -c #(nop) LABEL " + stream + "\n" + cmd, want: []string{"quay.io/centos/centos:stream9 0-3 recorded"}},
		"centos":                       {image: adds + label("org.label-schema.name=CentOS Base Image org.label-schema.vendor=CentOS org.label-schema.build-date=20181204") + cmd, want: []string{"centos 0-3 inferred"}},
		"fedora":                       {image: "2024-06-06 LABEL maintainer=Clement Verna <cverna@fedoraproject.org> ## buildkit.dockerfile.v0\n2024-06-06 ENV DISTTAG=f39container FGC=f39 FBR=f39 ## buildkit.dockerfile.v0\n2024-06-06 + ADD fedora-39-x86_64.tar.xz / # buildkit ## buildkit.dockerfile.v0\n2024-06-06 CMD [\"/bin/bash\"] ## buildkit.dockerfile.v0\n", want: []string{"fedora:39 0-4 inferred"}},
		"fedora, by image factory":     {image: "2021-08-09 +  ## Created by Image Factory", labels: map[string]string{"name": "fedora", "vendor": "Fedora Project", "version": "34"}, want: []string{"fedora:34 0-1 recorded"}},
		"fedora, by kiwi":              {image: "2025-08-09 + KIWI 10.2.5\n" + byBuildKit, labels: map[string]string{"name": "fedora", "vendor": "Fedora Project", "version": "42"}, want: []string{"unknown 1-3 unknown", "fedora:42 0-1 inferred"}},
		"kiwi, and no labels":          {image: "2025-08-09 + KIWI 10.2.5\n" + byBuildKit, osRelease: "ID=opensuse-leap\nVERSION_ID=\"15.6\"\n", want: []string{"unknown 1-3 unknown", "opensuse/leap:15.6 0-1 inferred"}},
		"azure linux":                  {image: adds + cmd, osRelease: "ID=azurelinux\nVERSION_ID=\"3.0\"\n", want: []string{"mcr.microsoft.com/azurelinux/base/core:3.0 0-2 inferred"}},
		"mariner":                      {image: adds + cmd, osRelease: "ID=mariner\nVERSION_ID=\"2.0\"\n", want: []string{"mcr.microsoft.com/cbl-mariner/base/core:2.0 0-2 inferred"}},
		"distroless static":            {image: bazel + byBuildKit, osRelease: "ID=debian\nPRETTY_NAME=Distroless\n", want: []string{"unknown 1-3 unknown", "gcr.io/distroless/static 0-1 inferred"}},
		"distroless base":              {image: bazel + bazel, env: ssl, want: []string{"gcr.io/distroless/base 0-2 inferred"}},
		"distroless cc":                {image: bazel + bazel + bazel, osRelease: "ID=debian\nPRETTY_NAME=Distroless\n", want: []string{"gcr.io/distroless/cc 0-3 inferred"}},
		"distroless python":            {image: bazel + bazel + bazel + bazel, env: ssl, run: []string{"/usr/bin/python2.7"}, want: []string{"gcr.io/distroless/python2.7 0-4 inferred"}},
		"distroless java":              {image: bazel + bazel + bazel + bazel, env: ssl, run: []string{"/usr/bin/java", "-jar"}, want: []string{"gcr.io/distroless/java 0-4 inferred"}},
		"an application on distroless": {image: bazel + bazel, env: ssl, run: []string{"/app"}, want: []string{"unknown 0-2 unknown"}},
		"somebody's bazel":             {image: bazel + bazel, want: []string{"unknown 0-2 unknown"}},
		"chainguard, and ko": {
			image: "2026-07-08 + apko ## static by Chainguard\n2026-07-09 + ko build ko://github.com/acme/x", labels: map[string]string{"org.opencontainers.image.source": "https://github.com/chainguard-images/images/tree/main/images/static"},
			want: []string{"unknown 1-2 unknown", "cgr.dev/chainguard/static 0-1 inferred"},
		},
		".NET's runtime": {image: dotnet, want: []string{
			"mcr.microsoft.com/dotnet/runtime:8.0.13 4-7 inferred", "mcr.microsoft.com/dotnet/runtime-deps:8.0 1-4 inferred", "debian:bookworm-20250224 0-1 inferred",
		}},
		"aspnet": {
			image: dotnet + "2025-02-25 ENV ASPNET_VERSION=8.0.13 ## buildkit.dockerfile.v0\n2025-02-25 + COPY /shared/Microsoft.AspNetCore.App /usr/share/dotnet/shared/Microsoft.AspNetCore.App # buildkit ## buildkit.dockerfile.v0\n" + byBuildKit,
			want: []string{
				"unknown 9-11 unknown", "mcr.microsoft.com/dotnet/aspnet:8.0.13 7-9 inferred", "mcr.microsoft.com/dotnet/runtime:8.0.13 4-7 inferred",
				"mcr.microsoft.com/dotnet/runtime-deps:8.0 1-4 inferred", "debian:bookworm-20250224 0-1 inferred",
			},
		},
		"nvidia": {
			image:     adds + cmd + "2023-07-01 ENV NVARCH=x86_64 ## buildkit.dockerfile.v0\n2023-07-01 + RUN /bin/sh -c apt-get install -y gnupg2 # buildkit ## buildkit.dockerfile.v0\n2023-07-01 ENV CUDA_VERSION=12.1.1 ## buildkit.dockerfile.v0\n2023-07-01 + RUN /bin/sh -c apt-get install -y cuda # buildkit ## buildkit.dockerfile.v0\n2023-07-01 ENV NVIDIA_VISIBLE_DEVICES=all ## buildkit.dockerfile.v0\n2023-07-01 ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility ## buildkit.dockerfile.v0\n" + byBuildKit,
			osRelease: "ID=ubuntu\nVERSION_ID=\"22.04\"\n",
			want:      []string{"unknown 8-10 unknown", "nvidia/cuda:12.1.1-base-ubuntu22.04 2-8 inferred", "ubuntu:22.04 0-2 inferred"},
		},
		"jupyter": {
			image: adds + cmd + "2024-07-01 LABEL maintainer=Jupyter Project <jupyter@googlegroups.com> ## buildkit.dockerfile.v0\n2024-07-01 + RUN /bin/sh -c a # buildkit ## buildkit.dockerfile.v0\n2024-07-02 LABEL maintainer=Jupyter Project <jupyter@googlegroups.com> ## buildkit.dockerfile.v0\n2024-07-02 + RUN /bin/sh -c b # buildkit ## buildkit.dockerfile.v0\n",
			want:  []string{"unknown 4-6 unknown", "unknown 2-4 unknown", "unknown 0-2 unknown"},
		},
		"linuxserver, one of its own on its base": {image: lsioBase + smokeping, want: []string{"unknown 10-19 unknown", "unknown 1-10 unknown", "unknown 0-1 unknown"}},
		"linuxserver, by Docker's classic builder": {
			image: adds + cmd + "2024-07-01 ARG BUILD_DATE ## buildkit.dockerfile.v0\n2024-07-01 ARG VERSION ## buildkit.dockerfile.v0\n2024-07-01 LABEL build_version=Linuxserver.io version:- 3.20 Build-date:- x ## buildkit.dockerfile.v0\n2024-07-01 + RUN /bin/sh -c a # buildkit ## buildkit.dockerfile.v0\n2024-07-02 ARG BUILD_DATE ## buildkit.dockerfile.v0\n2024-07-02 ARG VERSION ## buildkit.dockerfile.v0\n2024-07-02 LABEL build_version=Linuxserver.io version:- 4.0 Build-date:- x ## buildkit.dockerfile.v0\n2024-07-02 + RUN /bin/sh -c b # buildkit ## buildkit.dockerfile.v0\n",
			want:  []string{"unknown 6-10 unknown", "unknown 2-6 unknown", "unknown 0-2 unknown"},
		},
		"containerbase":           {image: adds + cmd + containerbase, want: []string{"ghcr.io/containerbase/base:14.14.0 2-10 recorded", "unknown 0-2 unknown"}},
		"on containerbase":        {image: adds + cmd + containerbase + byBuildKit + "2026-11-01 LABEL org.opencontainers.image.version=1.0.0 ## buildkit.dockerfile.v0\n", want: []string{"unknown 10-13 unknown", "ghcr.io/containerbase/base:14.14.0 2-10 recorded", "unknown 0-2 unknown"}},
		"another's containerbase": {image: adds + cmd + strings.ReplaceAll(containerbase, "github.com/containerbase", "github.com/acme"), want: []string{"unknown 2-10 unknown", "unknown 0-2 unknown"}},
		"manylinux":               {image: adds + cmd + manylinux, want: []string{"quay.io/pypa/manylinux_2_28_x86_64 2-11 inferred", "unknown 0-2 unknown"}},
		"on manylinux":            {image: adds + cmd + manylinux + byBuildKit, want: []string{"unknown 11-13 unknown", "quay.io/pypa/manylinux_2_28_x86_64 2-11 inferred", "unknown 0-2 unknown"}},
		"somebody's, for auditwheel": {
			image: adds + cmd + "2026-03-11 ENV AUDITWHEEL_ARCH=x86_64 AUDITWHEEL_PLAT=manylinux2014_x86_64 ## buildkit.dockerfile.v0\n" + byBuildKit,
			want:  []string{"unknown 2-5 unknown", "unknown 0-2 unknown"},
		},
		"dev containers":               {image: adds + cmd + devPython, want: []string{"mcr.microsoft.com/devcontainers/python:3.0.6-3.14-trixie 2-13 recorded", "unknown 0-2 unknown"}},
		"on dev containers":            {image: adds + cmd + devPython + byBuildKit, want: []string{"unknown 13-15 unknown", "mcr.microsoft.com/devcontainers/python:3.0.6-3.14-trixie 2-13 recorded", "unknown 0-2 unknown"}},
		"on dev containers, with more": {image: adds + cmd + devPython + byBuildKit + "2026-11-01 LABEL devcontainer.metadata=[] ## buildkit.dockerfile.v0\n", want: []string{"unknown 13-16 unknown", "mcr.microsoft.com/devcontainers/python:3.0.6-3.14-trixie 2-13 recorded", "unknown 0-2 unknown"}},
		"dev containers, two": {
			image: adds + cmd + devPython + strings.ReplaceAll(devPython, "=python", "=java-8"),
			want:  []string{"mcr.microsoft.com/devcontainers/java:3.0.6-8-3.14-trixie 13-24 recorded", "mcr.microsoft.com/devcontainers/python:3.0.6-3.14-trixie 2-13 recorded", "unknown 0-2 unknown"},
		},
		"dev containers for alpine": {
			image: adds + cmd + strings.NewReplacer("=python", "=base-alpine", "3.14-trixie", "3.23").Replace(devPython),
			want:  []string{"mcr.microsoft.com/devcontainers/base:3.0.6-alpine3.23 2-13 recorded", "unknown 0-2 unknown"},
		},
		"dev containers, no variant": {
			image: adds + cmd + strings.NewReplacer("=python", "=universal", "3.14-trixie", "null").Replace(devPython),
			want:  []string{"mcr.microsoft.com/devcontainers/universal 2-13 recorded", "unknown 0-2 unknown"},
		},
		"dev containers that do not say where they end": {
			image: adds + cmd + strings.ReplaceAll(devPython[:strings.LastIndex(devPython, "2026")], "v0.4.25", "v0.2.20") + byBuildKit + "2026-11-01 LABEL devcontainer.metadata=[] ## buildkit.dockerfile.v0\n",
			want:  []string{"unknown 2-15 unknown", "unknown 0-2 unknown"},
		},
		"a fork of dev containers": {
			image: adds + cmd + strings.ReplaceAll(devPython, "github.com/devcontainers", "github.com/acme"),
			want:  []string{"unknown 2-13 unknown", "unknown 0-2 unknown"},
		},
		"aws lambda": {
			image: "2024-07-01 + ADD a.tar.xz / # buildkit ## buildkit.dockerfile.v0\n2024-07-01 + ADD b.tar.xz / # buildkit ## buildkit.dockerfile.v0\n2024-07-01 ENV LAMBDA_TASK_ROOT=/var/task ## buildkit.dockerfile.v0\n2024-07-01 ENV LAMBDA_RUNTIME_DIR=/var/runtime ## buildkit.dockerfile.v0\n2024-07-01 WORKDIR /var/task ## buildkit.dockerfile.v0\n2024-07-01 ENTRYPOINT [\"/lambda-entrypoint.sh\"] ## buildkit.dockerfile.v0\n2024-07-02 + COPY app.py . # buildkit ## buildkit.dockerfile.v0\n",
			want:  []string{"unknown 6-7 unknown", "unknown 0-6 unknown"},
		},
		"copacetic": {
			image: adds + cmd + "2025-07-02 + mount / from exec /bin/sh -c apt-get upgrade ## buildkit.exporter.image.v0\n", labels: map[string]string{"sh.copa.patch.origin.name": "docker.io/library/nginx:1.21.6", "sh.copa.patch.origin.kind": "image-ref"},
			want: []string{"unknown 2-3 unknown", "nginx:1.21.6 0-2 inferred"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := image(t, test.image)
			c.Config.Labels, c.Config.Env, c.Config.Entrypoint = test.labels, test.env, test.run
			h := ancestry.Hints{}
			if test.osRelease != "" {
				h.Files = map[int]ancestry.Files{0: {"etc/os-release": []byte(test.osRelease)}}
			}
			l, err := ancestry.Resolve(t.Context(), c, &ancestry.Options{Hints: h})
			require.NoError(t, err)
			assert.Equal(t, test.want, graded(l))
			for _, a := range l.Ancestors {
				if name != "ubi, and a commit of somebody's" { // who calls it otherwise
					assert.Empty(t, a.Against, "%s", a)
				}
			}
		})
	}
}

// TestBaseNameOfTheSDK: the label that .NET's SDK sets is about what is below its step,
// whoever builds on it.
func TestBaseNameOfTheSDK(t *testing.T) {
	const sdk = "2025-03-01 + .NET SDK Container Tooling, version 9.0.200-rtm ## buildkit.dockerfile.v0\n"
	for child, want := range map[string][]string{
		"":         {"unknown 7-8 unknown", "mcr.microsoft.com/dotnet/runtime:8.0 4-7 recorded"},
		byBuildKit: {"unknown 8-10 unknown", "unknown 7-8 unknown", "mcr.microsoft.com/dotnet/runtime:8.0 4-7 recorded"},
	} {
		c := image(t, dotnet+sdk+child)
		c.History[7].Author = ".NET SDK"
		c.Config.Labels = map[string]string{"org.opencontainers.image.base.name": "mcr.microsoft.com/dotnet/runtime:8.0"}
		l, err := ancestry.Resolve(t.Context(), c, nil)
		require.NoError(t, err)
		assert.Equal(t, append(want, "mcr.microsoft.com/dotnet/runtime-deps:8.0 1-4 inferred", "debian:bookworm-20250224 0-1 inferred"), graded(l))
		for _, a := range l.Ancestors {
			assert.Empty(t, a.Against, "%s", a)
		}
	}
}

// TestOwnPublishers adds rows.
func TestOwnPublishers(t *testing.T) {
	rows := []ancestry.Publisher{
		{
			Vendor: "ACME", Marks: map[string]string{"label:com.acme.image": `(?P<name>[a-z/]+)`, "label:com.acme.version?": `(?P<version>\d+)`, "label:com.acme.day?": `(?P<day>\d+)`},
			Name: "registry.acme.example/${name}", Tags: []string{"${version}-${day}", "${version}"}, Parent: []string{"registry.acme.example/base:${version}"},
		},
		{Vendor: "broken", Marks: map[string]string{"label:x": "("}},
		{Vendor: "broken", Marks: map[string]string{"colour:x": ""}},
	}
	l, err := ancestry.Resolve(t.Context(), image(t, adds+cmd+byBuildKit+"2026-11-01 LABEL com.acme.image=shop/api com.acme.version=3 ## buildkit.dockerfile.v0\n"),
		&ancestry.Options{Publishers: rows})
	require.NoError(t, err)
	assert.Equal(t, []string{"registry.acme.example/shop/api:3 2-5 recorded", "registry.acme.example/base:3 0-2 inferred"}, graded(l))
	require.Len(t, l.Problems, 1)
	assert.ErrorContains(t, l.Problems[0], `publisher "broken": mark label:x`)
	assert.ErrorContains(t, l.Problems[0], `mark "colour:x": no such kind`)
}

// TestSquashed: an application that was squashed onto Debian is not Debian.
func TestSquashed(t *testing.T) {
	files := func(more ...string) ancestry.Files {
		f := ancestry.Files{"etc/os-release": []byte("ID=debian\nVERSION_ID=11\nVERSION_CODENAME=bullseye\n")}
		for _, m := range more {
			name, ok := ancestry.HintPath(m)
			require.True(t, ok, m)
			f[name] = nil
		}
		return f
	}
	for name, test := range map[string]struct {
		image string
		files ancestry.Files
		want  string
	}{
		"a commit":         {"2024-01-01 + /bin/sh", files("opt/app/server.jar"), "unknown 0-1 unknown"},
		"an import":        {"2024-01-01 +  ## Imported from app.tar", files("usr/local/bin/app"), "unknown 0-1 unknown"},
		"a root, imported": {"2024-01-01 +  ## Imported from root.tar", files(), "debian 0-1 inferred"},
		"a stage, whole":   {"2024-01-01 + COPY / / # buildkit ## buildkit.dockerfile.v0\n2024-01-01 CMD [\"bash\"] ## buildkit.dockerfile.v0\n", files("srv/app"), "unknown 0-2 unknown"},
		"a distribution's": {adds + cmd, files("opt/x"), "debian 0-2 inferred"},
	} {
		l, err := ancestry.Resolve(t.Context(), image(t, test.image), &ancestry.Options{Hints: ancestry.Hints{Files: map[int]ancestry.Files{0: test.files}}})
		require.NoError(t, err)
		assert.Equal(t, []string{test.want}, graded(l), name)
		assert.Equal(t, "bullseye", l.Ancestors[0].Distro.Codename, name)
	}
}

func TestUndecided(t *testing.T) {
	root := adds + cmd
	osRelease := map[int]ancestry.Files{0: {"etc/os-release": []byte("ID=debian\nVERSION_ID=11\n")}}
	for want, opts := range map[string]*ancestry.Options{
		"full or slim: nothing that was read tells which": {Hints: ancestry.Hints{Files: osRelease}},
		"full or slim: read the layers to tell": {Catalogues: []ancestry.Source{said{
			claim(0, 2, "debian:11", ancestry.Recognised, ancestry.KindRecipe), claim(0, 2, "debian:11-slim", ancestry.Recognised, ancestry.KindRecipe),
		}}},
		"a:1 or b:1: read the layers to tell": {Catalogues: []ancestry.Source{said{
			claim(0, 2, "a:1", ancestry.Recognised, ancestry.KindRecipe), claim(0, 2, "b:1", ancestry.Recognised, ancestry.KindRecipe),
		}}},
		"": {Catalogues: []ancestry.Source{said{claim(0, 2, "a:1", ancestry.Recognised, ancestry.KindRecipe)}}},
	} {
		l, err := ancestry.Resolve(t.Context(), image(t, root), opts)
		require.NoError(t, err)
		assert.Equal(t, want, l.Ancestors[0].Undecided)
	}
}
