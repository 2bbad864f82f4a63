package needs_test

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/needs"
	"github.com/stemma-go/stemma/testdata/handmade"
)

const loader = "/lib64/ld-linux-x86-64.so.2"

// read reads an image whose layers have the given files.
func read(t testing.TB, cache layers.Cache, env []string, steps ...[]handmade.File) (*layers.Index, *needs.Set) {
	t.Helper()
	im := handmade.Image{Config: v1.Config{Env: env}}
	for _, files := range steps {
		im.Steps = append(im.Steps, handmade.Step{CreatedBy: "COPY . /", Files: files})
	}
	c := needs.New()
	idx, err := layers.Read(t.Context(), im.Build(t), &layers.Options{Wants: []layers.Want{c.Want()}, Cache: cache})
	require.NoError(t, err)
	require.Empty(t, idx.Problems)
	return idx, c.Set(idx)
}

func program(f handmade.ELF) string {
	f.Interpreter = loader
	return string(f.Bytes())
}

func library(f handmade.ELF) string { return string(f.Bytes()) }

func TestFiles(t *testing.T) {
	steps := [][]handmade.File{{
		{Name: "app/old", Body: program(handmade.ELF{Needed: []string{"libold.so"}})},
		{Name: "app/gone", Body: program(handmade.ELF{Needed: []string{"libold.so"}})},
		{Name: "usr/lib/libssl.so.3", Body: library(handmade.ELF{Needed: []string{"libc.so.6"}, Defines: []string{"OPENSSL_3.0.0", "OPENSSL_3.2.0"}}), Mode: 0o644},
	}, {
		{Name: "app/old", Body: program(handmade.ELF{Needed: []string{"libssl.so.3", "libc.so.6"}, RunPath: "$ORIGIN/../lib:/opt/lib", Versions: map[string][]string{"libc.so.6": {"GLIBC_2.34", "GLIBC_2.2.5"}, "libssl.so.3": {"OPENSSL_3.0.0"}}})},
		{Name: "app/.wh.gone"},
		{Name: "app/run", Body: "#!/usr/bin/env -S python3 -u\nprint()\n"},
		{Name: "app/set", Body: "#!/usr/bin/env PYTHONPATH=/x python3\n"},
		{Name: "app/sh", Body: "#! /bin/sh -e\n"},
		{Name: "app/data", Body: "#!/bin/sh\n", Mode: 0o644},
		{Name: "app/again", Hard: "app/sh"},
		{Name: "app/text", Body: "no program"},
		{Name: "app/broken", Body: "\x7fELF\x02\x01\x01" + strings.Repeat("\x03\x00\xff", 20)},
		{Name: "etc/ld.so.conf.d/x.conf", Body: "# comment\n/opt/x/lib\n"},
	}}
	cache := memory{}
	for _, pass := range []string{"read", "from the cache"} {
		_, set := read(t, &cache, nil, steps...)
		got := set.Programs()
		assert.Equal(t, []needs.File{
			{Path: "app/again", Layer: 1, Interpreter: "/bin/sh"},
			{Path: "app/old", Layer: 1, Interpreter: loader, Libraries: []string{"libssl.so.3", "libc.so.6"}, RunPath: []string{"$ORIGIN/../lib", "/opt/lib"},
				Versions: map[string][]string{"libc.so.6": {"GLIBC_2.2.5", "GLIBC_2.34"}, "libssl.so.3": {"OPENSSL_3.0.0"}}, Class: elf.ELFCLASS64, Machine: elf.EM_X86_64},
			{Path: "app/run", Layer: 1, Interpreter: "/usr/bin/env", Command: "python3"},
			{Path: "app/set", Layer: 1, Interpreter: "/usr/bin/env", Command: "python3"},
			{Path: "app/sh", Layer: 1, Interpreter: "/bin/sh"},
			{Path: "usr/lib/libssl.so.3", Layer: 0, Libraries: []string{"libc.so.6"}, Defines: []string{"OPENSSL_3.0.0", "OPENSSL_3.2.0"}, Class: elf.ELFCLASS64, Machine: elf.EM_X86_64},
		}, got, pass)
	}
	assert.NotEmpty(t, cache.kept)
}

// memory is a cache in memory.
type memory struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (m *memory) Get(key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.kept[key]
	return b, ok
}

func (m *memory) Put(key string, b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string][]byte{}
	}
	m.kept[key] = b
}

// What is there is found where the loader looks, and what is not there is missing.
func TestMissing(t *testing.T) {
	lib := library(handmade.ELF{})
	base := []handmade.File{
		{Name: "lib64/ld-linux-x86-64.so.2", Body: library(handmade.ELF{})},
		{Name: "lib", Link: "usr/lib"},
		{Name: "usr/lib/x86_64-linux-gnu/libc.so.6", Body: library(handmade.ELF{Defines: []string{"GLIBC_2.2.5", "GLIBC_2.34"}})},
		{Name: "usr/bin/env", Body: "x"}, {Name: "usr/bin/python3.11", Body: "x"}, {Name: "usr/bin/python3", Link: "python3.11"},
	}
	missing := func(kind needs.Kind, name string) []needs.Need { return []needs.Need{{Kind: kind, Name: name}} }
	for name, tt := range map[string]struct {
		program handmade.ELF
		script  string
		more    []handmade.File
		env     []string
		want    []needs.Need
	}{
		"nothing":                         {program: handmade.ELF{}},
		"usual place":                     {program: handmade.ELF{Needed: []string{"libc.so.6"}}},
		"missing":                         {program: handmade.ELF{Needed: []string{"libpq.so.5"}}, want: missing(needs.Library, "libpq.so.5")},
		"behind a link":                   {program: handmade.ELF{Needed: []string{"libpq.so.5"}}, more: []handmade.File{{Name: "usr/lib/libpq.so.5", Link: "libpq.so.5.15"}, {Name: "usr/lib/libpq.so.5.15", Body: lib}}},
		"a link that leads nowhere":       {program: handmade.ELF{Needed: []string{"libpq.so.5"}}, more: []handmade.File{{Name: "usr/lib/libpq.so.5", Link: "libpq.so.5.15"}}, want: missing(needs.Library, "libpq.so.5")},
		"elsewhere":                       {program: handmade.ELF{Needed: []string{"libx.so"}}, more: []handmade.File{{Name: "opt/x/libx.so", Body: lib}}, want: missing(needs.Library, "libx.so")},
		"run path":                        {program: handmade.ELF{Needed: []string{"libx.so"}, RunPath: "/opt/x"}, more: []handmade.File{{Name: "opt/x/libx.so", Body: lib}}},
		"beside the program":              {program: handmade.ELF{Needed: []string{"libx.so"}, RunPath: "$ORIGIN/lib"}, more: []handmade.File{{Name: "app/lib/libx.so", Body: lib}}},
		"LD_LIBRARY_PATH":                 {program: handmade.ELF{Needed: []string{"libx.so"}}, more: []handmade.File{{Name: "opt/x/libx.so", Body: lib}}, env: []string{"LD_LIBRARY_PATH=/opt/y:/opt/x"}},
		"ld.so.conf":                      {program: handmade.ELF{Needed: []string{"libx.so"}}, more: []handmade.File{{Name: "opt/x/libx.so", Body: lib}, {Name: "etc/ld.so.conf.d/x.conf", Body: "/opt/x\n"}}},
		"musl's path":                     {program: handmade.ELF{Needed: []string{"libx.so"}}, more: []handmade.File{{Name: "opt/x/libx.so", Body: lib}, {Name: "etc/ld-musl-x86_64.path", Body: "/lib:/opt/x\n"}}},
		"by path":                         {program: handmade.ELF{Needed: []string{"/opt/x/libx.so"}}, more: []handmade.File{{Name: "opt/x/libx.so", Body: lib}}},
		"of another processor":            {program: handmade.ELF{Needed: []string{"libx.so"}}, more: []handmade.File{{Name: "usr/lib/libx.so", Body: library(handmade.ELF{Machine: elf.EM_AARCH64})}}, want: missing(needs.Library, "libx.so")},
		"version that is there":           {program: handmade.ELF{Needed: []string{"libc.so.6"}, Versions: map[string][]string{"libc.so.6": {"GLIBC_2.34"}}}},
		"version that is newer":           {program: handmade.ELF{Needed: []string{"libc.so.6"}, Versions: map[string][]string{"libc.so.6": {"GLIBC_2.38"}}}, want: missing(needs.Version, "libc.so.6 GLIBC_2.38")},
		"loader":                          {program: handmade.ELF{Interpreter: "/lib/ld-musl-x86_64.so.1", Needed: []string{"libc.musl-x86_64.so.1", "libpq.so.5"}}, want: append(missing(needs.Interpreter, "/lib/ld-musl-x86_64.so.1"), needs.Need{Kind: needs.Library, Name: "libpq.so.5"})},
		"script":                          {script: "#!/usr/bin/env python3\n"},
		"script whose command is not":     {script: "#!/usr/bin/env ruby\n", want: missing(needs.Command, "ruby")},
		"script whose PATH is narrow":     {script: "#!/usr/bin/env python3\n", env: []string{"PATH=/bin"}, want: missing(needs.Command, "python3")},
		"script whose interpreter is not": {script: "#!/bin/bash\n", want: missing(needs.Interpreter, "/bin/bash")},
	} {
		t.Run(name, func(t *testing.T) {
			body := tt.script
			if body == "" {
				if tt.program.Interpreter == "" {
					tt.program.Interpreter = loader
				}
				body = string(tt.program.Bytes())
			}
			idx, set := read(t, nil, tt.env, base, append(tt.more, handmade.File{Name: "app/main", Body: body}))
			f, ok := set.File("app/main")
			require.True(t, ok)
			assert.Equal(t, tt.want, needs.Missing(f, needs.Image(idx, set)))
		})
	}
}

// What the C compiler and linker of this machine make is understood.
func TestRealProgram(t *testing.T) {
	for _, p := range []string{"/bin/ls", "/usr/bin/git"} {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Skip(err)
		}
		_, set := read(t, nil, nil, []handmade.File{{Name: "p", Body: string(b)}})
		f, ok := set.File("p")
		if !ok {
			t.Skip("it is not linked with libraries")
		}
		e, err := elf.Open(p)
		require.NoError(t, err)
		defer e.Close()
		libs, err := e.ImportedLibraries()
		require.NoError(t, err)
		assert.Equal(t, libs, f.Libraries)
		needed, err := e.DynamicVersionNeeds()
		require.NoError(t, err)
		for _, n := range needed {
			var want []string
			for _, v := range n.Needs {
				if v.Flags&elf.VER_FLG_WEAK == 0 {
					want = append(want, v.Dep)
				}
			}
			assert.ElementsMatch(t, want, f.Versions[n.Name])
		}
		assert.NotEmpty(t, f.Interpreter)
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(program(handmade.ELF{Needed: []string{"a", "b"}, RunPath: "/x", Versions: map[string][]string{"a": {"V1", "V2"}, "b": {"W"}}, Defines: []string{"D", "E"}})))
	f.Add([]byte("#!/usr/bin/env -S x\n"))
	f.Add([]byte("#!"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, set := read(t, nil, nil, []handmade.File{{Name: "p", Body: string(b)}})
		for _, f := range set.Programs() {
			needs.Missing(f, &needs.Root{Lookup: func(string) (string, bool) { return "", false }, File: set.File})
		}
	})
}

// BenchmarkCollector reads /usr/bin and the libraries of this machine, as a layer, with and without
// the collector.
func BenchmarkCollector(b *testing.B) {
	var files []handmade.File
	size := 0
	for _, glob := range []string{"/usr/bin/*", "/usr/lib/x86_64-linux-gnu/*.so*"} {
		paths, _ := filepath.Glob(glob)
		for _, p := range paths {
			st, err := os.Lstat(p)
			if err != nil || !st.Mode().IsRegular() || size > 300<<20 {
				continue
			}
			body, err := os.ReadFile(p)
			if err != nil {
				continue
			}
			size += len(body)
			files = append(files, handmade.File{Name: p[1:], Body: string(body)})
		}
	}
	img := handmade.Image{Steps: []handmade.Step{{CreatedBy: "COPY . /", Files: files}}}.Build(b)
	for name, with := range map[string]bool{"without": false, "with": true} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				o := &layers.Options{}
				if with {
					o.Wants = []layers.Want{needs.New().Want()}
				}
				_, err := layers.Read(context.Background(), img, o)
				require.NoError(b, err)
			}
		})
	}
}

func Example() {
	t := &testing.T{}
	c := needs.New()
	img := handmade.Image{Steps: []handmade.Step{{CreatedBy: "COPY run /", Files: []handmade.File{{Name: "run", Body: "#!/usr/bin/python3\n"}}}}}.Build(t)
	idx, err := layers.Read(context.Background(), img, &layers.Options{Wants: []layers.Want{c.Want()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	set := c.Set(idx)
	for _, f := range set.Programs() {
		for _, n := range needs.Missing(f, needs.Image(idx, set)) {
			fmt.Printf("%s lacks its %s %s\n", f.Path, n.Kind, n.Name)
		}
	}
	// Output:
	// run lacks its interpreter /usr/bin/python3
}
