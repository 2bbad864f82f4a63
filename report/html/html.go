package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"sync"

	"github.com/stemma-go/stemma/report"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// parsed parses the template once. It is part of the program, so an error in it is a
// bug, which the tests would show.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{"pieces": pieces}).Parse(pageHTML))
})

// Write writes the report as a page of HTML, in UTF-8. Its error is w's.
func Write(w io.Writer, r *report.Report) error {
	var b bytes.Buffer
	if err := parsed().Execute(&b, newPage(r)); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// policy is the content security policy: no request of any kind, and no style or script
// but the page's own.
func policy() string {
	return "default-src 'none'; style-src " + hashOf(pageCSS) + "; script-src " + hashOf(pageJS) + "; base-uri 'none'; form-action 'none'"
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
