package ancestry

// publishers is the table of publishers. A row is tried before those below it that are
// of the same vendor.
func publishers() []Publisher {
	// A reference that its build forgot to fill in has %PKG_VERSION% for a tag.
	const reference = `(?P<reference>[^%]+?)(?::[^/]*%.*)?`
	const redHatRoots = `registry\.access\.redhat\.com/(?:ubi|rhel)\d+[^/]*(?:/(?:ubi|rhel)[^/]*)?`
	const dotnet = "mcr.microsoft.com/dotnet/"
	// The version of .NET: 8.0.13, 9.0.0-rc.1. Those before 5 are in another repository.
	const version = `(?P<version>(?P<minor>(?:[5-9]|[1-9]\d)\.\d+)\.\d[-.\w]*)`
	return []Publisher{
		{
			Vendor: "Red Hat",
			Marks: map[string]string{
				"label:vendor": `Red Hat.*`, "label:com.redhat.component": `.+`,
				"label:name": `(?:registry\.access\.redhat\.com/)?(?P<name>\S+)`, "label:version?": `(?P<version>\S+)`, "label:release?": `(?P<release>\S+)`,
			},
			Name: "registry.access.redhat.com/${name}", Tags: []string{"${version}-${release}", "${version}"},
			Ends: []string{"build-date"}, Again: "vcs-ref",
			Roots:    redHatRoots,
			Internal: []string{"registry-proxy.engineering.redhat.com/rh-osbs/", "quay.io/redhat-user-workloads/"},
			Source:   "labels and history of registry.access.redhat.com/ubi7:7.7-140, ubi8-minimal:8.7, ubi9/ubi-micro:9.1.0-15, ubi9:9.5 and ubi10:10.0-beta",
		},
		{
			// What is left of the labels where an image built on it has a name of its own.
			Vendor: "Red Hat",
			Marks: map[string]string{
				"label:url": `https://access\.redhat\.com/containers/#/registry\.access\.redhat\.com/(?P<name>\S+)/images/(?P<release>[^/\s]+)`,
			},
			Name: "registry.access.redhat.com/${name}", Tags: []string{"${release}"},
			Roots:  redHatRoots,
			Source: "labels of registry.access.redhat.com/ubi7:7.7-140 and ubi9/ubi-micro:9.1.0-15",
		},
		// openSUSE and SUSE: a label has the whole name, and keys of the base's own stay
		// when an image built on it sets the others. Their builds do not record labels,
		// but for those of a Dockerfile.
		{
			Vendor: "SUSE", Marks: map[string]string{"label:org.opensuse.base.reference": reference}, Steps: `\A\nKIWI [^\n]*`, Name: "${reference}",
			Source: "labels of registry.opensuse.org/opensuse/leap:15.1 and tumbleweed; https://en.opensuse.org/Building_derived_containers#Labels",
		},
		{
			Vendor: "SUSE", Marks: map[string]string{"label:com.suse.sle.base.reference": reference}, Steps: `\A\nKIWI [^\n]*`, Name: "${reference}",
			Source: "labels of registry.suse.com/suse/sle15:15.3",
		},
		{
			Vendor: "SUSE", Marks: map[string]string{"label:com.suse.bci.base.reference": reference}, Steps: `\A\nKIWI [^\n]*`, Name: "${reference}",
			Source: "labels of registry.suse.com/bci/bci-base:15.6",
		},
		{
			Vendor: "SUSE", Marks: map[string]string{"label:org.opensuse.reference": reference}, Steps: `\nKIWI [^\n]*`, Name: "${reference}",
			Source: "labels of registry.suse.com/suse/sle15:15.3",
		},
		{
			Vendor: "SUSE", Marks: map[string]string{"label:org.suse.reference": reference}, Steps: `\nKIWI [^\n]*`, Name: "${reference}",
			Source: "labels of registry.suse.com/suse/sle-micro-rancher/5.4",
		},
		{
			Vendor: "SUSE", Marks: map[string]string{"label:com.suse.*.reference": reference}, Steps: `\nKIWI [^\n]*`, Name: "${reference}",
			Source: "labels of registry.suse.com/suse/sle-micro-rancher/5.4",
		},
		{
			Vendor: "SUSE", Marks: map[string]string{"label:org.opensuse.reference": reference}, Name: "${reference}",
			Source: "https://en.opensuse.org/Building_derived_containers#Labels",
		},
		{
			Vendor: "Oracle",
			Marks: map[string]string{
				"label:org.opencontainers.image.vendor": `Oracle America, Inc\.?`,
				"label:org.opencontainers.image.source": `https://github\.com/oracle/container-images/tree/dist-\w+/(?P<version>\d[-.\w]*)`,
			},
			Name: "oraclelinux", Tags: []string{"${version}"}, Ends: []string{"org.opencontainers.image.source"}, Roots: "oraclelinux",
			Source: "history of oraclelinux:8.2",
		},
		{
			Vendor: "Oracle", Steps: `\A\nMAINTAINER Oracle Linux Product Team[^\n]*\nADD [^\n]*\nCMD [^\n]*`, Name: "oraclelinux",
			Source: "history of oraclelinux:8.0",
		},
		{
			Vendor: "VMware",
			Marks: map[string]string{
				"label:name": `Photon OS \S+/(?P<version>[.\d]+) Base Image`, "label:vendor": `VMware.*`, "label:build-date": `(?P<day>\d{8})`,
			},
			Name: "photon", Tags: []string{"${version}-${day}", "${version}"}, Ends: []string{"build-date"}, Roots: "photon",
			Source: "history of photon:3.0-20190823",
		},
		{
			Vendor: "Scientific Linux",
			Marks:  map[string]string{"label:name": `SL(?P<version>\d+) Base Image`, "label:vendor": `Scientific Linux`, "label:build-date": `\d{8}`},
			Name:   "sl", Tags: []string{"${version}"}, Ends: []string{"build-date"}, Roots: "sl",
			Source: "history of sl:6 of January 2018",
		},
		{
			Vendor: "CentOS",
			Marks: map[string]string{
				"label:org.label-schema.name": `CentOS Stream (?P<version>\d+) Base Image`, "label:org.label-schema.vendor": `CentOS`, "label:org.label-schema.build-date": `\d{8}`,
			},
			Name: "quay.io/centos/centos", Tags: []string{"stream${version}"}, Ends: []string{"org.label-schema.build-date"}, Roots: `quay\.io/centos/centos`,
			Source: "history of quay.io/centos/centos:stream9",
		},
		{
			Vendor: "CentOS",
			Marks: map[string]string{
				"label:org.label-schema.name": `CentOS Base Image`, "label:org.label-schema.vendor": `CentOS`, "label:org.label-schema.build-date": `\d{8}`,
			},
			Name: "centos", Ends: []string{"org.label-schema.build-date"}, Roots: "centos",
			Source: "history of centos:6, centos:7.6.1810 and centos:7.8.2003",
		},
		{
			Vendor: "Fedora",
			Steps:  `\A(?:\n(?:LABEL|MAINTAINER) [^\n]*)?\nENV DISTTAG=f(?P<version>\d+)container [^\n]*\nADD [^\n]*\nCMD [^\n]*`,
			Name:   "fedora", Tags: []string{"${version}"},
			Source: "docker-library/repo-info, histories of fedora:30, 34 and 39",
		},
		{
			Vendor: "Fedora",
			Marks:  map[string]string{"label:name": `fedora`, "label:vendor": `Fedora Project`, "label:version": `(?P<version>\d+)`},
			Name:   "fedora", Tags: []string{"${version}"}, Roots: "fedora",
			Source: "labels of registry.fedoraproject.org/fedora:32 and 34",
		},
		// distroless: static has one layer, base another above it, cc a third. The images of
		// languages have more, and something to run.
		{
			Vendor: "Google", Steps: `\A(?:\nbazel build \.\.\.[^\n]*)+`, Layers: 1, Name: "gcr.io/distroless/static",
			Marks: map[string]string{"os-release:PRETTY_NAME": "Distroless"}, Source: "GoogleContainerTools/distroless, base/base.bzl",
		},
		{
			Vendor: "Google", Steps: `\A(?:\nbazel build \.\.\.[^\n]*)+`, Layers: 3, Name: "gcr.io/distroless/cc",
			Marks:  map[string]string{"os-release:PRETTY_NAME": "Distroless", "config:Entrypoint": "", "config:Cmd": ""},
			Source: "GoogleContainerTools/distroless, cc/BUILD",
		},
		{
			Vendor: "Google", Steps: `\A(?:\nbazel build \.\.\.[^\n]*)+`, Layers: 2, Name: "gcr.io/distroless/base",
			Marks:  map[string]string{"os-release:PRETTY_NAME": "Distroless", "config:Entrypoint": "", "config:Cmd": ""},
			Source: "GoogleContainerTools/distroless, base/base.bzl; history of gcr.io/distroless/base",
		},
		{
			Vendor: "Google", Steps: `\A(?:\nbazel build \.\.\.[^\n]*)+`, Layers: 2, Name: "gcr.io/distroless/base",
			Marks: map[string]string{
				"env:SSL_CERT_FILE": `/etc/ssl/certs/ca-certificates\.crt`, "config:Entrypoint": "", "config:Cmd": "", "config:User": "0?",
			},
			Source: "GoogleContainerTools/distroless, base/base.bzl; history of gcr.io/distroless/base",
		},
		{
			Vendor: "Google", Steps: `\A(?:\nbazel build \.\.\.[^\n]*)+\z`, Name: "gcr.io/distroless/python2.7",
			Marks:  map[string]string{"env:SSL_CERT_FILE": `/etc/ssl/certs/ca-certificates\.crt`, "config:Entrypoint": `/usr/bin/python2\.7`, "config:Cmd": ""},
			Source: "GoogleContainerTools/distroless, experimental/python2.7/BUILD",
		},
		{
			Vendor: "Google", Steps: `\A(?:\nbazel build \.\.\.[^\n]*)+\z`, Name: "gcr.io/distroless/python3",
			Marks:  map[string]string{"env:SSL_CERT_FILE": `/etc/ssl/certs/ca-certificates\.crt`, "config:Entrypoint": `/usr/bin/python3\.\d+`, "config:Cmd": ""},
			Source: "GoogleContainerTools/distroless, experimental/python3/BUILD",
		},
		{
			Vendor: "Google", Steps: `\A(?:\nbazel build \.\.\.[^\n]*)+\z`, Name: "gcr.io/distroless/nodejs",
			Marks:  map[string]string{"env:SSL_CERT_FILE": `/etc/ssl/certs/ca-certificates\.crt`, "config:Entrypoint": `/nodejs/bin/node`, "config:Cmd": ""},
			Source: "GoogleContainerTools/distroless, experimental/nodejs/BUILD",
		},
		{
			Vendor: "Google", Steps: `\A(?:\nbazel build \.\.\.[^\n]*)+\z`, Name: "gcr.io/distroless/java",
			Marks:  map[string]string{"env:SSL_CERT_FILE": `/etc/ssl/certs/ca-certificates\.crt`, "config:Entrypoint": `(?:/usr/lib/jvm/java-8-openjdk-amd64/jre)?/(?:usr/)?bin/java -jar`, "config:Cmd": ""},
			Source: "GoogleContainerTools/distroless, java/BUILD",
		},
		{
			Vendor: "Chainguard",
			Marks:  map[string]string{"label:org.opencontainers.image.source": `https://github\.com/chainguard-images/images/tree/main/images/(?P<name>[^/]+)(?:/.*)?`},
			Steps:  `(?:\napko [^\n]*)+`, Name: "cgr.dev/chainguard/${name}",
			Source: "labels of cgr.dev/chainguard/static",
		},
		{
			Vendor: "Chainguard",
			Marks:  map[string]string{"label:org.opencontainers.image.url": `https://images\.chainguard\.dev/directory/image/(?P<name>[^/]+)(?:/.*)?`},
			Steps:  `(?:\napko [^\n]*)+`, Name: "cgr.dev/chainguard/${name}",
			Source: "labels of cgr.dev/chainguard/static",
		},
		{
			Vendor: "Bitnami",
			Marks: map[string]string{
				"label:org.opencontainers.image.base.name": `.*bitnami/minideb.*`, "label:org.opencontainers.image.vendor": `(?:VMware|Broadcom|Bitnami).*`,
				"label:org.opencontainers.image.title": `(?P<name>[^/:\s]+)`, "label:org.opencontainers.image.ref.name?": `(?P<tag>\S+)`,
				"label:org.opencontainers.image.version?": `(?P<version>\S+)`,
			},
			Name: "bitnami/${name}", Tags: []string{"${tag}", "${version}"},
			Source: "bitnami/containers, LABEL of each Dockerfile",
		},
		// .NET: each image has the next below it.
		{
			Vendor: "Microsoft", Name: dotnet + "runtime-deps",
			Steps:  `\nENV [^\n]*DOTNET_RUNNING_IN_CONTAINER=true[^\n]*(?:\nRUN [^\n]*(?:libicu|icu-libs|libstdc\+\+|groupadd|addgroup)[^\n]*)+`,
			Source: "dotnet/dotnet-docker, src/runtime-deps; history of mcr.microsoft.com/dotnet/runtime:8.0",
		},
		{
			// .NET 5 and .NET Core 3.1, which is in another repository, read the same.
			Vendor: "Microsoft",
			Steps:  `\nRUN [^\n]*(?:libicu|icu-libs)[^\n]*\nENV [^\n]*DOTNET_RUNNING_IN_CONTAINER=true[^\n]*`,
			Source: "dotnet/dotnet-docker, src/runtime-deps/8.0/bookworm-slim in its first versions",
		},
		{
			Vendor: "Microsoft", Name: dotnet + "runtime", Tags: []string{"${version}", "${minor}"}, Parent: []string{dotnet + "runtime-deps:${minor}"},
			Steps: `\nENV (?:[^\n]* )?DOTNET_VERSION=` + version + `[^\n]*(?:\nCOPY /dotnet /usr/share/dotnet(?:\nRUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet)?|` +
				`\nRUN [^\n]*dotnet-runtime-[^\n]*)`,
			Source: "dotnet/dotnet-docker, src/runtime; history of mcr.microsoft.com/dotnet/runtime:8.0",
		},
		{
			Vendor: "Microsoft", Name: dotnet + "aspnet", Tags: []string{"${version}", "${minor}"}, Parent: []string{dotnet + "runtime:${version}"},
			Steps: `\nENV (?:[^\n]* )?ASPNET_VERSION=` + version + `[^\n]*(?:\nCOPY /shared/Microsoft\.AspNetCore\.App [^\n]*|` +
				`\nRUN [^\n]*aspnetcore-runtime-[^\n]*)`,
			Source: "dotnet/dotnet-docker, src/aspnet",
		},
		{
			Vendor: "NVIDIA", Name: "nvidia/cuda", Tags: []string{"${version}-base-${id}${os}"},
			Marks: map[string]string{"os-release:ID?": `(?P<id>ubuntu)`, "os-release:VERSION_ID?": `(?P<os>\d\d\.\d\d)`},
			Steps: `\nENV NVARCH=[^\n]*(?:\n[^\n]*)*?\nENV CUDA_VERSION=(?P<version>\d[.\d]*)(?:\n[^\n]*)*?\nENV NVIDIA_DRIVER_CAPABILITIES=compute,utility`,

			Source: "histories of images on nvidia/cuda:12.1.1 and 12.8.1",
		},
		// Each image of the Jupyter project's begins with this label; each of
		// LinuxServer's, its bases too, has the other among the first.
		{
			Vendor: "Jupyter", Steps: `\nLABEL maintainer="?Jupyter Project[^\n]*`, Later: true,
			Source: "jupyter/docker-stacks, LABEL of each Dockerfile",
		},
		{
			// Its labels say which image it is, and nothing says where that ends.
			Vendor: "LinuxServer", Later: true,
			Steps:  `(?:\nENV LSIO_FIRST_PARTY=true)?\nARG BUILD_DATE(?:=[^\n]*)?(?:\nARG [^\n]*)*\nLABEL build_version="?Linuxserver\.io version:- [^\n]*`,
			Source: "linuxserver's Dockerfiles, LABEL build_version of each; histories of linuxserver/codimd of December 2020 and lscr.io/linuxserver/smokeping of February 2025",
		},
		{
			Vendor: "containerbase", Name: "ghcr.io/containerbase/base", Tags: []string{"${version}"}, Ends: []string{"org.opencontainers.image.version"},
			Marks: map[string]string{
				"label:org.opencontainers.image.source":  `https://github\.com/containerbase/base`,
				"label:org.opencontainers.image.version": `(?P<version>\d+\.\d+\.\d+[-.\w]*)`,
			},
			Source: "containerbase/base: every Dockerfile with that source since December 2022 ends with LABEL org.opencontainers.image.version",
		},
		{
			// The digests and days in its tags are nowhere in the image.
			Vendor: "PyPA", Name: "quay.io/pypa/${platform}",
			Steps: `\nARG POLICY(?:=[^\n]*)?(?:\nARG [^\n]*)*\nLABEL maintainer="?The ManyLinux project"?\nENV AUDITWHEEL_POLICY=\w+ AUDITWHEEL_ARCH=\w+ AUDITWHEEL_PLAT=(?P<platform>(?:many|musl)linux\w+)` +
				`(?:\n[^\n]*)*?\nENV SSL_CERT_FILE=/opt/_internal/certs\.pem\nCMD \["/bin/bash"\]`,
			Source: "pypa/manylinux, docker/Dockerfile and build.sh",
		},
		{
			// Images of releases before v0.3 do not say where they end.
			Vendor: "Dev Containers", Name: "mcr.microsoft.com/devcontainers/${name}", Tags: []string{"${version}-${variant}"}, Ends: []string{"devcontainer.metadata"},
			Marks: devContainers(`(?P<name>[a-z]+(?:-node)?)(?:-debian|-ubuntu)?`, `(?P<variant>\d[-.\w]*|[a-z]{5,})`), Source: devContainersSource,
		},
		{
			Vendor: "Dev Containers", Name: "mcr.microsoft.com/devcontainers/${name}", Tags: []string{"${version}-alpine${variant}"}, Ends: []string{"devcontainer.metadata"},
			Marks: devContainers(`(?P<name>base)-alpine`, `(?P<variant>\d[-.\w]*|[a-z]{5,})`), Source: devContainersSource,
		},
		{
			Vendor: "Dev Containers", Name: "mcr.microsoft.com/devcontainers/${name}", Tags: []string{"${version}-8-${variant}"}, Ends: []string{"devcontainer.metadata"},
			Marks: devContainers(`(?P<name>java)-8`, `(?P<variant>\d[-.\w]*|[a-z]{5,})`), Source: devContainersSource,
		},
		// An image that runs as a function of AWS: it does not say for which language.
		{
			Vendor: "AWS", Steps: `\A(?:\nADD [^\n]*)+(?:\nENV [^\n]*)*\nENV LAMBDA_RUNTIME_DIR[= ]/var/runtime[^\n]*\nWORKDIR /var/task\nENTRYPOINT \["/lambda-entrypoint\.sh"\]`,
			Source: "aws/aws-lambda-base-images, the Dockerfiles of each language",
		},
		// Copacetic patches what is below the last layers, and keeps the labels.
		{
			Vendor: "Copacetic",
			Marks:  map[string]string{"label:sh.copa.patch.origin.name": `(?P<name>[^@]+)(?:@.*)?`, "label:sh.copa.patch.origin.digest?": `(?P<digest>\S+)`},
			Steps:  `(?:\n[^\n]* ## buildkit\.exporter\.image\.v0[^\n]*)+\z`, Parent: []string{"${name}@${digest}", "${name}"},
			Source: "project-copacetic/copacetic, pkg/types",
		},
	}
}

const devContainersSource = "devcontainers/images, build/src/prep.js and src/*/manifest.json; labels of mcr.microsoft.com/devcontainers/base:noble of v0.4.24, history of devcontainers/jekyll:2-bullseye"

// devContainers are the marks of an image of devcontainers/images, whose Dockerfile ends
// with them. Its builder then installs features, and sets devcontainer.metadata last. The
// variant of images that have none is null.
func devContainers(id, variant string) map[string]string {
	return map[string]string{
		"label:dev.containers.source": `https://github\.com/devcontainers/images`, "label:dev.containers.release": `v(?:0\.(?:[3-9]|[1-9]\d)|[1-9])\S*`,
		"label:dev.containers.id": id, "label:dev.containers.variant?": variant, "label:version?": `(?P<version>\d+\.\d+\.\d+)`,
	}
}
