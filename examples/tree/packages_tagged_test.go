//go:build tagged

package main

import (
	"archive/tar"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/json"
)

// A chain of four built by Buildah on a root without Debian's security updates, the same on a
// root with them, and Debian's real index: each state of a fix is told once, and rightly.
func TestTaggedPatches(t *testing.T) {
	b := newBuilder(t)
	for _, age := range []string{"old", "new"} {
		b.root(age)
		b.image("base", age, "FROM scratch\nADD "+age+".tar /\n")
		b.image("middle", age, "FROM "+b.tag("base", age)+"\nRUN "+install("libsasl2-modules-db")+"\n")
		b.image("top", age, "FROM "+b.tag("middle", age)+"\nRUN echo top >/top\n")
	}
	b.image("app", "old", "FROM "+b.tag("top", "old")+"\nRUN echo app >/app\nRUN "+install("xzdec")+"\n")
	old, fixed := b.versions("old"), b.versions("new")
	require.NotEqual(t, old["apt"], fixed["apt"], "the security updates have no newer apt: take another package of the root")

	scan := filepath.Join(b.dir, "trivy.json")
	writeTrivy(t, scan, []trivyFinding{
		{"CVE-1", "apt", old["apt"], fixed["apt"]},
		{"CVE-2", "apt", old["apt"], fixed["apt"] + "+zzz1"},
		{"CVE-3", "apt", old["apt"], ""},
		{"CVE-4", "libsasl2-modules-db", b.installed("app-old", "libsasl2-modules-db"), b.installed("middle-new", "libsasl2-modules-db")},
		{"CVE-5", "xzdec", b.installed("app-old", "xzdec"), b.candidate("xzdec")},
	})
	for name, tt := range map[string]struct {
		newer map[string]string // the age of today's image, by its name
		want  map[string]string // states, and links
	}{
		"nothing read": {nil, map[string]string{"CVE-1": "not-known base", "CVE-2": "unpublished", "CVE-3": "no-fix", "CVE-4": "not-known middle", "CVE-5": "own-step this image"}},
		"none rebuilt": {map[string]string{"base": "old", "middle": "old", "top": "old"},
			map[string]string{"CVE-1": "installer base", "CVE-2": "unpublished", "CVE-3": "no-fix", "CVE-4": "installer middle", "CVE-5": "own-step this image"}},
		"the root rebuilt": {map[string]string{"base": "new", "middle": "old", "top": "old"},
			map[string]string{"CVE-1": "next-link middle", "CVE-4": "installer middle"}},
		"all but the base rebuilt": {map[string]string{"base": "new", "middle": "new", "top": "old"},
			map[string]string{"CVE-1": "next-link top", "CVE-4": "next-link top"}},
		"all rebuilt": {map[string]string{"top": "new"}, map[string]string{"CVE-1": "pull top", "CVE-4": "pull top", "CVE-5": "own-step this image"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"-json", "-vulns", scan}
			for _, url := range b.mirrors {
				args = append(args, "-packages", url)
			}
			for image, age := range tt.newer {
				args = append(args, "-newer", b.tag(image, "old")+"=oci:"+filepath.Join(b.dir, "out", image+"-"+age))
			}
			out, errs, code := tree(t, append(args, "oci:"+filepath.Join(b.dir, "out/app-old"))...)
			require.Zero(t, code, errs)
			d, err := json.Decode(strings.NewReader(out))
			require.NoError(t, err)
			require.Len(t, d.Ancestors, 4, "the chain is told by Buildah's marks")
			got := map[string]string{}
			for _, v := range d.Vulnerabilities {
				require.NotNil(t, v.Patch, v.ID)
				s := v.Patch.State
				switch {
				case v.Patch.Ancestor == nil:
				case *v.Patch.Ancestor == 0:
					s += " this image"
					assert.NotNil(t, v.Patch.Step)
				default:
					s += " " + filepath.Base(d.Ancestors[*v.Patch.Ancestor].Repository)
				}
				got[v.ID] = s
				t.Log(v.ID, v.Name, v.Patch.Why)
			}
			for id, want := range tt.want {
				assert.Equal(t, want, got[id], id)
			}
			assert.Positive(t, d.Ancestors[3].Outdated.Outdated, "the old root lacks updates")
			assert.Equal(t, b.upgradable(), outdated(d), "as apt has it")
			for _, a := range d.Acts {
				t.Log(a.Do, len(a.Releases), len(a.Perhaps))
			}
		})
	}
	// A fresh base is not an updated one, and needs no scanner to show it.
	out, errs, code := tree(t, "-width", "100", "-packages", b.mirrors[0], "-packages", b.mirrors[1], "oci:"+filepath.Join(b.dir, "out/base-new"))
	require.Zero(t, code, errs)
	assert.Contains(t, out, "index of packages: debian: bookworm")
}

// outdated are the outdated packages, by name, of all ancestors.
func outdated(d *json.Document) map[string]string {
	got := map[string]string{}
	for _, a := range d.Ancestors {
		for _, o := range a.Outdated.Packages {
			got[d.Packages[o.Package].Name] = o.Newest
		}
	}
	return got
}

func install(name string) string {
	return "apt-get update -q && apt-get install -y -q --no-install-recommends " + name + " && rm -rf /var/lib/apt/lists/* /var/cache/apt/*"
}

// A builder builds images with Buildah, on roots made by mmdebstrap.
type builder struct {
	t       *testing.T
	dir     string
	mirrors []string // of the release, and of its security updates
}

func newBuilder(t *testing.T) *builder {
	t.Helper()
	b := &builder{t: t, dir: t.TempDir()}
	for _, suite := range []string{"bookworm", "bookworm-security"} {
		out := b.command("apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)", "Created-By: Packages")
		for line := range strings.Lines(out) {
			if f := strings.Fields(line); len(f) == 4 && f[0] == "Debian" && (f[1] == suite) && f[2] == "main" {
				b.mirrors = append(b.mirrors, strings.TrimSuffix(f[3], "/"))
			}
		}
	}
	require.Len(t, b.mirrors, 2, "apt knows no bookworm and bookworm-security")
	for _, dir := range []string{"root", "run", "out"} {
		require.NoError(t, os.Mkdir(filepath.Join(b.dir, dir), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "storage.conf"), []byte(fmt.Sprintf("[storage]\ndriver = \"overlay\"\nrunroot = %q\ngraphroot = %q\n",
		filepath.Join(b.dir, "run"), filepath.Join(b.dir, "root"))), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(b.dir, "policy.json"), []byte(`{"default":[{"type":"insecureAcceptAnything"}]}`), 0o600))
	t.Cleanup(func() { _ = exec.Command("umount", filepath.Join(b.dir, "root/overlay")).Run() })
	return b
}

func (b *builder) command(name string, args ...string) string {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), name, args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "CONTAINERS_STORAGE_CONF="+filepath.Join(b.dir, "storage.conf"), "TMPDIR="+b.dir, "LC_ALL=C")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		b.t.Log(string(exit.Stderr))
	}
	require.NoError(b.t, err, "%s %v", name, args)
	return string(out)
}

// root makes a root of the release alone, or with its security updates.
func (b *builder) root(age string) {
	b.t.Helper()
	lines := []string{"deb " + b.mirrors[0] + " bookworm main"}
	if age == "new" {
		lines = append(lines, "deb "+b.mirrors[1]+" bookworm-security main")
	}
	b.command("mmdebstrap", append([]string{"--quiet", "--variant=minbase", "--include=tzdata", "--customize-hook=rm -rf $1/var/cache/apt/*.bin", "bookworm", age + ".tar"}, lines...)...)
}

func (b *builder) tag(image, age string) string { return "localhost/stemma/" + image + ":" + age }

func (b *builder) image(image, age, dockerfile string) {
	b.t.Helper()
	file := filepath.Join(b.dir, "Dockerfile")
	require.NoError(b.t, os.WriteFile(file, []byte(dockerfile), 0o600))
	context := filepath.Join(b.dir, "context")
	require.NoError(b.t, os.RemoveAll(context))
	require.NoError(b.t, os.Mkdir(context, 0o755))
	if root := filepath.Join(b.dir, age+".tar"); strings.Contains(dockerfile, "ADD ") {
		require.NoError(b.t, os.Link(root, filepath.Join(context, age+".tar")))
	}
	b.command("buildah", "bud", "--signature-policy", "policy.json", "--quiet", "--layers", "--isolation", "chroot", "--pull-never", "--network", "host",
		"--format", "oci", "-f", file, "-t", b.tag(image, age), context)
	b.command("skopeo", "--policy", "policy.json", "copy", "--quiet", "containers-storage:"+b.tag(image, age), "oci:"+filepath.Join(b.dir, "out", image+"-"+age))
}

var statusEntry = regexp.MustCompile(`(?ms)^Package: (\S+)$.*?^Version: (\S+)$`)

// versions are those that dpkg's database of a root has.
func (b *builder) versions(age string) map[string]string {
	b.t.Helper()
	f, err := os.Open(filepath.Join(b.dir, age+".tar"))
	require.NoError(b.t, err)
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		require.NoError(b.t, err)
		if strings.TrimPrefix(h.Name, "./") != "var/lib/dpkg/status" {
			continue
		}
		status, err := io.ReadAll(r)
		require.NoError(b.t, err)
		got := map[string]string{}
		for _, m := range statusEntry.FindAllStringSubmatch(string(status), -1) {
			got[m[1]] = m[2]
		}
		return got
	}
}

// inside runs a command in an image.
func (b *builder) inside(image string, command ...string) string {
	b.t.Helper()
	name, age, _ := strings.Cut(image, "-")
	c := strings.TrimSpace(b.command("buildah", "from", "--signature-policy", "policy.json", "--pull-never", b.tag(name, age)))
	defer b.command("buildah", "rm", c)
	return b.command("buildah", append([]string{"run", "--isolation", "chroot", "--network", "host", c, "--"}, command...)...)
}

func (b *builder) installed(image, name string) string {
	return strings.TrimSpace(b.inside(image, "dpkg-query", "-W", "-f", "${Version}", name))
}

// candidate is the newest version that an image with the security updates would install.
func (b *builder) candidate(name string) string {
	b.t.Helper()
	out := b.inside("base-new", "sh", "-c", "apt-get update -q >/dev/null && apt-cache policy "+name)
	m := regexp.MustCompile(`Candidate: (\S+)`).FindStringSubmatch(out)
	require.NotNil(b.t, m, out)
	return m[1]
}

// upgradable is what apt itself would upgrade in the old app, were it told of the security
// updates.
func (b *builder) upgradable() map[string]string {
	b.t.Helper()
	out := b.inside("app-old", "sh", "-c", "echo 'deb "+b.mirrors[1]+" bookworm-security main' >/etc/apt/sources.list.d/security.list; echo 'deb "+b.mirrors[0]+" bookworm-updates main' >>/etc/apt/sources.list.d/security.list; apt-get update -q >/dev/null && apt list -q --upgradable")
	got := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([^/\s]+)/\S+ (\S+) `).FindAllStringSubmatch(out, -1) {
		got[m[1]] = m[2]
	}
	require.NotEmpty(b.t, got)
	return got
}

type trivyFinding struct{ id, name, version, fixed string }

// writeTrivy writes a report in the form of Trivy's.
func writeTrivy(t *testing.T, path string, findings []trivyFinding) {
	t.Helper()
	var list []map[string]string
	for _, f := range findings {
		v := map[string]string{"VulnerabilityID": f.id, "PkgName": f.name, "InstalledVersion": f.version, "Severity": strings.ToUpper(report.High.String()), "Status": "affected"}
		if f.fixed != "" {
			v["FixedVersion"], v["Status"] = f.fixed, "fixed"
		}
		list = append(list, v)
	}
	out, err := stdjson.Marshal(map[string]any{"SchemaVersion": 2, "CreatedAt": "2026-01-01T00:00:00Z", "ArtifactName": "app", "ArtifactType": "container_image",
		"Results": []any{map[string]any{"Target": "app (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": list}}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, out, 0o600))
}
