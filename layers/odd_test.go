package layers

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// becomesDir is the problem of a link that a layer above makes a directory of.
func becomesDir(target string) string {
	return "symbolic link to " + target + " becomes a directory, because the layer has entries below it; with Docker's vfs driver they take effect behind the link"
}

// TestOdd has what real images do and well-known tools get wrong. want is the entries of
// the layers as show returns them, problems the texts of the problems.
func TestOdd(t *testing.T) {
	for _, tc := range []struct {
		name     string
		layers   [][]string
		want     [][]string
		merged   string
		problems []string
	}{
		{
			name:   "whiteout",
			layers: [][]string{{"d/", "d/a=1", "d/b=2"}, {"d/.wh.a"}},
			want:   [][]string{{"d directory added", "d/a regular added shadowed:1", "d/b regular added"}, {"d/a whiteout deleted"}},
			merged: "d/ d/b",
		},
		{
			name:   "whiteout of a directory",
			layers: [][]string{{"d/", "d/e/", "d/e/a=1"}, {".wh.d"}},
			want:   [][]string{{"d directory added shadowed:1", "d/e directory added shadowed:1", "d/e/a regular added shadowed:1"}, {"d whiteout deleted"}},
		},
		{
			name:   "whiteout of a missing file",
			layers: [][]string{{"a=1"}, {".wh.b", "x/y/.wh.z", ".wh.a", ".wh.a"}},
			want: [][]string{{"a regular added shadowed:1"},
				{"b whiteout ineffective", "x/y/z whiteout ineffective", "a whiteout deleted", "a whiteout ineffective"}},
		},
		{
			name:   "whiteout beside its own name, both ways round",
			layers: [][]string{{"a=1", "b=1"}, {".wh.a", "a=2", "b=2", ".wh.b"}},
			want: [][]string{{"a regular added shadowed:1", "b regular added shadowed:1"},
				{"a whiteout deleted", "a regular modified", "b regular modified", "b whiteout deleted"}},
			merged: "a b",
		},
		{
			name:   "whiteout in the bottom layer hides no sibling",
			layers: [][]string{{"d/a=1", "d/.wh.a", "d/.wh..wh..opq"}},
			want:   [][]string{{"d/a regular added", "d/a whiteout ineffective", "d whiteout ineffective"}},
			merged: "d/ d/a",
		},
		{
			name:   "opaque directory, marker last",
			layers: [][]string{{"d/", "d/a=1", "d/e/b=1"}, {"d/", "d/c=1", "d/.wh..wh..opq"}},
			want: [][]string{{"d directory added shadowed:1", "d/a regular added shadowed:1", "d/e/b regular added shadowed:1"},
				{"d directory unchanged", "d/c regular added", "d whiteout opaque"}},
			merged: "d/ d/c",
		},
		{
			name:   "opaque root",
			layers: [][]string{{"a=1", "d/b=1"}, {".wh..wh..opq", "c=1"}},
			want:   [][]string{{"a regular added shadowed:1", "d/b regular added shadowed:1"}, {". whiteout opaque", "c regular added"}},
			merged: "c",
		},
		{
			name:   "housekeeping of AUFS",
			layers: [][]string{{".wh..wh.aufs", ".wh..wh.plnk/", ".wh..wh.plnk/1.2=x", ".wh..wh.orph/", "a=1"}},
			want:   [][]string{{".wh..wh.plnk/1.2 regular added shadowed:0", "a regular added"}},
			merged: "a",
		},
		{
			name:   "hard links to files of AUFS' own",
			layers: [][]string{{"a=old"}, {".wh..wh.plnk/1.2=new", "a=>.wh..wh.plnk/1.2", "b=>/.wh..wh.plnk/1.2"}, {".wh.a"}, {"c=>.wh..wh.plnk/1.2"}},
			want: [][]string{{"a regular added shadowed:1"},
				{".wh..wh.plnk/1.2 regular added shadowed:1", "a hardlink modified shadowed:2", "b hardlink added"}, {"a whiteout deleted"}, {"c hardlink added"}},
			merged:   "b=>.wh..wh.plnk/1.2 c=>.wh..wh.plnk/1.2",
			problems: []string{"layer 3: c: hard link to a file that is not there: .wh..wh.plnk/1.2"},
		},
		{
			name:   "like housekeeping, where AUFS has none",
			layers: [][]string{{"x/.wh..wh.hid/evil=1", "x/.wh..wh.y", "x/.wh.z/a=1", ".wh..wh..opq/b=1"}},
			want:   [][]string{{"x/.wh..wh.hid/evil regular added", "x/.wh.y whiteout ineffective", "x/.wh.z/a regular added"}},
			merged: "x/ x/.wh..wh.hid/ x/.wh..wh.hid/evil x/.wh.z/ x/.wh.z/a",
		},
		{
			name:     "whiteouts of nothing",
			layers:   [][]string{{"a=1"}, {"d/.wh.", "d/.wh..", "d/.wh..."}},
			want:     [][]string{{"a regular added"}, nil},
			merged:   "a",
			problems: []string{"layer 1: d/.wh.: whiteout of no file", "layer 1: d/.wh..: whiteout of no file", "layer 1: d/.wh...: whiteout of no file"},
		},
		{
			name:   "directory becomes a file",
			layers: [][]string{{"d/", "d/a=1"}, {"d=file"}},
			want:   [][]string{{"d directory added shadowed:1", "d/a regular added shadowed:1"}, {"d regular replaced"}},
			merged: "d",
		},
		{
			name:   "file becomes a directory",
			layers: [][]string{{"d=file"}, {"d/", "d/a=1"}},
			want:   [][]string{{"d regular added shadowed:1"}, {"d directory replaced", "d/a regular added"}},
			merged: "d/ d/a",
		},
		{
			name:   "directory becomes a link, and back",
			layers: [][]string{{"lib/", "lib/a=1"}, {"lib->usr/lib"}, {"lib/", "lib/a=1"}},
			want: [][]string{{"lib directory added shadowed:1", "lib/a regular added shadowed:1"}, {"lib symlink replaced shadowed:2"},
				{"lib directory replaced", "lib/a regular added"}},
			merged: "lib/ lib/a",
		},
		{
			name:   "whiteout with more content than headers may have",
			layers: [][]string{{"a=1"}, {".wh.a=" + strings.Repeat("x", 2<<20), "b=1"}},
			want:   [][]string{{"a regular added shadowed:1"}, {"a whiteout deleted", "b regular added"}},
			merged: "b",
		},
		{
			name:   "metadata only",
			layers: [][]string{{"a=1", "b=1", "c=1", "d=1", "l->x", "e/"}, {"a=1 mode=384", "b=1 uid=5", "c=1 day=1", "d=1 xattr=v", "l->x day=1", "e/ day=1"}},
			want: [][]string{{"a regular added shadowed:1", "b regular added shadowed:1", "c regular added shadowed:1", "d regular added shadowed:1",
				"l symlink added shadowed:1", "e directory added shadowed:1"},
				{"a regular metadata", "b regular metadata", "c regular metadata", "d regular metadata", "l symlink metadata", "e directory unchanged"}},
			merged: "a b c d e/ l->x",
		},
		{
			name:   "same again",
			layers: [][]string{{"a=1", "l->x", "e/"}, {"a=1", "l->x", "e/"}, {"a=2", "l->y", "e/ mode=448"}},
			want: [][]string{{"a regular added shadowed:1", "l symlink added shadowed:1", "e directory added shadowed:1"},
				{"a regular unchanged shadowed:2", "l symlink unchanged shadowed:2", "e directory unchanged shadowed:2"},
				{"a regular modified", "l symlink modified", "e directory metadata"}},
			merged: "a e/ l->y",
		},
		{
			name:   "twice in one layer",
			layers: [][]string{{"a=old"}, {"a=one", "a=two"}},
			want:   [][]string{{"a regular added shadowed:1"}, {"a regular modified shadowed:1", "a regular modified"}},
			merged: "a",
		},
		{
			name:   "hard links across directories and layers",
			layers: [][]string{{"d/a=1", "e/b=>d/a"}, {"f/c=>e/b", "g=>/./d//a"}, {"d/.wh.a"}},
			want: [][]string{{"d/a regular added shadowed:2", "e/b hardlink added"}, {"f/c hardlink added", "g hardlink added"},
				{"d/a whiteout deleted"}},
			merged: "d/ e/ e/b=>d/a f/ f/c=>e/b g=>d/a",
		},
		{
			name:     "hard links to nothing",
			layers:   [][]string{{"a=>b", "c/", "d=>c", "e=1", "e=>e"}},
			want:     [][]string{{"a hardlink added", "c directory added", "d hardlink added", "e regular added shadowed:0", "e hardlink added"}},
			merged:   "a=>b c/ d=>c e=>e",
			problems: []string{"layer 0: a: hard link to a file that is not there: b", "layer 0: d: hard link to a directory: c", "layer 0: e: hard link to a file that is not there: e"},
		},
		{
			name:   "a file and its second name rewritten",
			layers: [][]string{{"a=1", "b=>a"}, {"b=1", "a=>b"}},
			want:   [][]string{{"a regular added shadowed:1", "b hardlink added shadowed:1"}, {"b regular unchanged", "a hardlink unchanged"}},
			merged: "a=>b b",
		},
		{
			name:   "parent is a link below",
			layers: [][]string{{"usr/bin/", "bin->usr/bin", "usr/bin/sh=1"}, {"bin/sh=2", "bin/ls=1"}, {"bin/.wh.ls"}},
			want: [][]string{{"usr/bin directory added", "bin symlink added shadowed:1", "usr/bin/sh regular added"},
				{"bin/sh regular added", "bin/ls regular added shadowed:2"}, {"bin/ls whiteout deleted"}},
			merged:   "bin/ bin/sh usr/ usr/bin/ usr/bin/sh",
			problems: []string{"layer 1: bin: " + becomesDir("usr/bin")},
		},
		{
			name:     "whiteout below a link of the layers below",
			layers:   [][]string{{"usr/bin/", "bin->usr/bin", "usr/bin/sh=1"}, {"bin/.wh.sh"}},
			want:     [][]string{{"usr/bin directory added", "bin symlink added shadowed:1", "usr/bin/sh regular added"}, {"bin/sh whiteout ineffective"}},
			merged:   "bin/ usr/ usr/bin/ usr/bin/sh",
			problems: []string{"layer 1: bin: " + becomesDir("usr/bin")},
		},
		{
			name:   "opaque marker in a link of the layers below",
			layers: [][]string{{"usr/bin/", "bin->usr/bin", "usr/bin/sh=1"}, {"bin/.wh..wh..opq", "bin/c=1"}},
			want: [][]string{{"usr/bin directory added", "bin symlink added shadowed:1", "usr/bin/sh regular added"},
				{"bin whiteout ineffective", "bin/c regular added"}},
			merged:   "bin/ bin/c usr/ usr/bin/ usr/bin/sh",
			problems: []string{"layer 1: bin: " + becomesDir("usr/bin")},
		},
		{
			name:   "a file below a link, and one with the link's target",
			layers: [][]string{{"usr/lib/", "lib->usr/lib"}, {"lib/x/a=1", "usr/lib/x/b=1"}},
			want: [][]string{{"usr/lib directory added", "lib symlink added shadowed:1"},
				{"lib/x/a regular added", "usr/lib/x/b regular added"}},
			merged:   "lib/ lib/x/ lib/x/a usr/ usr/lib/ usr/lib/x/ usr/lib/x/b",
			problems: []string{"layer 1: lib: " + becomesDir("usr/lib")},
		},
		{
			name:   "link, files and whiteout below it in one layer",
			layers: [][]string{{"usr/bin/a=1", "usr/bin/b=1", "o/c=1"}, {"bin->usr/bin", "opt->/o", "bin/sh=1", "bin/.wh.a", "opt/.wh..wh..opq", "opt/d=1"}},
			want: [][]string{{"usr/bin/a regular added shadowed:1", "usr/bin/b regular added", "o/c regular added shadowed:1"},
				{"bin symlink added", "opt symlink added", "usr/bin/sh regular added", "usr/bin/a whiteout deleted", "o whiteout opaque", "o/d regular added"}},
			merged: "bin->usr/bin o/ o/d opt->/o usr/ usr/bin/ usr/bin/b usr/bin/sh",
		},
		{
			name:   "link in one layer, after the files",
			layers: [][]string{{"bin/sh=1", "bin->usr/bin", "bin/ls=1"}},
			want:   [][]string{{"bin/sh regular added shadowed:0", "bin symlink added", "usr/bin/ls regular added"}},
			merged: "bin->usr/bin usr/ usr/bin/ usr/bin/ls",
		},
		{
			name:     "a link of the layers below on the way of an own one",
			layers:   [][]string{{"system/usr/bin/a=1", "usr->system/usr"}, {"bin->usr/bin", "bin/sh=1", "bin/.wh.a"}},
			want:     [][]string{{"system/usr/bin/a regular added", "usr symlink added shadowed:1"}, {"bin symlink added", "usr/bin/sh regular added", "bin/a whiteout ineffective"}},
			merged:   "bin->usr/bin system/ system/usr/ system/usr/bin/ system/usr/bin/a usr/ usr/bin/ usr/bin/sh",
			problems: []string{"layer 1: usr: " + becomesDir("system/usr")},
		},
		{
			name:   "a directory written out replaces the link",
			layers: [][]string{{"usr/bin/", "bin->usr/bin", "usr/bin/sh=1"}, {"bin/.wh.sh", "bin/", "bin/sh=2"}},
			want: [][]string{{"usr/bin directory added", "bin symlink added shadowed:1", "usr/bin/sh regular added"},
				{"bin/sh whiteout ineffective", "bin directory replaced", "bin/sh regular added"}},
			merged:   "bin/ bin/sh usr/ usr/bin/ usr/bin/sh",
			problems: []string{"layer 1: bin: " + becomesDir("usr/bin")},
		},
		{
			name:   "a directory written out first replaces the link for every runtime",
			layers: [][]string{{"usr/bin/", "bin->usr/bin", "usr/bin/sh=1"}, {"bin/", "bin/.wh.sh", "bin/.wh..wh..opq", "bin/sh=2"}},
			want: [][]string{{"usr/bin directory added", "bin symlink added shadowed:1", "usr/bin/sh regular added"},
				{"bin directory replaced", "bin/sh whiteout ineffective", "bin whiteout ineffective", "bin/sh regular added"}},
			merged: "bin/ bin/sh usr/ usr/bin/ usr/bin/sh",
		},
		{
			name:   "links stay inside the root",
			layers: [][]string{{"a->../../../x", "b->/y", "a/f=1", "b/f=1"}},
			want:   [][]string{{"a symlink added", "b symlink added", "x/f regular added", "y/f regular added"}},
			merged: "a->../../../x b->/y x/ x/f y/ y/f",
		},
		{
			name:     "links loop",
			layers:   [][]string{{"a->b", "b->a", "a/f=1", "g=1", "b/.wh.f", "h=>a/f"}},
			want:     [][]string{{"a symlink added", "b symlink added", "a/f regular added shadowed:0", "g regular added", "b/f whiteout ineffective", "h hardlink added"}},
			merged:   "a->b b->a g h=>a/f",
			problems: []string{"layer 0: a/f: symbolic links loop, or are too many", "layer 0: b/f: symbolic links loop, or are too many", "layer 0: h: hard link to a file that is not there: a/f"},
		},
		{
			name:     "parent is a file below",
			layers:   [][]string{{"a=1"}, {"a/b=1"}},
			want:     [][]string{{"a regular added shadowed:1"}, {"a/b regular added"}},
			merged:   "a/ a/b",
			problems: []string{"layer 1: a/b: a is not a directory below; taken as replaced by one"},
		},
		{
			name:     "paths that lead elsewhere",
			layers:   [][]string{{"/abs=1", "./dot=1", "x//y=1", "../out=1", "a/../../b=1", "c=>../../etc/shadow", "ok=1"}},
			want:     [][]string{{"abs regular added", "dot regular added", "x/y regular added", "ok regular added"}},
			merged:   "abs dot ok x/ x/y",
			problems: []string{`layer 0: ../out: path contains ".."`, `layer 0: a/../../b: path contains ".."`, `layer 0: c: hard link: target: path contains ".."`},
		},
		{
			name:   "the root itself",
			layers: [][]string{{"./ mode=448", "a=1"}, {"/ mode=448"}},
			want:   [][]string{{". directory added shadowed:1", "a regular added"}, {". directory unchanged"}},
			merged: "a",
		},
		{
			name:   "the same layer twice, and an empty one",
			layers: [][]string{{"a=1"}, nil, {"a=1"}, {".wh.a"}, {"a=1"}},
			want: [][]string{{"a regular added shadowed:2"}, nil, {"a regular unchanged shadowed:3"},
				{"a whiteout deleted"}, {"a regular added"}},
			merged: "a",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x := read(t, stack(t, tc.layers...), nil)
			for i, want := range tc.want {
				assert.Equal(t, want, show(x, i), "layer %d", i)
				assert.True(t, x.Layers[i].Verified)
				assert.False(t, x.Layers[i].Partial)
			}
			assert.Equal(t, tc.merged, merged(x, x.Top()))
			assert.Equal(t, tc.problems, problemTexts(x))
		})
	}
}
