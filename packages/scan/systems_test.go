package scan_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/packages"
	"github.com/stemma-go/stemma/packages/scan"
	"github.com/stemma-go/stemma/testdata/packaged"
)

// rpmdb is a database that rpm wrote; testdata/rpm/README.md says how.
func rpmdb(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open("testdata/rpm/" + name + ".gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	b, err := io.ReadAll(z)
	require.NoError(t, err)
	return b
}

const fedora = "-- etc/os-release --\nID=fedora\nNAME=\"Fedora Linux\"\nPRETTY_NAME=\"Fedora Linux 39\"\nVERSION_ID=39\n"

// TestRpm: every layer writes the database again, the last one in another format.
func TestRpm(t *testing.T) {
	var files [][]packaged.File
	for _, name := range []string{"root", "multilib", "upgraded", "erased", "reinstalled"} {
		files = append(files, []packaged.File{{Path: "var/lib/rpm/Packages", Content: rpmdb(t, name+".Packages")}})
	}
	files[0] = append(files[0], packaged.Text(fedora+"-- usr/bin/bash.bin --\nbash\n")...)
	files = append(files, []packaged.File{
		{Path: "var/lib/rpm/.wh.Packages"},
		{Path: "var/lib/rpm/rpmdb.sqlite", Content: rpmdb(t, "sqlite.rpmdb.sqlite")},
	})
	_, inv := read(t, packaged.Image(t, files...))
	assert.Empty(t, inv.Problems)
	checkLives(t, inv, `rpm bash:x86_64; 0 introduced 5.2.15-3; 2 upgraded 5.2.15-3 5.2.15-10; 3 removed 5.2.15-10; 4 reinstalled 5.2.15-10; present
		rpm glibc:i686; 1 introduced 2.38-1; 5 removed 2.38-1; removed
		rpm glibc:x86_64; 0 introduced 2.38-1; 5 upgraded 2.38-1 2.38-7; present
		rpm gpg-pubkey; 1 introduced b142d85c-6b0333c9; present
		rpm kernel:x86_64; 2 introduced 6.5.10-300; present
		rpm kernel:x86_64; 2 introduced 6.5.6-300; 4 removed 6.5.6-300; removed
		rpm shadow-utils:x86_64; 0 introduced 2:4.14.0-1; 2 upgraded 2:4.14.0-1 3:4.13.0-1; present
		rpm tzdata:noarch; 0 introduced 2023c-1; 2 upgraded 2023c-1 2023d-1; 5 downgraded 2023d-1 2023c-1; present`)
	bash := find(t, inv, "bash")
	assert.Equal(t, packages.Bytes{Visible: 5, ByLayer: map[int]int64{0: 5}}, bash.Bytes)
	assert.Equal(t, "pkg:rpm/fedora/bash@5.2.15-10?arch=x86_64&distro=fedora-39&upstream=bash-5.2.15-10.src.rpm", bash.PURL)
}

// TestRpmBroken: half a database says nothing, and takes nothing away.
func TestRpmBroken(t *testing.T) {
	whole := rpmdb(t, "root.Packages")
	for name, broken := range map[string][]byte{
		"cut short": whole[:len(whole)/2], "of no format": []byte("no database"), "zeros": make([]byte, 8192),
	} {
		t.Run(name, func(t *testing.T) {
			idx, inv, err := scan.Read(t.Context(), packaged.Image(t,
				append(packaged.Text(fedora), packaged.File{Path: "var/lib/rpm/Packages", Content: whole}),
				[]packaged.File{{Path: "var/lib/rpm/Packages", Content: broken}},
			), nil)
			require.NoError(t, err)
			checkSums(t, idx, inv)
			require.NotEmpty(t, inv.Problems)
			assert.Equal(t, 1, inv.Problems[0].Layer)
			for _, p := range inv.Packages {
				assert.Equal(t, packages.Present, p.State, p.Name)
			}
			assert.Len(t, inv.Packages, 4)
		})
	}
}

// TestSystems has the systems that keep a directory for each package.
func TestSystems(t *testing.T) {
	alpm := func(name, version string) string {
		dir := "var/lib/pacman/local/" + name + "-" + version
		return "-- " + dir + "/desc --\n%NAME%\n" + name + "\n\n%VERSION%\n" + version + "\n\n%BASE%\n" + name + "\n\n%ARCH%\nx86_64\n\n" +
			"-- " + dir + "/files --\n%FILES%\nusr/\nusr/bin/\nusr/bin/" + name + "\n\n" +
			"-- usr/bin/" + name + " --\n" + name + "\n"
	}
	portage := func(version string) string {
		dir := "var/db/pkg/app-arch/xz-utils-" + version
		return "-- " + dir + "/CONTENTS --\nobj /usr/bin/xz d41d8cd98f00b204e9800998ecf8427e 1700000000\n-- " + dir + "/SIZE --\n4\n-- usr/bin/xz --\nxz\n"
	}
	const store = "nix/store/"
	const zlib = store + "1b9p07z77phvv2hf6gm9f28syp39f1ag-zlib-"
	tests := []struct {
		name   string
		layers []string
		want   string
	}{
		{"alpm",
			[]string{"-- etc/os-release --\nID=arch\n" + alpm("bash", "5.1-1") + alpm("glibc", "2.38-7"),
				alpm("bash", "5.2-1") + "-- var/lib/pacman/local/.wh.bash-5.1-1 --\n", "-- var/lib/pacman/local/.wh.glibc-2.38-7 --\n-- usr/bin/.wh.glibc --\n"},
			`alpm bash:x86_64; 0 introduced 5.1-1; 1 upgraded 5.1-1 5.2-1; present
			alpm glibc:x86_64; 0 introduced 2.38-7; 2 removed 2.38-7; removed`},
		{"alpm's database deleted",
			[]string{"-- etc/os-release --\nID=arch\n" + alpm("bash", "5.1-1"), "-- var/lib/.wh.pacman --\n"},
			"alpm bash:x86_64; 0 introduced 5.1-1; 1 unlisted 5.1-1; hidden"},
		{"portage",
			[]string{"-- etc/os-release --\nID=gentoo\n" + portage("5.4.2"), "-- srv/x --\n", "-- var/db/pkg/app-arch/.wh.xz-utils-5.4.2 --\n"},
			"portage app-arch/xz-utils; 0 introduced 5.4.2; 2 removed 5.4.2; removed"},
		{"nix",
			[]string{"-- " + zlib + "1.2.13/lib/libz.so --\nzlib\n", "-- etc/x --\n",
				"-- " + store + ".wh.1b9p07z77phvv2hf6gm9f28syp39f1ag-zlib-1.2.13 --\n-- " + store + "2c9p07z77phvv2hf6gm9f28syp39f1ag-zlib-1.3/lib/libz.so --\nzlib 1.3\n"},
			`nix zlib; 0 introduced 1.2.13; 2 removed 1.2.13; removed
			nix zlib; 2 introduced 1.3; present`},
		{"dotnet",
			[]string{deps("2.10.0"), "-- etc/x --\n", deps("2.12.0"), "-- app/.wh.app.deps.json --\n"},
			`dotnet Serilog; 0 introduced 2.10.0; 2 upgraded 2.10.0 2.12.0; 3 removed 2.12.0; removed
			dotnet app; 0 introduced 1.0.0; 3 removed 1.0.0; removed`},
		{"dotnet, broken in one layer",
			[]string{deps("2.10.0"), "-- app/app.deps.json --\n{\n", deps("2.12.0")},
			`dotnet Serilog; 0 introduced 2.10.0; 2 upgraded 2.10.0 2.12.0; present
			dotnet app; 0 introduced 1.0.0; present`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var files [][]packaged.File
			for _, l := range tt.layers {
				files = append(files, withMtree(t, packaged.Text(l)))
			}
			_, inv := read(t, packaged.Image(t, files...))
			assert.Equal(t, strings.Contains(tt.name, "broken"), len(inv.Problems) > 0, "%v", inv.Problems)
			checkLives(t, inv, tt.want)
		})
	}
}

// withMtree adds the file that pacman keeps compressed.
func withMtree(t *testing.T, files []packaged.File) []packaged.File {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte("#mtree\n./usr/bin/x time=1.0 size=1\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for _, f := range files {
		if dir, ok := strings.CutSuffix(f.Path, "/desc"); ok {
			files = append(files, packaged.File{Path: dir + "/mtree", Content: b.Bytes()})
		}
	}
	return files
}

// deps is what the .NET SDK writes beside a program.
func deps(serilog string) string {
	return `-- app/app.deps.json --
{"runtimeTarget": {"name": ".NETCoreApp,Version=v8.0"},
 "targets": {".NETCoreApp,Version=v8.0": {
  "app/1.0.0": {"dependencies": {"Serilog": "` + serilog + `"}, "runtime": {"app.dll": {}}},
  "Serilog/` + serilog + `": {"runtime": {"lib/net8.0/Serilog.dll": {"assemblyVersion": "2.0.0.0", "fileVersion": "` + serilog + `.0"}}}}},
 "libraries": {"app/1.0.0": {"type": "project", "serviceable": false, "sha512": ""},
  "Serilog/` + serilog + `": {"type": "package", "serviceable": true, "sha512": "sha512-x", "path": "serilog/` + serilog + `"}}}
`
}

// TestLinkedBinary: Debian's ruby is a link to ruby3.1, and only the link has the
// name that the classifier looks for. Beside it, one that no package owns.
func TestLinkedBinary(t *testing.T) {
	program := []byte("\x00ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]\x00")
	other := []byte("\x00ruby 3.3.1 (2024-04-23 revision c56cd86388) [x86_64-linux]\x00")
	owned := append(packaged.Text(debian+status("ruby3.1 amd64 3.1.2-7")+"-- var/lib/dpkg/info/ruby3.1.list --\n/usr/bin/ruby3.1\n"),
		packaged.File{Path: "usr/bin/ruby", Link: "ruby3.1"}, packaged.File{Path: "usr/bin/ruby3.1", Content: program})
	own := []packaged.File{{Path: "usr/local/bin/ruby", Link: "ruby3.3"}, {Path: "usr/local/bin/ruby3.3", Content: other}}
	_, inv := read(t, packaged.Image(t, owned, own))
	assert.Empty(t, inv.Problems)
	checkLives(t, inv, `binary ruby; 1 introduced 3.3.1; present
		deb ruby3.1:amd64; 0 introduced 3.1.2-7; present`)
	assert.EqualValues(t, len(other), find(t, inv, "ruby").Bytes.Visible)
}

// TestBinariesTogether: to parse one binary with its neighbours is not to parse
// those again that were parsed alone.
func TestBinariesTogether(t *testing.T) {
	_, inv := read(t, packaged.Image(t,
		[]packaged.File{{Path: "usr/local/lib/libpython3.11.so.1.0", Content: []byte("\x003.11.7\x00")}},
		[]packaged.File{{Path: "usr/local/bin/ruby", Content: []byte("\x00ruby 3.3.1 (2024-04-23 revision c56cd86388) [x86_64-linux]\x00")}},
		[]packaged.File{{Path: "usr/local/go/VERSION", Content: []byte("go1.21.5\ntime 2023\n")}, {Path: "usr/local/go/bin/go", Content: []byte("go")}},
		[]packaged.File{{Path: "usr/local/bin/.wh.ruby"}},
	))
	checkLives(t, inv, `binary go; 2 introduced 1.21.5; present
		binary python; 0 introduced 3.11.7; present
		binary ruby; 1 introduced 3.3.1; 3 removed 3.3.1; removed`)
}

// TestOneBinaryTwice: Syft makes one package of two binaries of one version, and
// drops it when the distribution owns either; their bytes are not lost with it.
func TestOneBinaryTwice(t *testing.T) {
	program := []byte("\x00ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]\x00")
	_, inv := read(t, packaged.Image(t, append(packaged.Text(debian+status("ruby3.1 amd64 3.1.2-7")+"-- var/lib/dpkg/info/ruby3.1.list --\n/usr/bin/ruby\n"),
		packaged.File{Path: "usr/bin/ruby", Content: program}), []packaged.File{{Path: "usr/local/bin/ruby", Content: program}}))
	checkLives(t, inv, "deb ruby3.1:amd64; 0 introduced 3.1.2-7; present")
	assert.EqualValues(t, len(program), inv.Layers[1].Unowned)
	assert.Contains(t, inv.Unowned, packages.Directory{Path: "usr/local/bin", Bytes: int64(len(program)), Files: 1, Layer: 1})
}

// TestOneMoreBinary: one more of the same version, or one less, is no other package,
// whichever comes first by name.
func TestOneMoreBinary(t *testing.T) {
	program := func(version string) []byte {
		return []byte("\x00ruby " + version + " (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]\x00")
	}
	at := func(p, version string) []packaged.File {
		return []packaged.File{{Path: p, Content: program(version)}}
	}
	const usual, other = "usr/local/bin/ruby", "opt/bin/ruby"
	_, inv := read(t, packaged.Image(t, at(usual, "3.1.2p20"), at(other, "3.1.2p20"), packaged.Text("-- opt/bin/.wh.ruby --\n")))
	checkLives(t, inv, "binary ruby; 0 introduced 3.1.2p20; present")
	_, inv = read(t, packaged.Image(t, at(usual, "3.1.2p20"), at(other, "3.3.2"), at(other, "3.1.2p20"), at(other, "3.4.2"), packaged.Text("-- usr/local/bin/.wh.ruby --\n")))
	checkLives(t, inv, `binary ruby; 0 introduced 3.1.2p20; 4 removed 3.1.2p20; removed
		binary ruby; 1 introduced 3.3.2; 2 removed 3.3.2; removed
		binary ruby; 3 introduced 3.4.2; present`)
}

// TestMergedUsr: a layer that makes /bin a link to usr/bin takes the files of the
// packages there along, though no list changes.
func TestMergedUsr(t *testing.T) {
	_, inv := read(t, text(t,
		debian+status("tool amd64 1")+"-- bin/tool --\n0123456789\n-- var/lib/dpkg/info/tool.list --\n/.\n/bin\n/bin/tool\n",
		"-- bin -> usr/bin --\n-- usr/bin/tool --\n0123456789\n",
	))
	p := find(t, inv, "tool")
	assert.Equal(t, packages.Bytes{Visible: 11, Shadowed: 11, ByLayer: map[int]int64{0: 11, 1: 11}}, p.Bytes)
	assert.Zero(t, inv.Layers[1].Unowned)
}

// TestStatusD: the lists of checksums in status.d are lists, not databases.
func TestStatusD(t *testing.T) {
	_, inv := read(t, text(t, debian+statusAt("var/lib/dpkg/status.d/base", "base amd64 12")+
		"-- var/lib/dpkg/status.d/base.md5sums --\nd41d8cd98f00b204e9800998ecf8427e  usr/share/base\n-- usr/share/base --\nbase\n"))
	assert.Empty(t, inv.Problems)
	assert.EqualValues(t, 5, find(t, inv, "base").Bytes.Visible)
}
