package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/examples/fleet/queue"
	"github.com/stemma-go/stemma/examples/fleet/store"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// fleet runs a command on a database of its own.
type fleet struct {
	t    *testing.T
	db   string
	host string // of a registry with some images
}

func newFleet(t *testing.T, names ...string) *fleet {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	f := &fleet{t, filepath.Join(t.TempDir(), "fleet.db"), strings.TrimPrefix(server.URL, "http://")}
	for i, n := range names {
		f.push(n, fmt.Sprint(i))
	}
	return f
}

// push pushes a small image.
func (f *fleet) push(n, content string, opts ...remote.Option) {
	f.t.Helper()
	img := handmade.Image{Steps: []handmade.Step{
		{CreatedBy: "COPY base / # buildkit", Files: []handmade.File{{Name: "etc/motd", Body: "welcome"}}},
		{CreatedBy: "COPY app / # buildkit", Files: []handmade.File{{Name: "app", Body: content}}},
	}}
	ref, err := name.ParseReference(f.host + "/" + n)
	require.NoError(f.t, err)
	require.NoError(f.t, remote.Write(ref, img.Build(f.t), opts...))
}

func (f *fleet) run(stdin, command string, args ...string) (out, errs string, code int) {
	f.t.Helper()
	var stdout, stderr bytes.Buffer
	e := &env{strings.NewReader(stdin), &stdout, &stderr}
	args = append([]string{command, "-db", f.db}, args...)
	if command != "add" && command != "status" && command != "cancel" && command != "forget" {
		args = append([]string{command, "-cache", f.t.TempDir()}, args[1:]...)
	}
	code = run(context.Background(), args, e)
	return stdout.String(), stderr.String(), code
}

func TestScan(t *testing.T) {
	f := newFleet(t, "shop/api:1", "shop/api:2", "shop/web:1")
	out, errs, code := f.run("", "scan", f.host+"/shop/api:1", f.host+"/shop/web:1")
	require.Zero(t, code, errs)
	assert.Empty(t, errs)
	assert.Contains(t, out, "2 references in the queue, 2 of them new\n")
	assert.Contains(t, out, "2 references looked at and 2 images read in ")

	out, errs, code = f.run("", "scan", "-registry", f.host)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "3 references looked at and 1 image read in ", "the others are known")

	out, errs, code = f.run("", "status")
	require.Zero(t, code, errs)
	assert.Equal(t, "nothing waits\n5 references looked at in the last hour\n3 images read in the last hour\n", out)

	out, errs, code = f.run("", "scan", f.host+"/shop/none:1")
	assert.Equal(t, 3, code, errs)
	assert.Contains(t, out, "not found: 1 reference; such as "+f.host+"/shop/none:1: the registry answers 404 Not Found\n")
}

// A run fails for what it tried itself, not for what failed long ago.
func TestOldFailures(t *testing.T) {
	f := newFleet(t, "app:1")
	_, errs, code := f.run("", "scan", f.host+"/typo:1")
	assert.Equal(t, 3, code, errs)
	out, errs, code := f.run("", "work")
	assert.Zero(t, code, errs)
	assert.Contains(t, out, "nothing waited: fleet add puts references in the queue\n")
	assert.Contains(t, out, "not found: 1 reference", "it is told all the same")
	_, errs, code = f.run("", "scan", f.host+"/app:1")
	assert.Zero(t, code, errs)
	_, errs, code = f.run("", "scan", f.host+"/typo:1")
	assert.Equal(t, 3, code, errs)
}

// Each failure can be listed, and a mistyped reference be forgotten.
func TestForget(t *testing.T) {
	f := newFleet(t)
	_, errs, code := f.run("", "scan", f.host+"/typo:1", f.host+"/typo:2")
	require.Equal(t, 3, code, errs)
	out, _, _ := f.run("", "status", "-all")
	for _, tag := range []string{"1", "2"} {
		assert.Contains(t, out, "\n  "+f.host+"/typo:"+tag+": the registry answers 404 Not Found\n")
	}
	out, _, _ = f.run("", "status", "-format", "json")
	var got statusJSON
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Len(t, got.Failures, 1)
	assert.Equal(t, 2, got.Failures[0].References)
	assert.Len(t, got.Failures[0].Each, 2)
	out, errs, code = f.run("", "forget", f.host+"/typo:1", f.host+"/never:1", f.host+"/typo:2")
	assert.Equal(t, 1, code)
	assert.Equal(t, f.host+"/typo:1 is forgotten\n"+f.host+"/typo:2 is forgotten\n", out)
	assert.Contains(t, errs, f.host+"/never:1: the database has no such reference")
	out, _, _ = f.run("", "status")
	assert.Equal(t, "nothing waits\n", out)
}

// A certificate that nobody has signed is trusted with -insecure alone.
func TestInsecure(t *testing.T) {
	f := newFleet(t)
	server := httptest.NewTLSServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.host = strings.TrimPrefix(server.URL, "https://")
	f.push("app:1", "", remote.WithTransport(server.Client().Transport))
	_, errs, code := f.run("", "scan", f.host+"/app:1")
	assert.Equal(t, 3, code, errs)
	out, errs, code := f.run("", "scan", "-insecure", "-registry", f.host)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "1 reference looked at and 1 image read in ")
}

func TestAddThenWork(t *testing.T) {
	f := newFleet(t, "shop/api:1", "shop/api:2", "shop/web:1", "team/tool:1")
	list := filepath.Join(t.TempDir(), "list")
	require.NoError(t, os.WriteFile(list, []byte("# ours\n"+f.host+"/team/tool:1\n"), 0o600))
	out, errs, code := f.run(f.host+"/shop/web:1\n? ?\n", "add", "-f", "-", "-f", list, "-namespace", f.host+"/shop/api", "-tags", "2*", "-owner", "shop")
	assert.Equal(t, 1, code, "one line was no reference")
	assert.Equal(t, "3 references in the queue, 3 of them new\n", out)
	assert.Contains(t, errs, "fleet: standard input: line 2: ? ? is no reference")
	assert.Contains(t, errs, "fleet add: 1 reference, list or repository could not be added\n")

	pods := `{"items":[{"kind":"Pod","metadata":{"namespace":"prod"},"spec":{"containers":[{"name":"a","image":"` + f.host + `/shop/api:1"}]}}]}`
	out, errs, code = f.run(pods, "add", "-kubernetes")
	require.Zero(t, code, errs)
	assert.Equal(t, "1 reference in the queue, 1 of them new\n", out)
	out, _, code = f.run("", "add", "? ?")
	assert.Equal(t, 1, code)
	assert.Empty(t, out, "there is nothing in the queue to be told of")
	one := f.host + "/shop/web:1"
	out, _, _ = f.run("", "add", one, one, f.host+"/shop/api:2")
	assert.Equal(t, "2 references in the queue, 0 of them new\n", out)

	out, _, _ = f.run("", "status")
	assert.Equal(t, "4 references left to be looked at, 0 in the last hour; nothing runs now\n"+f.host+": 4 jobs, 0 of them running\n", out)
	out, errs, code = f.run("", "work")
	require.Zero(t, code, errs)
	assert.Contains(t, out, "4 references looked at and 4 images read in ")
}

// Where a picture went is told.
func TestPictureFile(t *testing.T) {
	f := newFleet(t, "app:1")
	_, errs, code := f.run("", "scan", f.host+"/app:1")
	require.Zero(t, code, errs)
	file := filepath.Join(t.TempDir(), "forest.dot")
	var out bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"export", "-db", f.db, "-format", "dot", "-o", file}, &env{strings.NewReader(""), &out, io.Discard}))
	assert.Regexp(t, "^"+regexp.QuoteMeta(file)+`, [\d.]+ k?B\n$`, out.String())
}

// What is watched is looked at again, and a tag that has moved is read.
func TestWatch(t *testing.T) {
	f := newFleet(t, "app:1")
	_, errs, code := f.run("", "add", f.host+"/app:1")
	require.Zero(t, code, errs)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan int)
	var out bytes.Buffer
	go func() {
		done <- run(ctx, []string{"watch", "-db", f.db, "-cache", "", "-every", "2s"}, &env{strings.NewReader(""), &out, io.Discard})
	}()
	read := func(n int) func() bool {
		return func() bool {
			out, _, _ := f.run("", "status")
			return strings.Contains(out, "nothing waits\n") && strings.Contains(out, fmt.Sprintf("\n%d image", n))
		}
	}
	require.Eventually(t, read(1), time.Minute, 100*time.Millisecond)
	f.push("app:1", "new")
	require.Eventually(t, read(2), time.Minute, 100*time.Millisecond)
	stop()
	assert.Zero(t, <-done, "an interrupt is how it ends")
	assert.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: \d+ references? looked at, [12] images? read, 0 failures\n`, out.String())
}

func TestCancel(t *testing.T) {
	f := newFleet(t)
	_, errs, code := f.run("", "add", f.host+"/a:1", "other.example/b:1", "other.example/b:2")
	require.Zero(t, code, errs)
	out, errs, code := f.run("", "cancel", "other.example")
	require.Zero(t, code, errs)
	assert.Equal(t, "2 jobs taken out of the queue\n", out)
	out, _, _ = f.run("", "cancel")
	assert.Equal(t, "1 job taken out of the queue\n", out)
	out, _, _ = f.run("", "status")
	assert.Equal(t, "nothing waits\n", out)
}

// What a command line gets wrong is told, with exit code 2, and nothing is done.
func TestWrongCommandLines(t *testing.T) {
	for line, want := range map[string]string{
		"":                                 "usage: fleet COMMAND",
		"scam":                             `there is no command "scam"`,
		"-db x tree":                       "the command comes first",
		"scan":                             "name references",
		"scan -nonsense a":                 "flag provided but not defined: -nonsense",
		"scan a -nonsense":                 "flag provided but not defined: -nonsense",
		"add -tags 1 a":                    "-tags needs",
		"add -registry UPPER/a":            "UPPER",
		"add -namespace h/a -tags [":       "no pattern",
		"forget":                           "name references",
		"status -format yaml":              "unknown format",
		"add -registry http://h":           "without http://",
		"work -at-once 0":                  "-at-once 0 is less than 1",
		"work -rate NaN":                   "-rate NaN",
		"watch -rate -1":                   "-rate -1 is less than 0",
		"scan -reads -1 a":                 "-reads -1",
		"work -patience -1s":               "-patience",
		"work -limit 0":                    "-limit",
		"work a":                           `it takes no arguments, and got "a"`,
		"watch -every 1ms":                 "less than a second",
		"work -platform a/b/c/d/e -db x/y": "",
	} {
		var out, errs bytes.Buffer
		code := run(context.Background(), strings.Fields(line), &env{strings.NewReader(""), &out, &errs})
		if want == "" {
			assert.NotZero(t, code, line)
			continue
		}
		assert.Equal(t, 2, code, line)
		assert.Contains(t, errs.String(), want, line)
		assert.Empty(t, out.String())
	}
}

func TestHelp(t *testing.T) {
	for _, line := range []string{"help", "-h", "scan -h", "status -h", "query -h"} {
		var out, errs bytes.Buffer
		assert.Zero(t, run(context.Background(), strings.Fields(line), &env{strings.NewReader(""), &out, &errs}), line)
		assert.Contains(t, out.String()+errs.String(), "usage: fleet")
		assert.NotRegexp(t, `(?m)^usage.* $`, out.String()+errs.String())
	}
}

func TestWriteStatus(t *testing.T) {
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	writeStatus(&out, &queue.Status{
		Looks: queue.Line{Waiting: 1200, Running: 4, LastMinute: 600, LastHour: 4000},
		Reads: queue.Line{Waiting: 30, LastHour: 70},
		Registries: []queue.Registry{
			{Host: "a.example", Waiting: 1202, Running: 4, Lost: 2},
			{Host: "b.example", Waiting: 26, Outage: queue.Outage{Since: now.Add(-2 * time.Minute), Until: now.Add(30 * time.Second), Why: "503\x1b[2J"}},
		},
		Failures: []queue.Failure{
			{Kind: "not found", References: 2, Example: "a.example/b:1: HEAD"},
			{Kind: "damaged", References: 1, Images: 1200, Example: "sha256:00: \u202e"},
		},
	}, now, false)
	assert.Equal(t, `1,204 references left to be looked at, 4,000 in the last hour, 10.0 a second in the last minute: about 2m0s to go
30 images left to be read, 70 in the last hour
a.example: 1,208 jobs, 4 of them running, 2 given back soon, for their workers are gone
b.example: 26 jobs, 0 of them running; no answer for 2m0s (503\x1b[2J), asked again in 30s
not found: 2 references; such as a.example/b:1: HEAD
damaged: 1 reference and 1,200 images; such as sha256:00: \u202e
`, out.String())
}

// Nobody knows how long it takes while nobody works.
func TestNoEstimate(t *testing.T) {
	for want, looks := range map[string]queue.Line{
		"5 references left to be looked at, 60 in the last hour; nothing runs now\n": {Waiting: 3, Lost: 2, LastMinute: 60, LastHour: 60},
		"5 references left to be looked at, 60 in the last hour\n":                   {Waiting: 3, Running: 2, LastHour: 60},
	} {
		var out bytes.Buffer
		writeStatus(&out, &queue.Status{Looks: looks}, time.Now(), false)
		assert.Equal(t, want, out.String())
	}
}

// An empty list is an answer; that nothing stands on a name is none. Flags may stand behind arguments.
func TestNoRows(t *testing.T) {
	f := newFleet(t, "app:1")
	_, errs, code := f.run("", "scan", f.host+"/app:1", "-owner", "shop")
	require.Zero(t, code, errs)
	for line, want := range map[string]int{
		"stale":                        0,
		"tree":                         0,
		"query moved":                  0,
		"query moved -format json":     0,
		"query bases name=nonesuch":    0,
		"stands-on nonesuch -width 80": 1,
		"status -all":                  0,
	} {
		out, errs, code := fleetSays(t, append(strings.Fields(line), "-db", f.db)...)
		assert.Equal(t, want, code, line+errs)
		assert.NotEmpty(t, out, line)
	}
	s, err := store.Open(t.Context(), f.db)
	require.NoError(t, err)
	defer s.Close()
	refs, err := s.Refs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "shop", refs[0].Owner)
}

// Where there is nothing to be done, that is said, and is no success.
func TestNothing(t *testing.T) {
	f := newFleet(t, "app:1")
	for _, command := range []string{"status", "cancel"} {
		_, errs, code := f.run("", command)
		assert.Equal(t, 1, code, command)
		assert.Contains(t, errs, "there is no database")
		assert.NoFileExists(t, f.db)
	}
	for _, args := range [][]string{{"-f", "-"}, {"-kubernetes"}, {"-namespace", f.host + "/ap"}, {"-registry", f.host, "-tags", "2*"}} {
		_, errs, code := f.run("", "add", args...)
		assert.Equal(t, 1, code, args)
		assert.Contains(t, errs, "there is no reference to be added", args)
	}
}

// An image that runs in several namespaces is each one's, however many pods they have.
func TestNamespaces(t *testing.T) {
	f := newFleet(t, "proxy:1", "app:1")
	var pods []string
	for _, p := range []string{"shop proxy", "billing proxy", "shop proxy", "shop app", "auth proxy"} {
		namespace, image, _ := strings.Cut(p, " ")
		pods = append(pods, `{"kind":"Pod","metadata":{"namespace":"`+namespace+`"},"spec":{"containers":[{"name":"a","image":"`+f.host+"/"+image+`:1"}]}}`)
	}
	for _, added := range []string{"2", "0"} {
		out, errs, code := f.run(`{"items":[`+strings.Join(pods, ",")+`]}`, "add", "-kubernetes")
		require.Zero(t, code, errs)
		assert.Equal(t, "2 references in the queue, "+added+" of them new\n", out)
	}
	s, err := store.Open(t.Context(), f.db)
	require.NoError(t, err)
	defer s.Close()
	refs, err := s.Refs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"shop", "shop, billing, auth"}, []string{refs[0].Owner, refs[1].Owner})

	// A later list about one namespace says nothing about the others.
	pod := `{"kind":"Pod","metadata":{"namespace":"%s"},"spec":{"containers":[{"name":"a","image":"` + f.host + `/proxy:1"}]}}`
	_, errs, code := f.run(`{"items":[`+fmt.Sprintf(pod, "search")+`]}`, "add", "-kubernetes")
	require.Zero(t, code, errs)
	refs, err = s.Refs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"shop", "shop, billing, auth, search"}, []string{refs[0].Owner, refs[1].Owner})

	// One of several namespaces says which of them do not run it any more.
	other := strings.Replace(fmt.Sprintf(pod, "billing"), "/proxy:1", "/app:1", 1)
	_, errs, code = f.run(`{"items":[`+fmt.Sprintf(pod, "shop")+","+other+`]}`, "add", "-kubernetes")
	require.Zero(t, code, errs)
	refs, err = s.Refs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"billing", "auth, search, shop"}, []string{refs[0].Owner, refs[1].Owner})

	// One that breaks off says nothing of what it does not have.
	_, errs, code = f.run(`{"items":[`+fmt.Sprintf(pod, "auth")+","+strings.Replace(other, "billing", "search", 1)+`,`, "add", "-kubernetes")
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "the list of pods")
	refs, err = s.Refs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"billing, search", "auth, search, shop"}, []string{refs[0].Owner, refs[1].Owner}, "search is there, though its pod of it was not in the list")
}
