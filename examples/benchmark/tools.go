//go:build unix

package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A tool is a command to measure.
type tool struct {
	name    string
	kind    string // tells count what its output is
	version string
	program string
	args    []string // scratch stands for the empty directory, output for the result's file
	stdout  bool     // the result is what it prints
	keep    bool     // the scratch directory is kept from one round to the next
}

const (
	scratch = "{scratch}"
	output  = "{output}"
)

// peers returns the commands of the tools that can read img. A peer that cannot
// has a reason instead.
func peers(img image) map[string][]tool {
	syft := "docker-archive:" + img.path
	if img.layout {
		syft = "oci-dir:" + img.path
	}
	all := map[string][]tool{
		"trivy": {{
			name: "trivy", kind: "trivy", stdout: true,
			args: []string{"image", "--input", img.path, "--scanners", "", "--list-all-pkgs", "--format", "json", "--quiet",
				"--cache-dir", scratch + "/cache", "--skip-db-update", "--skip-java-db-update", "--skip-version-check", "--offline-scan", "--timeout", "30m"},
		}},
		"syft": {{
			name: "syft", kind: "syft", stdout: true,
			args: []string{"scan", syft, "-o", "json", "-q"},
		}},
	}
	if !img.layout {
		all["scalibr"] = []tool{{
			name: "scalibr", kind: "scalibr",
			args: []string{"--image-tarball", img.path, "--offline", "-o", "cdx-json=" + output},
		}}
		all["dive"] = []tool{{name: "dive", kind: "dive", args: []string{"--source", "docker-archive", img.path, "--json", output}}}
	}
	return all
}

// find returns Stemma and the peers that are there; missing says of the others why
// they are not.
func find(img image, only string) (found []tool, missing []string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	for _, t := range []tool{
		{name: "stemma", kind: "stemma", args: []string{"report", img.path}},
		{name: "stemma, cached", kind: "stemma", args: []string{"report", "-cache", scratch + "/layers", img.path}, keep: true},
		{name: "floor", kind: "floor", args: []string{"floor", img.path}},
	} {
		t.program, t.stdout, t.version = self, true, "this module"
		if wanted(t.name, only) {
			found = append(found, t)
		}
	}
	all := peers(img)
	for _, name := range []string{"trivy", "syft", "scalibr", "dive"} {
		if !wanted(name, only) {
			continue
		}
		program, err := exec.LookPath(name)
		switch {
		case err != nil:
			missing = append(missing, name+": not on PATH")
		case all[name] == nil:
			missing = append(missing, name+": does not read an OCI layout")
		}
		if err != nil {
			continue
		}
		for _, t := range all[name] {
			t.program, t.version = program, versionOf(name, program)
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return nil, nil, fmt.Errorf("none of %q is there", only)
	}
	return found, missing, nil
}

// versionOf reads a program's version from what the Go toolchain wrote into it,
// which needs no run and is the same for all.
func versionOf(name, program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return "?"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if v := m.Version; strings.HasSuffix(m.Path, "/"+name) && v != "" && v != "(devel)" {
			return v
		}
	}
	return info.Main.Version
}

// with fills in the places of a run.
func (t tool) with(dir, out string) []string {
	args := make([]string, len(t.args))
	for i, a := range t.args {
		args[i] = strings.NewReplacer(scratch, dir, output, out).Replace(a)
	}
	return args
}

// shown is the command as a table's reader would type it.
func (t tool) shown() string {
	var b strings.Builder
	b.WriteString(filepath.Base(t.program))
	for _, a := range t.with("$TMP", "$OUT") {
		if a == "" {
			a = `""`
		}
		b.WriteString(" " + a)
	}
	return b.String()
}
