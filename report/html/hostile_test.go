package html_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// evils are texts that want to be more than text.
func evils() map[string]string {
	return map[string]string{
		"markup":   `"'></title></style></script></svg><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)><a href="javascript:alert(4)">x</a><!--`,
		"template": "{{.}}{{template \"name\"}}${alert(5)}`;alert(6)//\\u003cscript>",
		"controls": "a\x1b]0;owned\a\x1b[2J\x9b31m\r\nb\u202e\u2066\u200b\u0085\xff\xfe\t\x00c\u0301\u0301",
		"rtl":      "\u05d0\u05d1\u05d2/\u05d3:\u05d4",
		"long":     strings.Repeat("W", 4096),
		"wide":     strings.Repeat("漢", 4096),
		"url":      "javascript:alert(7)",
	}
}

// hostile is a report in which every string is evil.
func hostile(t testing.TB, evil string) *report.Report {
	r := sample(t)
	r.Donors = []report.Donor{{Donor: ancestry.Donor{Version: "1", Paths: []string{"a"}}}, {Donor: ancestry.Donor{Stage: "b"}, Ancestor: 1}}
	handmade.SetStrings(r.Donors, evil)
	r.Vulnerabilities = handmade.Scanned(t, nil).Vulnerabilities
	handmade.Poison(r.Vulnerabilities, evil)
	asked := handmade.Asked(t, nil)
	r.Lineage.Asked = asked.Lineage.Asked
	for i := range r.Ancestors {
		r.Ancestors[i].Live = asked.Ancestors[i].Live
	}
	handmade.SetStrings(r.Ancestors, evil)
	r.Ancestors[1].Live.State = ancestry.StateGone
	r.Lineage.Dockerfile = &ancestry.Dockerfile{Repository: evil, Revision: evil, Path: evil}
	handmade.SetStrings(r.Lineage, evil)
	handmade.SetStrings(r.Findings, evil)
	handmade.SetStrings(r.Inventory.Packages, evil)
	handmade.SetStrings(r.Inventory.Unowned, evil)
	r.Reference, r.Digest.Algorithm, r.Digest.Hex = evil, evil, evil
	r.Index.Config.OS, r.Index.Config.Architecture, r.Index.Config.Variant = evil, evil, evil
	r.Findings = append(r.Findings, report.Finding{Ancestor: -1, Layer: -5, Step: 99, Severity: 77, Bytes: -1, Rule: evil, Message: evil, Remedy: evil})
	r.Problems = []layers.Problem{{Layer: 1, Step: 2, Path: evil, Err: errors.New(evil)}}
	return r
}

// ours are the elements of the page with the attributes that each may have.
func ours() map[string]string {
	return map[string]string{
		"html": "lang", "head": "", "meta": "charset http-equiv content name", "title": "", "style": "", "script": "", "body": "",
		"header": "", "main": "", "footer": "", "nav": "aria-label", "section": "id class aria-labelledby",
		"h1": "", "h2": "id", "h3": "id", "p": "class", "a": "href class data-a", "bdi": "", "wbr": "", "code": "", "span": "class",
		"dl": "class", "div": "class", "dt": "", "dd": "", "ul": "class aria-hidden", "ol": "class start", "li": "id class data-a data-s data-m data-f",
		"details": "", "summary": "", "form": "id autocomplete hidden aria-label", "label": "", "select": "name", "option": "value",
		"button": "type", "output": "aria-live",
		"table": "role class", "caption": "", "thead": "role", "tbody": "role", "tr": "role class", "th": "role scope class", "td": "role class",
		"svg": "class role aria-label aria-hidden x y width height viewBox preserveAspectRatio", "defs": "",
		"pattern": "id width height patternUnits patternTransform", "g": "class", "rect": "class x y width height", "line": "class x1 x2 y1 y2",
		"path": "class d", "text": "class x y text-anchor",
	}
}

// check parses a page and reports what is not ours in it.
func check(t *testing.T, page string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	ids, refs, count := map[string]int{}, map[string]bool{}, map[string]int{}
	allowed, value := ours(), values()
	for n := range doc.Descendants() {
		switch n.Type {
		case html.TextNode:
			if n.Parent.Data != "script" && n.Parent.Data != "style" && !printable(n.Data) {
				t.Errorf("text %.300q", n.Data)
			}
		case html.CommentNode:
			t.Errorf("a comment: %.100q", n.Data)
		case html.ElementNode:
			count[n.Data]++
			attrs, ok := allowed[n.Data]
			if !ok {
				t.Errorf("element %s", n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(strings.Fields(attrs), a.Key) || !printable(a.Val) || value[a.Key] != nil && !value[a.Key].MatchString(a.Val) {
					t.Errorf("attribute %s of %s: %.300q", a.Key, n.Data, a.Val)
				}
				switch a.Key {
				case "id":
					ids[a.Val]++
				case "href":
					refs[strings.TrimPrefix(a.Val, "#")] = true
				}
			}
		}
	}
	for _, one := range []string{"script", "style", "h1", "main", "header", "footer"} {
		assert.Equal(t, 1, count[one], one)
	}
	for id, n := range ids {
		assert.Equal(t, 1, n, "id %s", id)
	}
	for ref := range refs {
		assert.NotZero(t, ids[ref], "%s leads nowhere", ref)
	}
	checkPolicy(t, doc)
}

// values are what attributes may hold whose meaning is not text.
func values() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"href": regexp.MustCompile(`^#[a-z0-9]+$`), "class": regexp.MustCompile(`^[a-z0-9 ]*$`), "id": regexp.MustCompile(`^[a-z0-9-]+$`),
		"d": regexp.MustCompile(`^[MLHVCaZ0-9. -]+$`),
	}
}

// printable reports whether a browser shows a text as it is.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && (!unicode.IsPrint(r) || unicode.Is(unicode.Mn, r)) })
}

// checkPolicy compares the policy's hashes with the style and the script.
func checkPolicy(t *testing.T, doc *html.Node) {
	t.Helper()
	policy, text := "", map[string]string{}
	for n := range doc.Descendants() {
		switch n.Data {
		case "meta":
			if n.Attr[0].Val == "Content-Security-Policy" {
				policy = n.Attr[1].Val
			}
		case "style", "script":
			text[n.Data] = n.FirstChild.Data
		}
	}
	assert.True(t, strings.HasPrefix(policy, "default-src 'none';"), policy)
	for name, file := range map[string]string{"style": "page.css", "script": "page.js"} {
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, string(want), text[name])
		sum := sha256.Sum256([]byte(text[name]))
		assert.Contains(t, policy, name+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	assert.NotContains(t, policy, "unsafe")
}

func TestOurs(t *testing.T) {
	check(t, write(t, sample(t)))
	check(t, write(t, handmade.Scanned(t, nil)))
	if !testing.Short() {
		check(t, write(t, large(t)))
	}
	check(t, write(t, &report.Report{}))
}

// Whatever an image says, it is text.
func TestHostileStrings(t *testing.T) {
	for name, evil := range evils() {
		t.Run(name, func(t *testing.T) {
			out := write(t, hostile(t, evil))
			check(t, out)
			assert.Less(t, len(out), 4_000_000)
		})
	}
	assert.Contains(t, write(t, hostile(t, evils()["controls"])), `\x1b]0;owned\x07`)
	assert.Contains(t, write(t, hostile(t, evils()["controls"])), `\u202e\u2066\u200b`)
	assert.Contains(t, write(t, hostile(t, evils()["markup"])), `&lt;script&gt;alert(1)&lt;/script&gt;`)
}

// A report that cannot be, since its indexes lead nowhere and its numbers are negative, is written
// all the same.
func TestWrongReport(t *testing.T) {
	r := sample(t)
	r.Ancestors[0].Layers.From, r.Ancestors[0].Layers.To = -3, 400
	r.Ancestors[1].Steps.From, r.Ancestors[1].Steps.To = 9, 3
	r.Ancestors[2].Content, r.Ancestors[2].Size = -5, -6
	r.Findings[0].Ancestor, r.Findings[0].Step, r.Findings[0].Layer = 99, 99, 99
	r.Inventory.Packages[0].Events = nil
	r.Inventory.Packages[1].Bytes.ByLayer = map[int]int64{-4: -9, 3: -1}
	r.AsOf = time.Time{}
	check(t, write(t, r))
}
