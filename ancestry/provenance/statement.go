package provenance

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/ancestry"
)

// maxMaterials is how many materials a document may have. Real ones have a dozen.
const maxMaterials = 10_000

// A Statement is what a document says of a build, as far as it helps to tell the chain.
type Statement struct {
	// Builder is the ID of the builder, BuildType the kind of build, as stated.
	Builder, BuildType string
	// Subjects are the digests of what was built; of an image its manifest, or an index.
	Subjects []v1.Hash
	// Started is when the build began; zero if it is not stated.
	Started time.Time
	// Images are the images that the build used, for whatever: base and stages, the
	// builder's own tools. They are a set.
	Images []Image
	// Repository and Revision are the source that was built, where they are stated:
	// "https://github.com/acme/app.git" and the commit. Credentials are left out.
	Repository, Revision string
	// Dockerfile is its text, and Path where it is in the repository; both empty where
	// they are not stated.
	Dockerfile []byte
	Path       string

	target string            // the stage that was built; "" is the last
	args   map[string]string // build arguments
	file   string            // the name of the Dockerfile
	graph  *graph            // nil if the statement has none
}

// An Image is one that a build used.
type Image struct {
	// Name has the digest that the build found, mostly that of an index. Without a
	// repository only the digest is known: the image came from a local layout.
	Name ancestry.Name
	// Base says that the statement calls the image a base of the build's.
	Base bool

	tool bool // the frontend, or the scanner that made an SBOM
}

// Parse reads a document. The error says where in it something is wrong, and wraps
// [ErrOther] if it is no provenance.
func Parse(content []byte) (*Statement, error) {
	if len(content) > MaxSize {
		return nil, fmt.Errorf("%d bytes: larger than %d", len(content), MaxSize)
	}
	raw, err := unwrap(content, 0)
	if err != nil {
		return nil, err
	}
	s := &Statement{}
	for _, sub := range raw.Subject {
		if h, ok := sha256Of(sub.Digest); ok {
			s.Subjects = append(s.Subjects, h)
		}
	}
	switch raw.PredicateType {
	case typeSLSA02:
		err = s.parse02(raw.Predicate)
	case typeSLSA1:
		err = s.parse1(raw.Predicate)
	default:
		return nil, fmt.Errorf("%w: predicate type %.200q", ErrOther, raw.PredicateType)
	}
	if err != nil {
		return nil, at("predicate", err)
	}
	return s, nil
}

// sha256Of returns the digest by which registries know an image.
func sha256Of(set map[string]string) (v1.Hash, bool) {
	h, err := v1.NewHash("sha256:" + set["sha256"])
	return h, err == nil
}

// material is one in both versions.
type material struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

// configSource says what initialised the build. The file is called entryPoint in v0.2.
type configSource struct {
	material
	EntryPoint string `json:"entryPoint"`
	Path       string `json:"path"`
}

// request is what BuildKit was asked for.
type request struct {
	Frontend string            `json:"frontend"`
	Args     map[string]string `json:"args"`
}

// buildConfig is BuildKit's graph, or the tasks of Tekton Chains.
type buildConfig struct {
	Definition []graphStep `json:"llbDefinition"`
	Tasks      []struct {
		Results []result `json:"results"`
	} `json:"tasks"`
}

// buildKitMetadata is what BuildKit adds to the metadata.
type buildKitMetadata struct {
	VCS    map[string]string            `json:"vcs"`
	Source *sourceMap                   `json:"source"`
	Layers map[string][][]v1.Descriptor `json:"layers"`
}

// parse02 reads https://slsa.dev/spec/v0.2/provenance. buildConfig and the parameters are
// whatever the build type says.
func (s *Statement) parse02(raw json.RawMessage) error {
	var p struct {
		Builder struct {
			ID string `json:"id"`
		} `json:"builder"`
		BuildType  string `json:"buildType"`
		Invocation struct {
			ConfigSource configSource    `json:"configSource"`
			Parameters   json.RawMessage `json:"parameters"`
		} `json:"invocation"`
		BuildConfig json.RawMessage `json:"buildConfig"`
		Metadata    struct {
			Started  string          `json:"buildStartedOn"`
			BuildKit json.RawMessage `json:"https://mobyproject.org/buildkit@v1#metadata"`
		} `json:"metadata"`
		Materials []material `json:"materials"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	s.Builder, s.BuildType, s.Started = p.Builder.ID, p.BuildType, parseTime(p.Metadata.Started)
	if err := s.addMaterials("materials", p.Materials); err != nil {
		return err
	}
	from := p.Invocation.ConfigSource
	from.Path = from.EntryPoint
	if s.fromBuildKit() {
		return s.addBuildKit(from,
			part{"invocation.parameters", p.Invocation.Parameters}, part{"buildConfig", p.BuildConfig}, part{"metadata.buildkit", p.Metadata.BuildKit})
	}
	s.addSource(from, p.Materials)
	if s.fromTekton() {
		return at("buildConfig", s.addTasks(p.BuildConfig))
	}
	return nil
}

// parse1 reads https://slsa.dev/spec/v1.1/provenance.
func (s *Statement) parse1(raw json.RawMessage) error {
	var p struct {
		Definition struct {
			BuildType string          `json:"buildType"`
			External  json.RawMessage `json:"externalParameters"`
			Internal  json.RawMessage `json:"internalParameters"`
			Materials []material      `json:"resolvedDependencies"`
		} `json:"buildDefinition"`
		Run struct {
			Builder struct {
				ID string `json:"id"`
			} `json:"builder"`
			Metadata struct {
				Started  string          `json:"startedOn"`
				BuildKit json.RawMessage `json:"buildkit_metadata"`
			} `json:"metadata"`
			Byproducts []byproduct `json:"byproducts"`
		} `json:"runDetails"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	s.Builder, s.BuildType, s.Started = p.Run.Builder.ID, p.Definition.BuildType, parseTime(p.Run.Metadata.Started)
	if err := s.addMaterials("buildDefinition.resolvedDependencies", p.Definition.Materials); err != nil {
		return err
	}
	if !s.fromBuildKit() {
		s.addSource(configSource{}, p.Definition.Materials)
		if s.fromTekton() {
			s.addByproducts(p.Run.Byproducts)
		}
		return nil
	}
	var external struct {
		ConfigSource configSource    `json:"configSource"`
		Request      json.RawMessage `json:"request"`
	}
	if err := unmarshal(p.Definition.External, &external); err != nil {
		return at("buildDefinition.externalParameters", err)
	}
	var internal struct {
		BuildConfig json.RawMessage `json:"buildConfig"`
	}
	if err := unmarshal(p.Definition.Internal, &internal); err != nil {
		return at("buildDefinition.internalParameters", err)
	}
	return s.addBuildKit(external.ConfigSource, part{"buildDefinition.externalParameters.request", external.Request},
		part{"buildDefinition.internalParameters.buildConfig", internal.BuildConfig}, part{"runDetails.metadata.buildkit_metadata", p.Run.Metadata.BuildKit})
}

// A part is JSON with its place in the document.
type part struct {
	where string
	raw   json.RawMessage
}

func (p part) read(into any) error { return at(p.where, unmarshal(p.raw, into)) }

// unmarshal leaves into as it is where there is nothing to read.
func unmarshal(raw json.RawMessage, into any) error {
	if raw == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

func parseTime(s string) time.Time {
	t, _ := time.Parse(time.RFC3339, s) // zero: not known
	return t
}

func (s *Statement) addMaterials(where string, all []material) error {
	if len(all) > maxMaterials {
		return fmt.Errorf("%s: %d, more than %d", where, len(all), maxMaterials)
	}
	for _, m := range all {
		if i, ok := imageOf(m); ok {
			s.Images = append(s.Images, i)
		}
	}
	return nil
}

// The build types of BuildKit: see its docs/attestations/slsa-definitions.md.
func (s *Statement) fromBuildKit() bool {
	return s.BuildType == "https://mobyproject.org/buildkit@v1" ||
		strings.HasPrefix(s.BuildType, "https://github.com/moby/buildkit/")
}

// addBuildKit reads what BuildKit says in its own form.
func (s *Statement) addBuildKit(from configSource, asked, config, more part) error {
	var req request
	var cfg buildConfig
	var meta buildKitMetadata
	for _, err := range [...]error{asked.read(&req), config.read(&cfg), more.read(&meta)} {
		if err != nil {
			return err
		}
	}
	s.target, s.args, s.file = req.Args["target"], map[string]string{}, from.Path
	for k, v := range req.Args {
		if name, ok := strings.CutPrefix(k, "build-arg:"); ok {
			s.args[name] = v
		}
	}
	frontend, _ := ancestry.ParseName(req.Args["source"])
	for i := range s.Images {
		repository := s.Images[i].Name.Repository
		s.Images[i].tool = isTool(repository) || repository != "" && repository == frontend.Repository
	}
	s.addSource(from, nil)
	s.addVCS(meta.VCS)
	if len(cfg.Definition) == 0 {
		return nil
	}
	g, err := newGraph(cfg.Definition, meta)
	if err != nil {
		return at(config.where+".llbDefinition", err)
	}
	s.graph = g
	if meta.Source != nil && len(meta.Source.Infos) > 0 {
		s.Dockerfile = meta.Source.Infos[0].Data
	}
	return nil
}

// addSource takes the git repository that was built: what initialised the build, or else
// the only one among the materials.
func (s *Statement) addSource(from configSource, materials []material) {
	var all []material
	for _, m := range append([]material{from.material}, materials...) {
		if gitRevision(m) != "" {
			all = append(all, m)
		}
	}
	if len(all) == 0 || gitRevision(from.material) == "" && len(all) > 1 && !sameRevision(all) {
		return
	}
	repository, dir := gitURL(all[0].URI)
	s.Repository, s.Revision = repository, gitRevision(all[0])
	if file := from.Path; file != "" && gitRevision(from.material) != "" && s.fromBuildKit() {
		s.Path = inside(dir, file)
	}
}

func sameRevision(all []material) bool {
	for _, m := range all {
		a, _ := gitURL(all[0].URI)
		if b, _ := gitURL(m.URI); a != b || gitRevision(m) != gitRevision(all[0]) {
			return false
		}
	}
	return true
}

// addVCS takes what buildx says of the directory that it sent. BuildKit has not verified it.
func (s *Statement) addVCS(vcs map[string]string) {
	if s.Repository == "" && vcs["source"] != "" {
		s.Repository, _ = gitURL(vcs["source"])
		s.Revision = strings.TrimSuffix(vcs["revision"], "-dirty")
	}
	if dir, ok := vcs["localdir:dockerfile"]; ok && s.Path == "" {
		s.Path = inside(dir, orDockerfile(s.file))
	}
}

func orDockerfile(name string) string {
	if name == "" {
		return "Dockerfile"
	}
	return name
}

// inside joins a path that stays inside the repository; "" if it would not.
func inside(dir, file string) string {
	p := path.Join(dir, file)
	if path.IsAbs(p) || p == ".." || strings.HasPrefix(p, "../") || strings.ContainsAny(p, "\\\x00") {
		return ""
	}
	return p
}
