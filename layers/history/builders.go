package history

import (
	"iter"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Builder names the program that wrote a history entry. The constants are the
// values that [Parse] returns.
type Builder string

// The builders whose history entries are recognised. What is known of each stands
// in its row of the table below: see [Builder.Facts].
const (
	BuilderUnknown       Builder = "unknown"       // none of the below, or not determinable
	BuilderDocker        Builder = "docker"        // Docker's classic builder
	BuilderBuildKit      Builder = "buildkit"      // BuildKit, buildx, docker build since 23
	BuilderBuildah       Builder = "buildah"       // Buildah, podman build
	BuilderKaniko        Builder = "kaniko"        // Kaniko
	BuilderBazel         Builder = "bazel"         // rules_docker, rules_oci, distroless
	BuilderKo            Builder = "ko"            // ko
	BuilderJib           Builder = "jib"           // Jib
	BuilderApko          Builder = "apko"          // apko: Wolfi, Chainguard
	BuilderNix           Builder = "nix"           // nixpkgs' dockerTools
	BuilderBuildpacks    Builder = "buildpacks"    // Cloud Native Buildpacks' lifecycle
	BuilderDebuerreotype Builder = "debuerreotype" // Debian's own root archives
	BuilderUmoci         Builder = "umoci"         // umoci, rockcraft
	BuilderCommit        Builder = "commit"        // docker commit, podman commit, buildah commit, docker import
)

// Facts are what is known of a builder.
type Facts struct {
	Builder Builder
	// Writing says how it records a Dockerfile's instructions. It is nil for a builder
	// that runs no Dockerfiles.
	Writing *Writing
	// Applications is true for a builder of applications, with which no distribution
	// makes its own image.
	Applications bool
	// WholeImages is true for a builder that makes images from nothing: where its entry
	// is the first that has files, no base is missing below it.
	WholeImages bool
	// Roots is true for a builder that makes nothing but the root of an image.
	Roots bool
	// SaysNothing is true when its entries say the same for whatever it builds: only
	// layers tell one of its images from another.
	SaysNothing bool
	// NamesBase is true for a builder that writes the name of the base into the comment
	// of an entry: see [Instruction].From.
	NamesBase bool
}

// Writing is how a builder records a Dockerfile's instructions.
type Writing struct {
	// Dialect is a number of its own, not 0, by which programs tell this way of writing
	// from others. Catalogue files have the builder's name instead.
	Dialect uint8
	// Expanded is true if variables are recorded expanded and quotes are taken off, and
	// a RUN has the shell that ran it. Otherwise the Dockerfile's line is recorded as it
	// is written.
	Expanded bool
	// Sources is true if COPY and ADD are recorded with the names of their sources.
	// Otherwise with a hash of what was copied.
	Sources bool
	// Owner is true if --chown is recorded by every version.
	Owner bool
	// SumsArgs is true if an ARG is recorded with the names of all ARGs before it.
	SumsArgs bool
	// Omits are the keywords of which there is no entry.
	Omits []string
}

// Records reports whether there is an entry for an instruction.
func (w *Writing) Records(keyword string) bool { return !slices.Contains(w.Omits, keyword) }

// An effect says whether a step makes a layer.
type effect uint8

const (
	noLayer    effect = iota // configuration only
	mayBeLayer               // WORKDIR, and what can't be told
	isLayer                  // files
)

// marks says what empty_layer is worth in a builder's entries.
type marks uint8

const (
	loose   marks = iota // an instruction that usually makes a layer may have made none
	fixed                // each instruction makes a layer, or makes none: a mark that says otherwise is wrong
	correct              // right as they stand
)

// A row is all that is known of a builder.
type row struct {
	Facts
	// wrote recognises an entry of a builder that runs no Dockerfiles, parse one of a
	// builder that does. Who has neither writes like the one in the row before.
	wrote func(v1.History) bool
	parse func(v1.History) (parsed, bool)
	// text is what an entry does that is no instruction; one that begins with config
	// does nothing.
	text   effect
	config string
	// effects are those of instructions that differ from other builders'.
	effects map[string]effect
	marks   marks
}

// builders is the table of builders. It is never written to. A row is tried before
// those above it: what signs with a name comes after what has to be told by its form.
var builders = [...]row{
	{
		// A committed container that ran a bare shell: docker commit records the
		// container's command, Buildah and Podman "/bin/sh". Any other command reads like
		// anything else. docker import has no created_by, and the source in the comment.
		Facts: Facts{Builder: BuilderCommit, SaysNothing: true},
		wrote: func(h v1.History) bool { return isShell(h.CreatedBy) || isImport(h) },
		text:  isLayer,
	},
	{
		Facts: Facts{
			Builder: BuilderBuildKit,
			Writing: &Writing{Dialect: 2, Expanded: true, Sources: true, Omits: []string{"ONBUILD"}},
		},
		parse: parseBuildKit, text: mayBeLayer, marks: fixed,
	},
	{
		Facts: Facts{Builder: BuilderDocker, Writing: &Writing{Dialect: 1, Expanded: true, Owner: true}},
		parse: parseClassic, text: mayBeLayer,
	},
	{
		// Without --layers, a build's last entry has the layer of all of them, whatever
		// it is, and a RUN or COPY before it has none.
		Facts: Facts{Builder: BuilderBuildah, NamesBase: true, Writing: &Writing{Dialect: 3, SumsArgs: true}},
		text:  mayBeLayer, marks: correct,
	},
	{
		// It has entries for layers alone. WORKDIR makes one if the directory is new;
		// so does VOLUME, but images mostly make the directory before.
		Facts: Facts{Builder: BuilderKaniko, Writing: &Writing{Dialect: 4, Sources: true, Omits: []string{
			"ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME",
		}}},
		parse: parseKaniko, text: isLayer, effects: map[string]effect{"VOLUME": mayBeLayer},
	},
	{
		// The comment line that Debian's root archives carry:
		// # debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'
		Facts: Facts{Builder: BuilderDebuerreotype, WholeImages: true, Roots: true},
		wrote: func(h v1.History) bool { return beginsWith(h.CreatedBy, "# debian.sh ") },
		text:  isLayer,
	},
	{
		// umoci's commands, with the arguments that rockcraft appends or without. Only
		// config makes no layer.
		Facts: Facts{Builder: BuilderUmoci, WholeImages: true},
		wrote: func(h v1.History) bool {
			return beginsWith(h.CreatedBy+" ", "umoci config ", "umoci raw ", "umoci insert ", "umoci repack ")
		},
		text: isLayer, config: "umoci config",
	},
	{
		// rules_docker, whose entries distroless images have too, and those that name a
		// target.
		Facts: Facts{Builder: BuilderBazel, Applications: true, WholeImages: true, SaysNothing: true},
		wrote: func(h v1.History) bool { return beginsWith(h.CreatedBy, "bazel build ") },
		text:  isLayer,
	},
	{
		// One layer or several: its name.
		Facts: Facts{Builder: BuilderApko, Applications: true, WholeImages: true, SaysNothing: true},
		wrote: func(h v1.History) bool { return h.CreatedBy == "apko" },
		text:  isLayer,
	},
	{
		// "ko build ko://importpath", and "ko publish" of earlier versions.
		Facts: Facts{Builder: BuilderKo, Applications: true},
		wrote: func(h v1.History) bool {
			signed := slices.Contains([]string{"ko", "github.com/ko-build/ko", "github.com/google/ko"}, h.Author)
			return beginsWith(h.CreatedBy, "ko build ko://", "ko publish ko://") || signed && beginsWith(h.CreatedBy, "ko ")
		},
		text: isLayer,
	},
	{
		// The Maven and Gradle plugins, jib-core and jib-cli: created_by is the tool and its
		// version, the comment says what the layer holds.
		Facts: Facts{Builder: BuilderJib, Applications: true, SaysNothing: true},
		wrote: func(h v1.History) bool {
			return h.Author == "Jib" || beginsWith(h.CreatedBy, "jib-maven-plugin:", "jib-gradle-plugin:", "jib-core:", "jib-cli:")
		},
		text: isLayer,
	},
	{
		// streamLayeredImage, buildLayeredImage: no created_by, and the store paths of the
		// layer in the comment.
		Facts: Facts{Builder: BuilderNix, Applications: true, WholeImages: true, SaysNothing: true},
		wrote: func(h v1.History) bool { return beginsWith(h.Comment, "store paths: ") },
		text:  isLayer,
	},
	{
		// The names that the lifecycle gives to its layers since platform API 0.12.
		// Earlier ones left created_by empty, as is that of the run image's layers:
		// nothing then says what they are.
		Facts: Facts{Builder: BuilderBuildpacks, Applications: true, SaysNothing: true},
		wrote: isBuildpacks,
		text:  isLayer,
	},
}

// rowOf returns a builder's row, an empty one for a builder that has none.
func rowOf(b Builder) *row {
	for i := range builders {
		if builders[i].Builder == b {
			return &builders[i]
		}
	}
	return &row{Facts: Facts{Builder: b}, text: mayBeLayer}
}

// Builders yields what is known of every builder. The order means something for
// those that run Dockerfiles: an entry of which none is known to be the builder is more
// likely of an earlier one.
func Builders() iter.Seq[Facts] {
	return func(yield func(Facts) bool) {
		for i := range builders {
			if !yield(builders[i].Facts) {
				return
			}
		}
	}
}

// Facts returns what is known of a builder: of BuilderUnknown nothing but its name.
func (b Builder) Facts() Facts { return rowOf(b).Facts }

// asWritten reports whether the builder records the Dockerfile's lines as they are.
func (b Builder) asWritten() bool {
	w := rowOf(b).Writing
	return w != nil && !w.Expanded
}

// effectOf returns what an entry does.
func effectOf(in Instruction) effect {
	r := rowOf(in.Builder)
	if e, ok := r.effects[in.Keyword]; ok {
		return e
	}
	switch in.Keyword {
	case "RUN", "COPY", "ADD":
		return isLayer
	case "WORKDIR":
		// BuildKit's always makes a layer, Docker's mostly does not.
		return mayBeLayer
	case "":
		if r.config != "" && strings.HasPrefix(in.Args, r.config) {
			return noLayer
		}
		return r.text
	}
	return noLayer
}

func beginsWith(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func isShell(createdBy string) bool {
	by := strings.TrimPrefix(strings.TrimPrefix(createdBy, "/usr"), "/bin/")
	return slices.Contains([]string{"sh", "bash", "ash", "dash", "zsh"}, by)
}

// isImport recognises docker import.
func isImport(h v1.History) bool {
	return h.CreatedBy == "" && strings.HasPrefix(h.Comment, "Imported from ")
}

func isBuildpacks(h v1.History) bool {
	by := h.CreatedBy
	named := slices.Contains([]string{
		"Application Layer", "Buildpacks Launcher Config", "Buildpacks Application Launcher",
		"Buildpacks Process Types", "Software Bill-of-Materials",
	}, by)
	created := strings.HasPrefix(by, "Layer: '") &&
		(strings.Contains(by, "', Created by buildpack: ") || strings.Contains(by, "', Created by extension: "))
	return named || created || strings.HasPrefix(by, "Application Slice: ")
}
