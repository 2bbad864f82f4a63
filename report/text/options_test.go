package text

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/muesli/termenv"
	"github.com/stretchr/testify/assert"
)

func TestAge(t *testing.T) {
	to := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for from, want := range map[string]string{
		"2026-11-22T11:00:00Z": "today",
		"2026-11-21T11:00:00Z": "1 day ago",
		"2026-11-21T23:00:00Z": "1 day ago",
		"2026-11-22T23:00:00Z": "today",
		"2026-10-23T00:00:00Z": "30 days ago",
		"2026-10-22T00:00:00Z": "1 month ago",
		"2025-11-23T00:00:00Z": "11 months ago",
		"2025-11-22T00:00:00Z": "1 year ago",
		"2024-08-01T00:00:00Z": "2 years 3 months ago",
		"2027-01-01T00:00:00Z": "in the future",
	} {
		at, err := time.Parse(time.RFC3339, from)
		assert.NoError(t, err)
		assert.Equal(t, want, age(at, to), from)
	}
	assert.Equal(t, "build date not recorded", built(time.Time{}, to))
	assert.Equal(t, "build date not recorded (1970-01-01)", built(time.Unix(0, 0), to))
}

func TestASCIIByLocale(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LANG": "C.UTF-8"}, false},
		{map[string]string{"LANG": "de_DE.utf8"}, false},
		{map[string]string{"LANG": "C"}, true},
		{map[string]string{"LANG": "de_DE.ISO-8859-1"}, true},
		{map[string]string{"LC_ALL": "C", "LANG": "C.UTF-8"}, true},
		{map[string]string{"LC_CTYPE": "C.UTF-8", "LANG": "C"}, false},
		{map[string]string{"TERM": "dumb", "LANG": "C.UTF-8"}, true},
	} {
		env := func(k string) string { return tt.env[k] }
		assert.Equal(t, tt.want, (&Options{}).ascii(env), "%v", tt.env)
		assert.True(t, (&Options{ASCII: Always}).ascii(env))
		assert.False(t, (&Options{ASCII: Never}).ascii(env))
	}
}

func TestProfile(t *testing.T) {
	var b bytes.Buffer
	assert.Equal(t, termenv.Ascii, (&Options{}).profile(&b), "no terminal")
	assert.Equal(t, termenv.ANSI, (&Options{Color: Always}).profile(&b))
	t.Setenv("CLICOLOR_FORCE", "1")
	t.Setenv("TERM", "xterm-256color")
	assert.Equal(t, termenv.ANSI, (&Options{}).profile(&b))
	t.Setenv("NO_COLOR", "1")
	assert.Equal(t, termenv.Ascii, (&Options{}).profile(&b))
	assert.Equal(t, termenv.Ascii, (&Options{Color: Never}).profile(&b))
}

func TestWidth(t *testing.T) {
	var b bytes.Buffer
	assert.Equal(t, 80, (&Options{}).width(&b))
	assert.Equal(t, 80, (&Options{}).width(os.NewFile(^uintptr(0), "closed")))
	assert.Equal(t, 20, (&Options{Width: 3}).width(&b))
	assert.Equal(t, 132, (&Options{Width: 132}).width(&b))
}
