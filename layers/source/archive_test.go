package source

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func indexed(t testing.TB, data []byte) *archive {
	t.Helper()
	a, err := indexArchive(t.Context(), bytes.NewReader(data), int64(len(data)), 1000)
	require.NoError(t, err)
	return a
}

func TestArchiveMembers(t *testing.T) {
	a := indexed(t, tarOf(t,
		file{name: "./a/one", body: "1"},
		file{name: "/b/two", body: "22"},
		file{name: "b/soft", kind: tar.TypeSymlink, link: "../a/one"},
		file{name: "b/hard", kind: tar.TypeLink, link: "b/two"},
		file{name: "b/root", kind: tar.TypeSymlink, link: "/a/one"},
		file{name: "chain", kind: tar.TypeSymlink, link: "b/soft"},
		file{name: "out", kind: tar.TypeSymlink, link: "../../../../etc/passwd"},
		file{name: "self", kind: tar.TypeSymlink, link: "self"},
		file{name: "ping", kind: tar.TypeSymlink, link: "pong"},
		file{name: "pong", kind: tar.TypeSymlink, link: "ping"},
		file{name: "dir/", kind: tar.TypeDir},
		file{name: "twice", body: "old"},
		file{name: "before", kind: tar.TypeLink, link: "twice"},
		file{name: "ahead", kind: tar.TypeLink, link: "last"},
		file{name: "twice", body: "new"},
		file{name: "a/" + strings.Repeat("long/", 60) + "name", body: "long"},
		file{name: "last", body: "last"},
	))
	require.NoError(t, a.damage)
	for name, want := range map[string]string{
		"a/one": "1", "b/two": "22", "./b/two": "22", "b/soft": "1", "b/hard": "22", "b/root": "1",
		"chain": "1", "twice": "new", "before": "old", "ahead": "last", "a/" + strings.Repeat("long/", 60) + "name": "long",
	} {
		b, err := a.open(name)
		require.NoError(t, err, name)
		got, err := io.ReadAll(b)
		require.NoError(t, err)
		assert.Equal(t, want, string(got), name)
		assert.Equal(t, int64(len(want)), b.size)
	}
	for _, name := range []string{"out", "dir", "none", "etc/passwd", ""} {
		_, err := a.open(name)
		assert.ErrorIs(t, err, fs.ErrNotExist, name)
	}
	for _, name := range []string{"self", "ping"} {
		_, err := a.open(name)
		assert.ErrorContains(t, err, "circle", name)
	}
}

// TestTruncated cuts an archive whose manifest comes first at every block. It opens
// whenever manifest and config are there, and each layer is either complete or returns
// an error.
func TestTruncated(t *testing.T) {
	src := testImage(t, hostPlatform, "")
	whole := docker20(t, src, "")
	var files []file
	tr := tar.NewReader(bytes.NewReader(whole))
	for hdr, err := tr.Next(); err == nil; hdr, err = tr.Next() {
		body, _ := io.ReadAll(tr)
		f := file{name: hdr.Name, body: string(body), kind: hdr.Typeflag, link: hdr.Linkname}
		if hdr.Name == manifestJSON || strings.HasSuffix(hdr.Name, ".json") {
			files = append([]file{f}, files...)
		} else {
			files = append(files, f)
		}
	}
	data := tarOf(t, files...)
	config := len(raw(t, src.RawConfigFile))
	head := 2*512 + 512*((config+511)/512) + 512*((len(files[0].body)+511)/512)
	opened := 0
	for size := 0; size < len(data); size += 256 {
		path := writeFile(t, fmt.Sprintf("%d.tar", size), data[:size])
		if size < head {
			img, err := Open(t.Context(), path, nil)
			if err == nil { // the padding of the last header is all that lacks
				require.NoError(t, img.Close())
				continue
			}
			assert.NotContains(t, err.Error(), "\n")
			continue
		}
		opened++
		requirePartial(t, mustOpen(t, path, nil), size < len(data)-1024)
	}
	require.Greater(t, opened, 20)

	err := openError(t, writeFile(t, "cut.tar", whole[:len(whole)/2]), nil)
	assert.ErrorIs(t, err, ErrNotImage)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.ErrorContains(t, err, "breaks off")
}

func requirePartial(t *testing.T, img *Image, damaged bool) {
	t.Helper()
	if damaged {
		assert.ErrorIs(t, img.Damage, io.ErrUnexpectedEOF)
	}
	layers, err := img.Layers()
	require.NoError(t, err)
	for n, l := range layers {
		rc, err := l.Compressed()
		if err != nil {
			assert.True(t, damaged)
			assert.ErrorContains(t, err, "/layer.tar")
			continue
		}
		got, err := io.ReadAll(rc)
		require.NoError(t, err)
		assert.Equal(t, testLayers(t)[n], got, "layer %d", n)
	}
}

func TestHostileArchives(t *testing.T) {
	img := testImage(t, hostPlatform, "")
	config := string(raw(t, img.RawConfigFile))
	list := func(s ...savedImage) file { return file{name: manifestJSON, body: manifestList(t, s...)} }
	many := make([]file, 40)
	for n := range many {
		many[n] = file{name: fmt.Sprint(n)}
	}
	sparse := tarOf(t, file{name: manifestJSON, body: "[]"})
	small := &Options{Limits: Limits{Manifest: 300, Config: 200, Members: 20, Images: 3}}
	for name, test := range map[string]struct {
		data []byte
		opts *Options
		is   error
		says string
	}{
		"empty":              {nil, nil, ErrNotImage, "neither manifest.json nor index.json"},
		"text":               {[]byte(strings.Repeat("no tar ", 200)), nil, ErrNotImage, "no tar"},
		"zeros":              {make([]byte, 4096), nil, ErrNotImage, "neither"},
		"gzip":               {packed(t, sparse, "gzip"), nil, ErrNotImage, "gunzip"},
		"zstd":               {packed(t, sparse, "zstd"), nil, ErrNotImage, "zstd -d"},
		"another tar":        {tarOf(t, file{name: "etc/passwd", body: "x"}), nil, ErrNotImage, "neither"},
		"old docker":         {tarOf(t, file{name: "repositories", body: "{}"}), nil, ErrNotImage, "before 1.10"},
		"no images":          {tarOf(t, list()), nil, ErrNotImage, "lists none"},
		"manifest no list":   {tarOf(t, file{name: manifestJSON, body: "{}"}), nil, ErrNotImage, "manifest.json"},
		"manifest rubbish":   {tarOf(t, file{name: manifestJSON, body: "\x1b[2J\n\n<html>"}), nil, ErrNotImage, "manifest.json"},
		"no config":          {tarOf(t, list(savedImage{RepoTags: []string{testName}})), nil, ErrNotImage, "no config"},
		"config is missing":  {tarOf(t, list(savedImage{Config: "../../etc/passwd"})), nil, fs.ErrNotExist, "not in the archive"},
		"config is rubbish":  {tarOf(t, list(savedImage{Config: "c"}), file{name: "c", body: "no JSON"}), nil, nil, "config: "},
		"config too large":   {tarOf(t, list(savedImage{Config: "c"}), file{name: "c", body: config}), small, ErrLimit, "config c"},
		"manifest too large": {tarOf(t, list(savedImage{Config: strings.Repeat("c", 400)})), small, ErrLimit, "manifest.json"},
		"too many members":   {tarOf(t, append([]file{list()}, many...)...), small, ErrLimit, "more than 20 members"},
		"a large other tar":  {tarOf(t, many...), small, ErrNotImage, "first 20 members"},
		"too many images":    {tarOf(t, list(savedImage{}, savedImage{}, savedImage{}, savedImage{})), small, ErrLimit, "3 images"},
		"config in a circle": {tarOf(t, list(savedImage{Config: "c"}), file{name: "c", kind: tar.TypeSymlink, link: "c"}), nil, nil, "circle"},
	} {
		t.Run(name, func(t *testing.T) {
			err := openError(t, writeFile(t, "a.tar", test.data), test.opts)
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\x1b")
		})
	}
}

// TestSparseAtTheEnd: an archive is complete even if the size of its last member is not
// what the member takes in the archive.
func TestSparseAtTheEnd(t *testing.T) {
	records := "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n" +
		"26 GNU.sparse.name=sparse\n30 GNU.sparse.realsize=100000\n"
	data := tarOf(t, file{name: "first", body: "1"}, file{name: "PaxHeaders/sparse", body: records}, file{name: "sparse", body: "0\n" + strings.Repeat("\x00", 510)})
	hdr := data[1024:1536] // of the records
	hdr[156] = tar.TypeXHeader
	copy(hdr[148:156], "        ")
	sum := 0
	for _, b := range hdr {
		sum += int(b)
	}
	copy(hdr[148:156], fmt.Sprintf("%06o\x00 ", sum))
	a := indexed(t, data)
	assert.NoError(t, a.damage)
	_, err := a.open("sparse")
	assert.ErrorContains(t, err, "sparse file")
}

// TestAbsurdSize opens a member whose header claims more than there is.
func TestAbsurdSize(t *testing.T) {
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	require.NoError(t, tw.WriteHeader(&tar.Header{Name: manifestJSON, Typeflag: tar.TypeReg, Size: 1 << 60, Format: tar.FormatGNU}))
	err := openError(t, writeFile(t, "a.tar", buf.Bytes()), nil)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.ErrorContains(t, err, "manifest.json")
}

// TestLayersNeedNotAgree opens images that have fewer or more layers than diffIDs, or
// miss some. That is found when the layers are read.
func TestLayersNeedNotAgree(t *testing.T) {
	config := string(raw(t, testImage(t, hostPlatform, "").RawConfigFile))
	plain := testLayers(t)
	for _, members := range [][]string{{}, {"l"}, {"l", "l", "l", "l", "l", "missing"}} {
		s := savedImage{Config: "c", Layers: members}
		img := mustOpen(t, writeFile(t, "a.tar", tarOf(t, file{name: "l", body: string(plain[0])},
			file{name: "c", body: config}, file{name: manifestJSON, body: manifestList(t, s)})), nil)
		layers, err := img.Layers()
		require.NoError(t, err)
		require.Len(t, layers, len(members))
		for n, l := range layers {
			_, err := l.DiffID()
			assert.Equal(t, n < 4, err == nil, "diffID of layer %d", n)
			_, _, err = l.(*layer).Stored()
			assert.Equal(t, members[n] == "l", err == nil, "layer %d", n)
		}
	}
}

func TestSeveralSavedImages(t *testing.T) {
	img := testImage(t, hostPlatform, "")
	a := string(raw(t, img.RawConfigFile))
	b := strings.Replace(a, "step 0", "step b", 1)
	data := tarOf(t, file{name: "a", body: a}, file{name: "b", body: b}, file{name: manifestJSON, body: manifestList(t,
		savedImage{Config: "a", RepoTags: []string{"team/a:1", "team/a:2"}},
		savedImage{Config: "b", RepoTags: []string{"team/b:1"}},
		savedImage{Config: "b", RepoTags: []string{"team/b:3"}},
	)})
	path := writeFile(t, "several.tar", data)
	err := openError(t, path, nil)
	assert.ErrorIs(t, err, ErrAmbiguous)
	assert.ErrorContains(t, err, "team/a:1, team/b:1")
	assert.ErrorIs(t, openError(t, path+":1", nil), ErrAmbiguous)
	assert.ErrorIs(t, openError(t, path+":team/c", nil), ErrNotFound)
	for tag, config := range map[string]string{"team/a:1": a, "2": a, "team/b:3": b, "docker.io/team/b:1": b} {
		got := mustOpen(t, path+":"+tag, nil)
		assert.Equal(t, config, string(raw(t, got.RawConfigFile)), tag)
	}
	got := mustOpen(t, path+":team/b:3", nil)
	assert.Equal(t, "team/b:3", got.Name)
	assert.Equal(t, []string{"team/b:1", "team/b:3"}, got.Tags)
}
