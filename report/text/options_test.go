package text

import (
	"bytes"
	"os"
	"testing"

	"github.com/muesli/termenv"
	"github.com/stretchr/testify/assert"
)

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
