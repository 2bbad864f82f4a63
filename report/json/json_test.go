package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/json"
	"github.com/stemma-go/stemma/report/rules"
	"github.com/stemma-go/stemma/testdata/golden"
	"github.com/stemma-go/stemma/testdata/handmade"
	"github.com/stemma-go/stemma/testdata/patched"
)

func write(t *testing.T, r *report.Report, opts *json.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Write(&b, r, opts))
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	golden.Check(t, "sample.json", write(t, handmade.Sample(t, rules.All()), nil))
	golden.Check(t, "scanned.json", write(t, handmade.Scanned(t, nil), nil))
	golden.Check(t, "patched.json", write(t, patched.Report(t, nil), nil))
}

func TestRoundTrip(t *testing.T) {
	r := handmade.Sample(t, rules.All())
	for _, opts := range []*json.Options{nil, {Compact: true}} {
		d, err := json.Decode(bytes.NewReader(write(t, r, opts)))
		require.NoError(t, err)
		assert.Equal(t, json.New(r), d)
	}
	assert.Equal(t, 1, bytes.Count(write(t, r, &json.Options{Compact: true}), []byte("\n")))
}

// The same report gives the same bytes; so does a report made again.
func TestDeterministic(t *testing.T) {
	want := write(t, handmade.Sample(t, rules.All()), nil)
	for range 2 {
		assert.Equal(t, want, write(t, handmade.Sample(t, rules.All()), nil))
	}
}

// A list is never null, and nothing known is nothing said, but for what was not asked.
func TestNothing(t *testing.T) {
	out := string(write(t, report.New(nil, nil, nil, &report.Options{AsOf: handmade.AsOf}), &json.Options{Compact: true}))
	assert.NotContains(t, strings.Replace(out, `"asked":null,"source":null`, "", 1), "null")
	assert.Contains(t, out, `"asOf":"2026-11-22T00:00:00Z"`)
	d, err := json.Decode(strings.NewReader(out))
	require.NoError(t, err)
	for i := range reflect.TypeOf(*d).NumField() {
		if f := reflect.ValueOf(*d).Field(i); f.Kind() == reflect.Slice {
			assert.False(t, f.IsNil(), reflect.TypeOf(*d).Field(i).Name)
		}
	}
}

// Dates are in UTC, whatever zone a builder lived in.
func TestDatesUTC(t *testing.T) {
	r := handmade.Sample(t, nil)
	r.AsOf = r.AsOf.In(time.FixedZone("east", 3600))
	r.Ancestors[0].Created = r.Ancestors[0].Created.In(time.FixedZone("west", -3600))
	d := json.New(r)
	assert.Equal(t, time.UTC, d.AsOf.Location())
	assert.Equal(t, time.UTC, d.Ancestors[0].Created.Location())
}

// A date that RFC 3339 has no year for is not known, and the rest is not lost for
// it: a registry's history may say any zone.
func TestDatesWithoutYear(t *testing.T) {
	for _, s := range []string{"9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00"} {
		r := handmade.Sample(t, nil)
		at, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		r.Ancestors[0].Created, r.Lineage.Steps[7].Created = at, at
		d, err := json.Decode(bytes.NewReader(write(t, r, nil)))
		require.NoError(t, err)
		assert.Nil(t, d.Ancestors[0].Created)
		assert.Nil(t, d.Ancestors[0].Steps[0].Created)
		assert.NotNil(t, d.Ancestors[1].Created)
	}
}

func TestHostileStrings(t *testing.T) {
	r := handmade.Sample(t, nil)
	r.Reference = "a\x1b[31m\u009b\x7f<>&\xff\"\u2028"
	out := string(write(t, r, nil))
	for _, c := range out {
		require.True(t, c == '\n' || c >= ' ' && (c < 0x7f || c > 0x9f), "%U", c)
	}
	d, err := json.Decode(strings.NewReader(out))
	require.NoError(t, err)
	assert.Equal(t, "a\x1b[31m\u009b\x7f<>&\ufffd\"\u2028", d.Reference)
}

func TestDecodeErrors(t *testing.T) {
	_, err := json.Decode(strings.NewReader(`{"schema": 2}`))
	assert.EqualError(t, err, "report: schema 2, not 1")
	_, err = json.Decode(strings.NewReader(`{"schema": "1"}`))
	assert.ErrorContains(t, err, "report: ")
	d, err := json.Decode(strings.NewReader(`{"schema": 1, "tomorrow": {}}`))
	require.NoError(t, err, "fields of tomorrow are no error")
	assert.Equal(t, 1, d.Schema)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteError(t *testing.T) {
	err := errors.New("disk full")
	assert.ErrorIs(t, json.Write(failing{err}, &report.Report{}, nil), err)
}

func ExampleDecode() {
	var b bytes.Buffer
	r := report.New(nil, nil, nil, &report.Options{AsOf: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
	if err := json.Write(&b, r, nil); err != nil {
		panic(err)
	}
	d, err := json.Decode(&b)
	if err != nil {
		panic(err)
	}
	fmt.Println(d.AsOf.Format(time.DateOnly), len(d.Ancestors))
	// Output: 2026-11-22 0
}

// A program adds fields of its own to the document.
func ExampleNew() {
	r := report.New(nil, nil, nil, &report.Options{Reference: "shop/api:2.4.1"})
	b, err := stdjson.Marshal(struct {
		Team string `json:"team"`
		*json.Document
	}{"shop", json.New(r)})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(b[:53]))
	// Output: {"team":"shop","schema":1,"reference":"shop/api:2.4.1
}
