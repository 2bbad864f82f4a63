package history

import (
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// tool is the parsed entry of a builder that has no Dockerfile.
func tool(h v1.History, b Builder) parsed {
	return parsed{Instruction: Instruction{Builder: b, Args: h.CreatedBy}}
}

// parseBuildpacks knows the names that the lifecycle gives to its layers since
// platform API 0.12. Earlier ones left created_by empty, as is that of the run
// image's layers: nothing then says what they are.
func parseBuildpacks(h v1.History) (parsed, bool) {
	by := h.CreatedBy
	named := slices.Contains([]string{
		"Application Layer", "Buildpacks Launcher Config", "Buildpacks Application Launcher",
		"Buildpacks Process Types", "Software Bill-of-Materials",
	}, by)
	created := strings.HasPrefix(by, "Layer: '") &&
		(strings.Contains(by, "', Created by buildpack: ") || strings.Contains(by, "', Created by extension: "))
	return tool(h, BuilderBuildpacks), named || created || strings.HasPrefix(by, "Application Slice: ")
}

// parseNix knows nixpkgs' dockerTools (streamLayeredImage, buildLayeredImage):
// no created_by, and the store paths of the layer in the comment.
func parseNix(h v1.History) (parsed, bool) {
	return tool(h, BuilderNix), strings.HasPrefix(h.Comment, "store paths: ")
}

// parseJib knows the Maven and Gradle plugins, jib-core and jib-cli: created_by is
// the tool and its version, the comment says what the layer holds.
func parseJib(h v1.History) (parsed, bool) {
	name, _, versioned := strings.Cut(h.CreatedBy, ":")
	known := versioned && slices.Contains([]string{"jib-maven-plugin", "jib-gradle-plugin", "jib-core", "jib-cli"}, name)
	return tool(h, BuilderJib), known || h.Author == "Jib"
}

// parseKo knows "ko build importpath", and "ko publish" of earlier versions.
func parseKo(h v1.History) (parsed, bool) {
	by := h.CreatedBy
	signed := slices.Contains([]string{"ko", "github.com/ko-build/ko", "github.com/google/ko"}, h.Author)
	written := strings.HasPrefix(by, "ko build ko://") || strings.HasPrefix(by, "ko publish ko://")
	return tool(h, BuilderKo), written || signed && strings.HasPrefix(by, "ko ")
}

// parseApko knows apko, for one layer or several: created_by is its name.
func parseApko(h v1.History) (parsed, bool) { return tool(h, BuilderApko), h.CreatedBy == "apko" }

// parseBazel knows rules_docker ("bazel build ..."), whose entries distroless
// images have too, and those that name a target.
func parseBazel(h v1.History) (parsed, bool) {
	return tool(h, BuilderBazel), strings.HasPrefix(h.CreatedBy, "bazel build ")
}

// parseUmoci knows umoci's commands, with the arguments that rockcraft appends or
// without.
func parseUmoci(h v1.History) (parsed, bool) {
	rest, ok := strings.CutPrefix(h.CreatedBy, "umoci ")
	command, _, _ := strings.Cut(rest, " ")
	return tool(h, BuilderUmoci), ok && slices.Contains([]string{"config", "raw", "insert", "repack"}, command)
}

// parseDebuerreotype knows the comment line that Debian's root archives carry:
// "# debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'".
func parseDebuerreotype(h v1.History) (parsed, bool) {
	return tool(h, BuilderDebuerreotype), strings.HasPrefix(h.CreatedBy, "# debian.sh ")
}

// parseImport knows docker import: no created_by, and the source in the comment.
func parseImport(h v1.History) (parsed, bool) {
	return tool(h, BuilderCommit), h.CreatedBy == "" && strings.HasPrefix(h.Comment, "Imported from ")
}

// parseSquash knows the entry that docker build --squash appends; it makes the
// one layer into which it merged all others.
func parseSquash(h v1.History) (parsed, bool) {
	merged := strings.HasPrefix(h.Comment, "merge sha256:") && strings.Contains(h.Comment, " to sha256:")
	return tool(h, BuilderDocker), h.CreatedBy == "" && (merged || strings.HasPrefix(h.Comment, "create new from sha256:"))
}

// parseCommit knows a committed container that ran a bare shell: docker commit
// records the container's command, Buildah and Podman "/bin/sh". Any other
// command reads like anything else: it stays unknown here.
func parseCommit(h v1.History) (parsed, bool) {
	by := strings.TrimPrefix(strings.TrimPrefix(h.CreatedBy, "/usr"), "/bin/")
	return tool(h, BuilderCommit), slices.Contains([]string{"sh", "bash", "ash", "dash", "zsh"}, by)
}
