package source

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFaults reads an image while all requests for one of its blobs fail in some way, or
// the first ones do.
func TestFaults(t *testing.T) {
	src, digests := largeImage(t, 4, 200_000)
	all, err := src.Layers()
	require.NoError(t, err)
	size, err := all[1].Size()
	require.NoError(t, err)
	for what, test := range map[string]struct {
		faults   []fault
		requests int    // of that blob, in three attempts
		says     string // of layer 1; "" if it is complete
	}{
		"sound":                    {[]fault{sound}, 1, ""},
		"dropped once":             {[]fault{dropped(70_000), sound}, 2, ""},
		"dropped at the end":       {[]fault{dropped(size - 1), sound}, 2, ""},
		"dropped twice":            {[]fault{dropped(70_000), dropped(70_000), sound}, 3, ""},
		"always dropped":           {[]fault{dropped(5_000)}, 3, fmt.Sprintf("broke off after 15000 of %d bytes: 3 attempts, the last: registry 127.0.0.1", size)},
		"always dropped at once":   {[]fault{dropped(0)}, 3, "3 attempts, the last: registry 127.0.0.1"},
		"no ranges":                {[]fault{dropped(70_000), rangeless(sound)}, 2, ""},
		"no ranges, dropped again": {[]fault{dropped(70_000), rangeless(dropped(50_000)), rangeless(sound)}, 3, ""},
		"no ranges, ever":          {[]fault{rangeless(dropped(70_000))}, 3, "broke off after 70000 of"},
		"416":                      {[]fault{dropped(70_000), refused(416, ""), rangeless(sound)}, 3, ""},
		"wrong range":              {[]fault{dropped(70_000), mislabelled(fmt.Sprintf("bytes 60000-%d/%d", size-1, size)), sound}, 3, ""},
		"wrong size":               {[]fault{dropped(70_000), mislabelled(fmt.Sprintf("bytes 70000-%d/%d", size, size+1)), sound}, 3, ""},
		"no range named":           {[]fault{dropped(70_000), mislabelled(""), sound}, 3, ""},
		"429 once":                 {[]fault{refused(429, ""), sound}, 2, ""},
		"429, for long":            {[]fault{refused(429, "3600"), sound}, 1, "too many requests (429)"},
		"500 in the middle":        {[]fault{dropped(70_000), refused(500, ""), sound}, 3, ""},
		"always 500":               {[]fault{refused(500, "")}, 3, `3 attempts, the last: registry 127.0.0.1`},
		"500 after a while":        {[]fault{dropped(70_000), refused(503, "0")}, 3, fmt.Sprintf("broke off after 70000 of %d bytes", size)},
		"501":                      {[]fault{refused(501, "")}, 1, "fails with 501 Not Implemented"},
		"400":                      {[]fault{refused(400, "")}, 1, "answers 400 Bad Request"},
		"401":                      {[]fault{refused(401, "")}, 1, "denied (401)"},
		"403 in the middle":        {[]fault{dropped(70_000), refused(403, "")}, 2, "denied (403)"},
		"404":                      {[]fault{refused(404, "")}, 1, "repository app has no " + digests[1].String()},
		"unasked 206":              {[]fault{refused(206, "")}, 1, "answers 206"},
		"truncated once":           {[]fault{truncated(1000, false), sound}, 2, ""},
		"always truncated":         {[]fault{rangeless(truncated(1000, false))}, 3, fmt.Sprintf("broke off after 1000 of %d bytes", size)},
		"truncated, short length":  {[]fault{truncated(1000, true)}, 1, fmt.Sprintf("gives 1000 bytes, the descriptor says %d", size)},
		"corrupted":                {[]fault{corrupted(100_000)}, 1, "the manifest claims " + digests[1].String()},
		"corrupted at the end":     {[]fault{dropped(70_000), corrupted(size - 70_001)}, 2, "the manifest claims " + digests[1].String()},
		"corrupted, then skipped":  {[]fault{dropped(70_000), rangeless(corrupted(100)), sound}, 2, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ref, p := behind(t, src, digests[1], test.faults...)
			says := requireHonest(t, src, mustOpen(t, ref, patient(3)))
			assert.Len(t, p.asked(digests[1]), test.requests, "%v", says)
			for n, problem := range says {
				assert.Equal(t, 1, n, problem)
			}
			if test.says == "" {
				assert.Empty(t, says)
			} else {
				assert.Contains(t, says[1], test.says)
			}
		})
	}
}

// TestResume breaks a blob off at many offsets, and checks that it is continued right
// there.
func TestResume(t *testing.T) {
	t.Parallel()
	src, digests := largeImage(t, 1, 3000)
	all, err := src.Layers()
	require.NoError(t, err)
	size, err := all[0].Size()
	require.NoError(t, err)
	want := readLayer(t, src, 0)
	for at := int64(0); at < size; at += 1 + at/7 {
		ref, p := behind(t, src, digests[0], dropped(at), sound)
		require.Equal(t, want, readLayer(t, mustOpen(t, ref, patient(2)), 0), at)
		second := ""
		if at > 0 {
			second = fmt.Sprintf("bytes=%d-%d", at, size-1)
		}
		require.Equal(t, []string{"", second}, p.asked(digests[0]))
	}
}

// TestForgiving has a large blob break off more often than there are attempts.
func TestForgiving(t *testing.T) {
	t.Parallel()
	src, digests := largeImage(t, 1, 3*enoughProgress)
	for what, test := range map[string]struct {
		faults   []fault
		requests int // in two attempts
		says     string
	}{
		"after more than a MiB": {[]fault{dropped(enoughProgress + 10)}, 4, ""},
		"after less":            {[]fault{dropped(enoughProgress / 2)}, 2, "2 attempts"},
		"without ranges":        {[]fault{dropped(enoughProgress + 10), rangeless(dropped(2*enoughProgress + 20)), sound}, 2, "2 attempts"},
	} {
		t.Run(what, func(t *testing.T) {
			ref, p := behind(t, src, digests[0], test.faults...)
			says := requireHonest(t, src, mustOpen(t, ref, patient(2)))[0]
			assert.Len(t, p.asked(digests[0]), test.requests)
			if test.says == "" {
				assert.Empty(t, says)
			}
			assert.Contains(t, says, test.says)
		})
	}
}

// TestChaos has any request fail in any way.
func TestChaos(t *testing.T) {
	t.Parallel()
	const runs, count, size = 12, 5, 40_000
	src, digests := largeImage(t, count, size)
	broken := 0
	for seed := range uint64(runs) {
		reg := newRegistry()
		push(t, serve(t, reg)+"/app:1", src)
		p := newProxy(reg, chaos(seed, digests, size))
		o := patient(4)
		o.IdleTimeout = 100 * time.Millisecond
		broken += len(requireHonest(t, src, mustOpen(t, serve(t, p)+"/app:1", o)))
	}
	assert.NotZero(t, broken)
	assert.Less(t, broken, runs*count/2)
}

// chaos returns a list of faults for each blob of a list. After most of them a further
// attempt succeeds.
func chaos(seed uint64, blobs []v1.Hash, size int64) func(string) []fault {
	r := rand.New(rand.NewPCG(seed, 1))
	of := map[string][]fault{}
	for _, b := range blobs {
		for range 8 {
			n := r.Int64N(size)
			f := []fault{
				sound, sound, sound, dropped(n), dropped(n), dropped(n), truncated(n, false), stalled(n),
				refused(429, ""), refused(500, ""), rangeless(dropped(n)), rangeless(sound),
				mislabelled("bytes 0-1/2"), corrupted(n), truncated(n, true), refused(http.StatusNotFound, ""),
			}
			of[b.String()] = append(of[b.String()], f[r.IntN(len(f))])
		}
	}
	return func(blob string) []fault { return of[blob] }
}
