//go:build tagged

package peer

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
	run  func(t *testing.T, dir string) (found named, ok bool)
}{
	{"stemma", func(t *testing.T, dir string) (named, bool) { return ourLayers(t, dir), true }},
	{"syft squashed", func(t *testing.T, dir string) (named, bool) { return runSyft(t, dir, "squashed") }},
	{"syft all-layers", func(t *testing.T, dir string) (named, bool) { return runSyft(t, dir, "all-layers") }},
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

// runSyft names the layers of the files that are Syft's evidence for a package.
func runSyft(t *testing.T, dir, scope string) (named, bool) {
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
	layer := map[string]int{}
	for n, d := range config.RootFS.DiffIDs {
		layer[d] = n
	}
	found := named{}
	for _, a := range result.Artifacts {
		k := newID(a.Type, a.Name, a.Version, archOf(a.Metadata))
		for _, l := range a.Locations {
			if l.Annotations["evidence"] == "primary" {
				found[k] = append(found[k], layer[l.LayerID])
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

// runScalibr reads SCALIBR's text protocol buffers, a field a line.
func runScalibr(t *testing.T, dir string) (named, bool) {
	t.Helper()
	if _, err := exec.LookPath("scalibr"); err != nil {
		return nil, false
	}
	tmp := t.TempDir()
	archive, result := filepath.Join(tmp, "image.tar"), filepath.Join(tmp, "result.textproto")
	_, ok := output(t, "skopeo", "copy", "--insecure-policy", "-q", "oci:"+dir+":latest", "docker-archive:"+archive)
	require.True(t, ok)
	output(t, "scalibr", "--image-tarball", archive, "--offline", "--plugins", "default,os,python,ruby,java,go,javascript", "-o", "textproto="+result)
	data, err := os.ReadFile(result)
	require.NoError(t, err)
	found := named{}
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
