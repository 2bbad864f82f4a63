package list

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// collect returns the references with their owners, and the errors.
func collect(t *testing.T, text string) (refs, errs []string) {
	t.Helper()
	for item, err := range Read(strings.NewReader(text)) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		refs = append(refs, strings.TrimSpace(item.Reference.Name()+" "+item.Owner))
	}
	return refs, errs
}

func TestLines(t *testing.T) {
	refs, errs := collect(t, "\ufeff\n# ours\ndebian:13\n  registry.example.org/shop/api  # the shop\r\nUPPER case\nlocalhost:5000/a@sha256:"+strings.Repeat("0", 64)+"\n"+strings.Repeat("x", 100)+"\n./app.tar\n")
	assert.Equal(t, []string{
		"index.docker.io/library/debian:13",
		"registry.example.org/shop/api:latest",
		"localhost:5000/a@sha256:" + strings.Repeat("0", 64),
		"index.docker.io/library/" + strings.Repeat("x", 100) + ":latest",
	}, refs)
	require.Len(t, errs, 2)
	assert.Contains(t, errs[0], "line 5: UPPER case is no reference")
	assert.Contains(t, errs[1], "line 8: ./app.tar is no reference to an image, but a path")
}

func TestLongLine(t *testing.T) {
	refs, errs := collect(t, "debian\n"+strings.Repeat("x", maxLine+1)+"\n")
	assert.Len(t, refs, 1)
	require.Len(t, errs, 1)
	assert.Contains(t, errs[0], "line 2")
}

func TestNothing(t *testing.T) {
	for _, text := range []string{"", " \n\n", "# nothing\n"} {
		refs, errs := collect(t, text)
		assert.Empty(t, refs)
		assert.Empty(t, errs)
	}
}

func TestYAML(t *testing.T) {
	for _, text := range []string{"apiVersion: v1\nitems:\n- apiVersion: v1\n", "kind: List\n", "---\nkind: Pod\n", "\nitems:\n- kind: Pod\n"} {
		refs, errs := collect(t, text)
		assert.Empty(t, refs)
		assert.Equal(t, []string{"this is YAML: use kubectl get pods --all-namespaces --output json"}, errs)
	}
	refs, errs := collect(t, "items:1\nkind:2\n")
	assert.Len(t, refs, 2, "these are images")
	assert.Empty(t, errs)
}

func TestKubernetes(t *testing.T) {
	b, err := os.ReadFile("testdata/pods.json")
	require.NoError(t, err)
	refs, errs := collect(t, string(b))
	one, two := "@sha256:"+strings.Repeat("1", 64), "@sha256:"+strings.Repeat("2", 64)
	assert.Equal(t, []string{
		"registry.example.org/shop/migrate" + two + " shop",
		"registry.example.org/shop/api" + one + " shop", // containerd
		"index.docker.io/library/busybox:1.37 shop",     // an ephemeral container that is not running yet
		"registry.example.org/shop/api" + one + " test", // dockershim; the image under another name
		"index.docker.io/library/redis:8 test",          // the ID is that of a configuration
		"registry.example.org/shop/web" + two + " test", // the pod was told an ID
	}, refs)
	require.Len(t, errs, 2)
	assert.Contains(t, errs[0], "pod test/odd, container none: sha256:")
	assert.Contains(t, errs[1], "item 3 is a Deployment and no Pod")
}

func TestSinglePod(t *testing.T) {
	refs, errs := collect(t, `{"kind":"Pod","metadata":{"namespace":"a"},"spec":{"containers":[{"name":"x","image":"debian:13"},{"name":"y","image":"debian:13"}]}}`)
	assert.Equal(t, []string{"index.docker.io/library/debian:13 a"}, refs)
	assert.Empty(t, errs)
}

func TestBrokenPods(t *testing.T) {
	for text, want := range map[string]string{
		`{"kind":"Deployment"}`: "a Deployment is no list of pods",
		`{"items":7}`:           "items is no array",
		`{"items":[{"kind":"Pod","spec":{"containers":[{"name":"x","image":"debian"}]}}`: "byte 78",
		`{"items":[{"spec":3}]}`: "pod 0",
		`{`:                      "unexpected EOF",
	} {
		_, errs := collect(t, text)
		require.Len(t, errs, 1, text)
		assert.Contains(t, errs[0], want)
	}
}

func FuzzRead(f *testing.F) {
	b, err := os.ReadFile("testdata/pods.json")
	require.NoError(f, err)
	f.Add(string(b))
	f.Add("debian:13\n# no\n")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		for item, err := range Read(strings.NewReader(text)) {
			if err == nil {
				assert.NotNil(t, item.Reference)
			}
			if n++; n > 100 {
				return
			}
		}
	})
}
