package artifact_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry/catalogue/artifact"
	"github.com/stemma-go/stemma/layers/source"
)

func TestPushAndFetch(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	file, pinned := s.push(t, "2026-08-01")
	s.set(nil)
	f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, file, f.File)
	assert.Equal(t, []string{"acme/base"}, f.Catalogue.Repositories())
	assert.Equal(t, "2026-08-01", f.Day.Format(time.DateOnly))
	assert.True(t, strings.HasPrefix(f.Source, "example.com/bases@ccc"))
	assert.True(t, strings.HasSuffix(pinned, f.Digest.String()))
	assert.EqualValues(t, len(file), f.Size)
	assert.NoError(t, f.NotKept)
	assert.NoError(t, f.NotUpdated)
	assert.Equal(t, 1, s.asked("GET /v2/acme/bases/blobs/"))

	// What is kept is not fetched again.
	s.set(nil)
	again, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, f.File, again.File)
	assert.True(t, again.Checked.After(f.Checked))
	assert.Zero(t, s.asked("blobs/"))
	assert.Equal(t, 1, s.asked("manifests/"))

	// Where nobody is to be asked, nobody is.
	s.set(nil)
	for name, change := range map[string]func(*artifact.Options){
		"offline": func(o *artifact.Options) { o.Offline = true }, "fresh": func(o *artifact.Options) { o.Fresh = time.Hour },
	} {
		o := once(dir)
		change(o)
		f, err := artifact.Fetch(t.Context(), s.ref(), o)
		require.NoError(t, err, name)
		assert.Equal(t, file, f.File, name)
		assert.NoError(t, f.NotUpdated, name)
	}
	assert.Zero(t, s.asked(""))
	_, err = artifact.Fetch(t.Context(), s.host+"/acme/others:2", &artifact.Options{Dir: dir, Offline: true})
	assert.ErrorIs(t, err, artifact.ErrNotKept)
	assert.Zero(t, s.asked(""))
}

func TestManifest(t *testing.T) {
	s := newServer(t)
	file, pinned := s.push(t, "2026-08-01")
	_, again := s.push(t, "2026-08-01")
	assert.Equal(t, pinned, again, "the same file gives the same manifest")
	assert.Equal(t, artifact.FormatVersion, itoa(int(file[len("stemma\x1a")])), "the version in the file")
	m := manifestOf(t, s)
	assert.Equal(t, artifact.MediaType, m.ArtifactType)
	assert.Equal(t, map[string]string{
		"org.opencontainers.image.created": "2026-08-01T00:00:00Z", "org.opencontainers.image.revision": strings.Repeat("c", 40),
		"io.github.stemma-go.catalogue.source": "example.com/bases@" + strings.Repeat("c", 40), "io.github.stemma-go.catalogue.size": itoa(len(file)),
	}, m.Annotations)

	_, err := artifact.Push(t.Context(), s.ref(), []byte("no catalogue"), nil)
	assert.Error(t, err)
	_, err = artifact.Push(t.Context(), pinned, file, nil)
	assert.ErrorContains(t, err, "a tag and no digest")
}

// A newer one takes the place of the one that is kept; an older one does not.
func TestUpdate(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	_, old := s.push(t, "2026-08-01")
	_, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	newer, _ := s.push(t, "2026-08-08")
	f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, newer, f.File)
	assert.Len(t, files(t, dir, "sha256-"), 1, "the older file is gone")

	s.push(t, "2026-08-01")
	f, err = artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, newer, f.File)
	assert.ErrorContains(t, f.NotUpdated, "2026-08-01, which is older")

	// Who pins the older one gets it, and beside it the newer one stays.
	s.set(nil)
	for range 2 {
		f, err = artifact.Fetch(t.Context(), old, once(dir))
		require.NoError(t, err)
		assert.Equal(t, "2026-08-01", f.Day.Format(time.DateOnly))
	}
	assert.Equal(t, 1, s.asked("manifests/"), "what is pinned and kept takes no request")
	assert.Len(t, files(t, dir, "sha256-"), 2)

	wrong := old[:len(old)-64] + strings.Repeat("0", 64)
	_, err = artifact.Fetch(t.Context(), wrong, once(dir))
	assert.Error(t, err)
}

// What is damaged on the disk is fetched again, and not used where nobody is to be asked.
func TestDamaged(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, dir string){
		"file changed": func(t *testing.T, dir string) {
			for _, f := range files(t, dir, "sha256-") {
				require.NoError(t, os.WriteFile(f, []byte("stemma\x1a\x02"), 0o600))
			}
		},
		"file gone":      func(t *testing.T, dir string) { require.NoError(t, os.Remove(files(t, dir, "sha256-")[0])) },
		"record is none": func(t *testing.T, dir string) { overwrite(t, dir, ".json", "{") },
		"record leads out": func(t *testing.T, dir string) {
			overwrite(t, dir, ".json", `{"reference":"x","manifest":"sha256:`+strings.Repeat("a", 64)+`","file":"../../etc:00"}`)
		},
		"record is huge": func(t *testing.T, dir string) { overwrite(t, dir, ".json", strings.Repeat(" ", 1<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newServer(t), t.TempDir()
			file, _ := s.push(t, "2026-08-01")
			_, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
			require.NoError(t, err)
			damage(t, dir)
			o := once(dir)
			o.Offline = true
			_, err = artifact.Fetch(t.Context(), s.ref(), o)
			assert.ErrorContains(t, err, "cannot be used")
			assert.NotErrorIs(t, err, artifact.ErrNotKept)
			f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
			require.NoError(t, err)
			assert.Equal(t, file, f.File)
			assert.NoError(t, f.NotKept)
			f, err = artifact.Fetch(t.Context(), s.ref(), o)
			require.NoError(t, err)
			assert.Equal(t, file, f.File)
		})
	}
}

// Where the registry gives nothing, or something wrong, the one that is kept is used, and
// it is said; where none is kept it is an error. Nothing wrong is kept.
func TestRegistryFails(t *testing.T) {
	for name, tt := range map[string]struct {
		tamper tamper
		says   string
	}{
		"nobody there":   {func(*server, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, "registry"},
		"500":            {refuse(500), "500"},
		"429":            {refuse(429), "too many requests"},
		"denied":         {refuse(403), "denied"},
		"blob is broken": {onBlobs(func(w http.ResponseWriter) { _, _ = w.Write([]byte("short")) }), "descriptor says"},
		"blob is other bytes": {onBlobs(func(w http.ResponseWriter) {
			_, _ = w.Write(make([]byte, len(fileOf(t, "2026-08-08"))))
		}), "digest"},
		"blob has no end": {onBlobs(func(w http.ResponseWriter) {
			w.(http.Flusher).Flush()
			for _, err := w.Write(make([]byte, 1<<16)); err == nil; _, err = w.Write(make([]byte, 1<<16)) {
			}
		}), "blob sha256"},
		"blob breaks off": {onBlobs(func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", itoa(len(fileOf(t, "2026-08-08"))))
			_, _ = w.Write([]byte("stemma"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}), "broke off"},
		"no catalogue":        {manifest(strings.NewReplacer("vnd.stemma.catalogue", "vnd.example.other")), "no catalogue"},
		"another version":     {manifest(strings.NewReplacer("vnd.stemma.catalogue.v2", "vnd.stemma.catalogue.v3")), `it has format "3", and this program reads 2`},
		"lies about its day":  {manifest(strings.NewReplacer("2026-08-08T", "2027-08-08T")), "the file says \"2026-08-08T"},
		"lies about its size": {manifest(strings.NewReplacer(`size":"`, `size":"1`)), "annotation"},
		"claims to be huge":   {manifest(strings.NewReplacer(`"size":`+itoa(len(fileOf(t, "2026-08-08"))), `"size":99999999999`)), "limit"},
		"is nothing":          {manifest(strings.NewReplacer("{", "[")), "manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newServer(t), t.TempDir()
			file, _ := s.push(t, "2026-08-01")
			_, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
			require.NoError(t, err)
			s.push(t, "2026-08-08")
			s.set(tt.tamper)
			f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
			require.NoError(t, err)
			assert.Equal(t, file, f.File)
			assert.ErrorContains(t, f.NotUpdated, tt.says)
			assert.NotContains(t, f.NotUpdated.Error(), "\n")
			assert.Len(t, files(t, dir, "sha256-"), 1)
			assert.Empty(t, files(t, dir, "new-"))

			_, err = artifact.Fetch(t.Context(), s.ref(), once(t.TempDir()))
			assert.ErrorContains(t, err, tt.says)
			s.set(nil)
			f, err = artifact.Fetch(t.Context(), s.ref(), once(dir))
			require.NoError(t, err)
			assert.Equal(t, "2026-08-08", f.Day.Format(time.DateOnly), "the next time it is there")
		})
	}
}

// Who is interrupted, in the download or before it was kept, leaves what was there.
func TestInterrupted(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	file, _ := s.push(t, "2026-08-01")
	_, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	s.push(t, "2026-08-08")
	ctx, cancel := context.WithCancel(t.Context())
	s.set(onBlobs(func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", itoa(len(fileOf(t, "2026-08-08"))))
		_, _ = w.Write([]byte("stemma"))
		w.(http.Flusher).Flush()
		cancel()
		time.Sleep(10 * time.Millisecond)
	}))
	f, err := artifact.Fetch(ctx, s.ref(), once(dir))
	require.NoError(t, err)
	assert.ErrorIs(t, f.NotUpdated, context.Canceled)
	assert.Equal(t, file, f.File)

	// A process that died leaves half a file, which goes with the next that is kept.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "new-half"), []byte("stem"), 0o600))
	s.set(nil)
	f, err = artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, "2026-08-08", f.Day.Format(time.DateOnly))
	assert.Empty(t, files(t, dir, "new-"))
}

// Of many at once, one asks the registry; all get the same.
func TestAtOnce(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	file, _ := s.push(t, "2026-08-01")
	s.set(nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
			if assert.NoError(t, err) {
				assert.Equal(t, file, f.File)
				assert.NoError(t, f.NotKept)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 1, s.asked("GET /v2/acme/bases/blobs/"))
}

// Where nothing can be kept, it works without.
func TestNotKept(t *testing.T) {
	s := newServer(t)
	file, _ := s.push(t, "2026-08-01")
	plain := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(plain, nil, 0o600))
	locked := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(locked, "lock"), 0o700))
	open := t.TempDir()
	require.NoError(t, os.Chmod(open, 0o777))
	for name, dir := range map[string]string{"others can write": open, "no directory": filepath.Join(plain, "below"), "lock is none": locked} {
		f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
		require.NoError(t, err, name)
		assert.Equal(t, file, f.File, name)
		assert.Error(t, f.NotKept, name)
	}
	assert.Empty(t, files(t, open, ""))
	none := filepath.Join(t.TempDir(), "none")
	_, err := artifact.Fetch(t.Context(), s.ref(), &artifact.Options{Dir: none, Offline: true})
	assert.ErrorIs(t, err, artifact.ErrNotKept)
	assert.NoDirExists(t, none, "who asks nobody writes nothing")
}

// Links in the directory lead nowhere.
func TestNothingIsWrittenOutside(t *testing.T) {
	s, outside := newServer(t), t.TempDir()
	s.push(t, "2026-08-01")
	first := t.TempDir()
	_, err := artifact.Fetch(t.Context(), s.ref(), once(first))
	require.NoError(t, err)
	dir := t.TempDir()
	for _, f := range append(files(t, first, "sha256-"), files(t, first, "")...) {
		_ = os.Symlink(filepath.Join(outside, filepath.Base(f)), filepath.Join(dir, filepath.Base(f)))
	}
	f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Error(t, f.NotKept, "the lock is a link")
	require.NoError(t, os.Remove(filepath.Join(dir, "lock")))
	f, err = artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.NoError(t, f.NotKept)
	assert.Empty(t, files(t, outside, ""))
}

func TestVerify(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	_, pinned := s.push(t, "2026-08-01")
	_, err := artifact.Fetch(t.Context(), s.ref(), once(dir)) // kept, and not verified
	require.NoError(t, err)
	o := once(dir)
	refused := errors.New("nobody signed it")
	o.Verify = func(context.Context, string) error { return refused }
	s.set(nil)
	_, err = artifact.Fetch(t.Context(), s.ref(), o)
	assert.ErrorIs(t, err, refused, "what was kept without is not used")
	assert.Zero(t, s.asked("blobs/"))
	o.Offline = true
	_, err = artifact.Fetch(t.Context(), s.ref(), o)
	assert.ErrorContains(t, err, "never verified")

	var asked []string
	o = once(dir)
	o.Verify = func(_ context.Context, a string) error { asked = append(asked, a); return nil }
	_, err = artifact.Fetch(t.Context(), s.ref(), o)
	require.NoError(t, err)
	assert.Equal(t, []string{pinned}, asked)
	o.Offline = true
	_, err = artifact.Fetch(t.Context(), s.ref(), o)
	assert.NoError(t, err, "it was verified when it was fetched")
}

func TestAge(t *testing.T) {
	day := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	f := artifact.Fetched{Day: day}
	for days, old := range map[int]bool{0: false, 30: false, 31: true} {
		say, is := f.Age(day.Add(time.Duration(days) * 24 * time.Hour))
		assert.Equal(t, old, is, days)
		assert.Contains(t, say, "2026-08-01")
	}
}

// A catalogue of the future would stay for ever, as none is newer: it is neither pushed nor
// fetched, and one that is kept makes room.
func TestFuture(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	now := time.Now().UTC()
	today, later := now.Format(time.DateOnly), now.AddDate(0, 0, 3).Format(time.DateOnly)
	file, _ := s.push(t, "2026-08-01")
	_, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)

	future := fileOf(t, later)
	_, err = artifact.Push(t.Context(), s.ref(), future, nil)
	require.ErrorContains(t, err, later+", which is in the future")
	m := manifestOf(t, s)
	m.Annotations, m.Layers[0].Size = nil, int64(len(future))
	old := m.Layers[0].Digest.Hex
	m.Layers[0].Digest, _, err = v1.SHA256(bytes.NewReader(future))
	require.NoError(t, err)
	put, err := json.Marshal(m)
	require.NoError(t, err)
	blobs := []source.Blob{{MediaType: m.Config.MediaType, Content: []byte("{}")}, {MediaType: artifact.MediaType, Content: future}}
	_, err = source.PushArtifact(t.Context(), s.ref(), put, blobs, nil)
	require.NoError(t, err)
	f, err := artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, file, f.File)
	require.ErrorContains(t, f.NotUpdated, later+", which is in the future")

	// It is kept already.
	records := files(t, dir, "*.json")
	require.Len(t, records, 1)
	record, err := os.ReadFile(records[0])
	require.NoError(t, err)
	overwrite(t, dir, ".json", strings.ReplaceAll(string(record), old, m.Layers[0].Digest.Hex))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sha256-"+m.Layers[0].Digest.Hex), future, 0o600))
	o := once(dir)
	o.Offline = true
	_, err = artifact.Fetch(t.Context(), s.ref(), o)
	require.ErrorContains(t, err, "in the future")
	file, _ = s.push(t, today)
	f, err = artifact.Fetch(t.Context(), s.ref(), once(dir))
	require.NoError(t, err)
	assert.Equal(t, file, f.File)
}
