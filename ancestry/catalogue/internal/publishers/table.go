package publishers

// table is the table of publishers: see the package's documentation for how to add one.
func table() []Publisher {
	return []Publisher{
		{Repository: "docker-library/repo-info", Read: readRepoInfo, Asked: true},
		{Repository: "docker-library/meta", Read: readMeta, Asked: true},
		{Repository: "devcontainers/images", Read: readDevContainers, Asked: true},
		{Repository: "dotnet/versions", Also: []string{dotnetFiles}, Read: readDotnet},
		{
			Repository: "nginxinc/docker-nginx-unprivileged",
			Files: []File{
				{Path: `(?P<line>mainline|stable)/(?P<v>alpine(?:-slim)?)/Dockerfile`, Name: "nginxinc/nginx-unprivileged", Tags: []string{"${NGINX_VERSION}-${v}", "${line}-${v}"}},
				{Path: `(?P<line>mainline|stable)/(?:debian|buster|stretch)/Dockerfile`, Name: "nginxinc/nginx-unprivileged", Tags: []string{"${NGINX_VERSION}", "${line}"}},
				{Path: `(?P<line>mainline|stable)/(?:alpine|debian|buster|stretch)-perl/Dockerfile`, Name: "nginxinc/nginx-unprivileged", Tags: []string{"${FROM_TAG}-perl"}},
			},
		},
		{
			Repository: "microsoft/openjdk-docker",
			Files: []File{
				{Path: `docker/(?P<os>ubuntu|mariner|azurelinux|distroless)/Dockerfile\.msopenjdk-(?P<v>\d+)-jdk`, Name: "mcr.microsoft.com/openjdk/jdk", Tags: []string{"${v}-${os}"}},
				{Path: `docker/(?P<os>mariner|azurelinux|distroless)/Dockerfile\.temurin-8-jdk`, Name: "mcr.microsoft.com/openjdk/jdk", Tags: []string{"8-${os}"}},
			},
		},
		{
			// Built at every change, and tagged with the day and with versions inside.
			Repository: "jupyter/docker-stacks",
			Files: []File{
				{Path: `(?:images/)?(?P<name>[a-z][a-z-]*-(?:notebook|foundation))/Dockerfile`, Name: "quay.io/jupyter/${name}", Tags: []string{"latest"}, Since: "2023-10-20"},
				{Path: `(?:images/)?(?P<name>[a-z][a-z-]*-(?:notebook|foundation))/Dockerfile`, Name: "jupyter/${name}", Tags: []string{"latest"}, Until: "2023-10-20"},
			},
		},
		{
			Repository: "CircleCI-Public/cimg-base",
			Files: []File{
				{Path: `(?P<v>\d\d\.\d\d)/Dockerfile`, Name: "cimg/base", Tags: []string{"current-${v}"}},
			},
		},
		{
			Repository: "cypress-io/cypress-docker-images",
			Files: []File{
				{Path: `(?P<name>base|browsers|included)/(?P<v>[^/]+)/Dockerfile`, Name: "cypress/${name}", Tags: []string{"${v}"}},
			},
		},
		{
			Repository: "osrf/docker_images",
			Files: []File{
				{Path: `ros/(?P<d>\w+)/ubuntu/(?P<suite>\w+)/(?P<v>desktop|desktop-full|simulation)/Dockerfile`, Name: "osrf/ros", Tags: []string{"${d}-${v}-${suite}", "${d}-${v}"}},
			},
		},
		{
			// The version in its tags is in no Dockerfile: the name alone is known.
			Repository: "microsoft/playwright",
			Files: []File{
				{Path: `utils/docker/Dockerfile\.(?:bionic|focal|jammy|noble|resolute)`, Name: "mcr.microsoft.com/playwright"},
			},
		},
		{Repository: "SeleniumHQ/docker-selenium", Files: seleniumFiles()},
		{
			// Each branch has a version of the distribution. The tag is that of the git tag, which
			// the build makes; the part behind the branch is in a label.
			Repository: "linuxserver/docker-baseimage-alpine",
			Files:      linuxserverFiles("alpine", `edge|\d+\.\d+`),
		},
		{
			Repository: "linuxserver/docker-baseimage-ubuntu",
			Files:      linuxserverFiles("ubuntu", `xenial|bionic|focal|jammy|noble`),
		},
		{
			// Those for CentOS Stream: what is for RHEL is built by Red Hat, whose labels name it.
			Repository: "sclorg/s2i-base-container",
			Files: []File{
				{Path: `core/Dockerfile\.(?P<os>c\d+s)`, Name: "quay.io/sclorg/s2i-core-${os}", Tags: []string{"${os}"}},
				{Path: `base/Dockerfile\.(?P<os>c(?P<v>\d+)s)`, Name: "quay.io/sclorg/s2i-base-${os}", Tags: []string{"${os}"}, Inherits: map[string]string{"VERSION": "${v}"}},
			},
		},
		{
			Repository: "sclorg/s2i-python-container",
			Files: []File{
				{Path: `(?P<major>\d)\.(?P<minor>\d+)/Dockerfile\.(?P<os>c\d+s)`, Name: "quay.io/sclorg/python-${major}${minor}-${os}", Tags: []string{"${os}"}},
				{Path: `(?P<major>\d)\.(?P<minor>\d+)-minimal/Dockerfile\.(?P<os>c\d+s)`, Name: "quay.io/sclorg/python-${major}${minor}-minimal-${os}", Tags: []string{"${os}"}},
			},
		},
	}
}

// linuxserverFiles are those of one of LinuxServer's base images, released at the git tags:
// of a branch, and before they were named so. When a build was made is in no file.
func linuxserverFiles(name, branch string) []File {
	const version = `(?P<version>[0-9a-f]{8}-(?:pkg-[0-9a-f]+-)?ls\d+)`
	file := func(release string, tags ...string) File {
		return File{
			Path: `Dockerfile`, Release: release, Name: "ghcr.io/linuxserver/baseimage-" + name, Tags: tags,
			Args: map[string]string{"VERSION": "${version}"}, Varies: []string{"BUILD_DATE"}, Since: "2020-11-01",
		}
	}
	return []File{file(`(?P<line>`+branch+`)-`+version, "${line}-${version}", "${line}"), file(version, "${version}")}
}
