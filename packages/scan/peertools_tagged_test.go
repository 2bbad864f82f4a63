//go:build tagged

package scan_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tools are this module and its peers, each run on an OCI layout. ok is false when
// the tool is not installed.
var tools = []struct {
	name string
	run  func(t *testing.T, dir string) (found toolLayers, ok bool)
}{
	{"stemma", func(t *testing.T, dir string) (toolLayers, bool) { return ourLayers(t, dir), true }},
	{"syft squashed", func(t *testing.T, dir string) (toolLayers, bool) { return runSyft(t, dir, "squashed") }},
	{"syft all-layers", func(t *testing.T, dir string) (toolLayers, bool) { return runSyft(t, dir, "all-layers") }},
	{"trivy", runTrivy},
	{"scalibr", runScalibr},
}

func output(t *testing.T, name string, args ...string) ([]byte, bool) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		return nil, false
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "SYFT_CHECK_FOR_APP_UPDATE=false")
	out, err := cmd.Output()
	require.NoError(t, err, name)
	return out, true
}

// positions are the layers that have each diffID: several, when one and the same
// stands twice in an image, and then its name does not tell which is meant.
func positions(diffIDs []string) map[string][]int {
	at := map[string][]int{}
	for n, d := range diffIDs {
		at[d] = append(at[d], n)
	}
	return at
}

// runSyft names the layers of the files that are Syft's evidence for a package.
func runSyft(t *testing.T, dir, scope string) (toolLayers, bool) {
	t.Helper()
	out, ok := output(t, "syft", "scan", "oci-dir:"+dir, "-q", "-o", "json", "--scope", scope)
	if !ok {
		return nil, false
	}
	var result struct {
		Artifacts []struct {
			Type, Name, Version string
			Metadata            json.RawMessage
			Locations           []struct {
				LayerID     string
				Annotations map[string]string
			}
		}
		Source struct {
			Metadata struct{ Config []byte }
		}
	}
	require.NoError(t, json.Unmarshal(out, &result))
	var config struct {
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	require.NoError(t, json.Unmarshal(result.Source.Metadata.Config, &config))
	layer := positions(config.RootFS.DiffIDs)
	found := toolLayers{}
	for _, a := range result.Artifacts {
		k := newID(a.Type, a.Name, a.Version, archOf(a.Metadata))
		for _, l := range a.Locations {
			if l.Annotations["evidence"] == "primary" {
				found[k] = append(found[k], layer[l.LayerID]...)
			}
		}
	}
	return found, true
}

func archOf(metadata []byte) string {
	var m struct{ Architecture, Arch string }
	if json.Unmarshal(metadata, &m) != nil {
		return "" // of a language
	}
	return m.Architecture + m.Arch
}

// runTrivy reads the layer that Trivy gives with each package. It has no package
// URL where it does not know the distribution, so the type is that of the analyzer.
func runTrivy(t *testing.T, dir string) (toolLayers, bool) {
	t.Helper()
	out, ok := output(t, "trivy", "image", "--input", dir, "--scanners", "", "--list-all-pkgs", "--format", "json", "--quiet",
		"--cache-dir", t.TempDir(), "--skip-db-update", "--skip-java-db-update", "--skip-version-check", "--offline-scan", "--timeout", "30m")
	if !ok {
		return nil, false
	}
	var result struct {
		Metadata struct{ DiffIDs []string }
		Results  []struct {
			Packages []struct {
				Name, Version, Release, Arch, AnalyzedBy string
				Epoch                                    int
				Layer                                    struct{ DiffID string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(out, &result))
	layer, found := positions(result.Metadata.DiffIDs), toolLayers{}
	for _, r := range result.Results {
		for _, p := range r.Packages {
			kind, ok := trivyKinds[p.AnalyzedBy]
			require.True(t, ok, "%s is of the analyzer %s", p.Name, p.AnalyzedBy)
			version := p.Version
			if p.Release != "" {
				version += "-" + p.Release
			}
			if p.Epoch != 0 {
				version = strconv.Itoa(p.Epoch) + ":" + version
			}
			// An imported key has no architecture, which Trivy spells "None".
			k := newID(kind, p.Name, version, strings.TrimPrefix(p.Arch, "None"))
			found[k] = append(found[k], layer[p.Layer.DiffID]...)
		}
	}
	return found, true
}

var trivyKinds = map[string]string{
	"apk": "apk", "dpkg": "deb", "rpm": "rpm", "composer-vendor": "composer", "dotnet-core": "nuget", "gemspec": "gem",
	"gobinary": "golang", "jar": "maven", "node-pkg": "npm", "python-pkg": "pypi", "rustbinary": "cargo",
}

// runScalibr reads SCALIBR's text protocol buffers, a field a line.
func runScalibr(t *testing.T, dir string) (toolLayers, bool) {
	t.Helper()
	if _, err := exec.LookPath("scalibr"); err != nil {
		return nil, false
	}
	tmp := t.TempDir()
	archive, result := filepath.Join(tmp, "image.tar"), filepath.Join(tmp, "result.textproto")
	_, ok := output(t, "skopeo", "copy", "--insecure-policy", "-q", "oci:"+dir+":latest", "docker-archive:"+archive)
	require.True(t, ok)
	output(t, "scalibr", "--image-tarball", archive, "--offline", "--plugins", "default,os,python,ruby,java,go,javascript,php,rust,dotnet", "-o", "textproto="+result)
	data, err := os.ReadFile(result)
	require.NoError(t, err)
	found := toolLayers{}
	var path []string
	var at map[string]string
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch {
		case value == "{" || strings.HasSuffix(key, "{"):
			path = append(path, key)
			if strings.Join(path, ".") == "inventory.packages" {
				at = map[string]string{}
			}
		case strings.HasPrefix(key, "}"):
			if strings.Join(path, ".") == "inventory.packages" {
				layer, _ := strconv.Atoi(at["container_image_metadata_indexes.layer_index"]) // absent: 0
				k := newID(at["purl.type"], at["name"], at["version"], at["arch"])
				found[k] = append(found[k], layer)
			}
			path = path[:len(path)-1]
		case len(path) >= 2 && path[0] == "inventory" && at != nil:
			v, err := strconv.Unquote(value)
			if err != nil {
				v = value
			}
			field := strings.Join(append(path[2:len(path):len(path)], key), ".")
			if field == "purl.qualifiers.value" && at["purl.qualifiers.key"] == "arch" {
				at["arch"] = v
			}
			at[field] = v
		}
	}
	return found, true
}
