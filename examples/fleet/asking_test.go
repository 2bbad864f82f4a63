package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fleetSays(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &env{strings.NewReader(""), &out, &errs})
	return out.String(), errs.String(), code
}

// A command line that is wrong is 2; a question that has no answer is 1, and makes no database.
func TestAskingExits(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.db")
	there := filepath.Join(t.TempDir(), "there.db")
	_, errs, code := fleetSays(t, "allow", "-db", there, "debian:*")
	require.Zero(t, code, errs)
	for line, want := range map[string]struct {
		code int
		says string
	}{
		"stands-on":                          {2, "one name is asked for"},
		"stands-on a b":                      {2, "one name is asked for"},
		"stands-on debian:":                  {2, "the tag is empty"},
		"stands-on debian@sha256:12":         {2, "wrong number of hex digits"},
		"stands-on sha256:dcd":               {2, "-format json has the whole"},
		"stands-on -db THERE sha256:dcdd554": {1, "no image was read yet"},
		"stands-on debian -all -db DB":       {1, "there is no database"},
		"stands-on -db DB -- debian -all":    {2, "one name is asked for"},
		"stands-on -format xml debian":       {2, `unknown format "xml"`},
		"stands-on -width -1 debian":         {2, "-width: less than 0"},
		"stands-on -db DB debian":            {1, "there is no database"},
		"stands-on -db THERE debian":         {1, "no image was read yet"},
		"stale now":                          {2, `"now"`},
		"stale -db DB":                       {1, "there is no database"},
		"stale -db THERE":                    {1, "no image was read yet"},
		"tree -nonesuch":                     {2, "not defined"},
		"tree -db DB":                        {1, "there is no database"},
		"tree -db asking_test.go":            {1, "asking_test.go: open the database: "},
		"tree -db THERE":                     {1, "no image was read yet"},
		"query -db DB":                       {1, "there is no database"},
		"query -db THERE nonesuch":           {2, `there is no view "nonesuch"`},
		"query -db THERE bases nonesuch=1":   {2, `bases has no column "nonesuch"`},
		"query -db THERE bases name":         {2, "is no condition"},
		"query -db THERE bases images=few":   {2, `images: "few" is no whole number`},
		"query -db THERE bases root=perhaps": {2, `root: "perhaps" is neither yes nor no`},
		"query -db THERE moved since=now":    {2, `since: "now" is no day, such as 2026-01-31`},
		"query -db THERE bases images~1":     {2, "images is no text, which ~ is for"},
		"allow -db DB debian:1?":             {2, "only * is understood"},
		"query -db THERE bases":              {1, "no image was read yet"},
		"allow -db DB [":                     {2, "bad pattern"},
		"allow -db DB -remove":               {2, "-remove is for patterns"},
		"allow -db DB -remove x":             {1, "there is no database"},
		"allow -db DB":                       {1, "there is no database"},
		"allow -db THERE -remove x":          {1, `"x" is none of the patterns`},
		"export -format xls":                 {2, "one of parquet, csv, jsonl, dot, html"},
		"export -format dot refs":            {2, "a picture has no tables"},
		"export -db DB":                      {1, "there is no database"},
		"export -db THERE -o OUT nonesuch":   {2, `there is no table and no view "nonesuch"`},
		"export -db THERE -format dot":       {1, "no image was read yet"},
		"export -db THERE -format html -o /": {1, "/ is a directory"},
	} {
		args := strings.Fields(strings.NewReplacer("THERE", there, "DB", missing, "OUT", t.TempDir()).Replace(line))
		out, errs, code := fleetSays(t, args...)
		assert.Equal(t, want.code, code, "%s: %s", line, errs)
		assert.Contains(t, errs, want.says, line)
		assert.Empty(t, out, line)
		assert.NoFileExists(t, missing, line)
	}
}

// The commands that need no image: patterns, the list of views, tables without rows.
func TestAskingOfNothing(t *testing.T) {
	db, dir := filepath.Join(t.TempDir(), "fleet.db"), filepath.Join(t.TempDir(), "out")
	out, _, code := fleetSays(t, "allow", "-db", db, "debian:*", "shop/*")
	assert.Zero(t, code)
	assert.Contains(t, out, "  debian:*\n  shop/*\n")
	out, _, code = fleetSays(t, "allow", "-db", db, "-remove", "shop/*")
	assert.Zero(t, code)
	assert.NotContains(t, out, "shop")
	out, _, code = fleetSays(t, "allow", "-db", db, "-format", "json")
	assert.Zero(t, code)
	assert.JSONEq(t, `{"allowed": ["debian:*"]}`, out)
	out, _, code = fleetSays(t, "query", "-db", db)
	assert.Zero(t, code)
	assert.Contains(t, out, "\nbases: ")
	out, errs, code := fleetSays(t, "export", "-db", db, "-o", dir)
	assert.Zero(t, code, errs)
	assert.Contains(t, out, "images.parquet")
	assert.FileExists(t, filepath.Join(dir, "images.parquet"))
	_, _, code = fleetSays(t, "export", "-db", db, "-o", dir, "-format", "csv", "allowed")
	assert.Zero(t, code)
	b, err := os.ReadFile(filepath.Join(dir, "allowed.csv"))
	require.NoError(t, err)
	assert.Equal(t, "pattern,matches\ndebian:*,debian:*\n", string(b))
}
