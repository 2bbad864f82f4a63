//go:build tagged

package html_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// A browser is headless Chromium, and what it did that a page has no business to do.
type browser struct {
	ctx    context.Context
	server *httptest.Server
	page   string // what the server has

	mu   sync.Mutex
	seen []string // requests, dialogs, violations of the policy, errors
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed")
	}
	b := &browser{}
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.note("request of " + r.URL.String())
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, b.page)
	}))
	t.Cleanup(b.server.Close)
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(stop)
	b.ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	require.NoError(t, chromedp.Listen(b.ctx, b.watch))
	call(t, b, network.Enable, network.EnableParams{})
	return b
}

func (b *browser) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, what)
}

func (b *browser) watch(ev any) {
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if ev.Request.URL != b.server.URL+"/" {
			b.note("request of " + ev.Request.URL)
		}
	case *page.EventJavascriptDialogOpening:
		b.note("dialog " + ev.Message)
		go chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) // or the page waits for ever
	case *log.EventEntryAdded:
		b.note(ev.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.note("exception " + ev.ExceptionDetails.Text)
	}
}

// show loads a page in a window.
func (b *browser) show(t *testing.T, html string, width int64, scheme, media string, script bool) {
	t.Helper()
	b.mu.Lock()
	b.page, b.seen = html, nil
	b.mu.Unlock()
	call(t, b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 1000, DeviceScaleFactor: 1})
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	call(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
	require.NoError(t, chromedp.Do(b.ctx, chromedp.Navigate(b.server.URL+"/")))
}

// quiet reports whatever the page did besides being loaded.
func (b *browser) quiet(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Equal(t, []string{"request of /"}, b.seen)
}

func eval[T any](t *testing.T, b *browser, js string) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T]("(() => {"+js+"})()"))
	require.NoError(t, err)
	return v
}

func call[P, R any](t *testing.T, b *browser, cmd cdp.Command[P, R], params P) {
	t.Helper()
	_, err := chromedp.Call(b.ctx, cmd, params)
	require.NoError(t, err)
}

// outside are elements that reach beyond the window, all details unfolded.
const outside = `
	for (const d of document.querySelectorAll("details")) d.open = true;
	const wide = document.documentElement.clientWidth, bad = [];
	for (const e of document.querySelectorAll("body *")) {
		if (e.closest("svg, caption, .skip")) continue;
		const r = e.getBoundingClientRect();
		if (r.width && (r.right > wide + 1 || r.left < -1)) bad.push(e.tagName + "." + e.className + " ends at " + r.right);
	}
	if (document.documentElement.scrollWidth > wide) bad.push("the page is " + document.documentElement.scrollWidth + " wide");
	return bad.slice(0, 5);`

// The page asks for nothing, fits into the window, and its script and its style are let through;
// with JavaScript and without, on a phone and on a large screen, whatever the image says.
func TestTaggedPageFits(t *testing.T) {
	b := newBrowser(t)
	pages := map[string]string{"sample": write(t, sample(t)), "large": write(t, large(t)), "nothing": write(t, &report.Report{}), "asked": write(t, handmade.Asked(t, nil))}
	for name, evil := range evils() {
		pages["hostile "+name] = write(t, hostile(t, evil))
	}
	for name, html := range pages {
		for _, width := range []int64{320, 400, 800, 1600} {
			if width%400 != 0 && strings.HasPrefix(name, "hostile") {
				continue
			}
			for _, script := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s %d script %v", name, width, script), func(t *testing.T) {
					scheme := map[bool]string{true: "light", false: "dark"}[width%3 == 1]
					b.show(t, html, width, scheme, "", script)
					assert.Empty(t, eval[[]string](t, b, outside))
					assert.Equal(t, 1, eval[int](t, b, `return document.scripts.length`))
					b.quiet(t)
				})
			}
		}
	}
}

// The colours follow the system.
func TestTaggedPageColours(t *testing.T) {
	b := newBrowser(t)
	html := write(t, sample(t))
	paper := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		b.show(t, html, 400, scheme, "", false)
		paper[scheme] = eval[string](t, b, `return getComputedStyle(document.body).backgroundColor`)
	}
	assert.NotEqual(t, paper["light"], paper["dark"])
	b.show(t, html, 400, "dark", "print", false)
	assert.Equal(t, "rgb(255, 255, 255)", eval[string](t, b, `return getComputedStyle(document.body).backgroundColor`))
}

// Findings are filtered where there is JavaScript; without, all are there, and no filter that does
// nothing.
func TestTaggedPageFilter(t *testing.T) {
	b := newBrowser(t)
	r := sample(t)
	shown := `return [...document.querySelectorAll(".findings > li")].filter((e) => e.checkVisibility()).length`
	html := write(t, r)
	b.show(t, html, 1600, "light", "", false)
	assert.Equal(t, len(r.Findings), eval[int](t, b, shown))
	assert.False(t, eval[bool](t, b, `return document.getElementById("filter").checkVisibility()`))

	b.show(t, html, 1600, "light", "", true)
	assert.Equal(t, len(r.Findings), eval[int](t, b, shown))
	choose := func(name, value string) int {
		return eval[int](t, b, fmt.Sprintf(`const f = document.getElementById("filter"); f.elements[%q].value = %q; f.dispatchEvent(new Event("input", {bubbles: true})); %s`, name, value, shown))
	}
	count := func(want func(report.Finding) bool) (n int) {
		for _, f := range r.Findings {
			if want(f) {
				n++
			}
		}
		return n
	}
	own := count(func(f report.Finding) bool { return f.Ancestor == 0 })
	assert.Equal(t, own, choose("a", "0"))
	assert.Equal(t, fmt.Sprintf("%d of %d", own, len(r.Findings)), eval[string](t, b, `return document.querySelector("output").value`))
	assert.Equal(t, 0, choose("s", "2"))
	assert.Equal(t, count(func(f report.Finding) bool { return f.Severity == report.Serious }), choose("a", ""))
	choose("s", "")
	assert.Equal(t, count(func(f report.Finding) bool { return f.By == report.OwnSteps }), choose("m", "m1"))
	// The counts of the chain filter by their ancestor; a link to a finding shows it.
	assert.Equal(t, count(func(f report.Finding) bool { return f.Ancestor == 3 }), eval[int](t, b, `document.querySelector("tr.c3 .counts a").click(); `+shown))
	assert.Equal(t, len(r.Findings), eval[int](t, b, `document.querySelector(".todo details a").click(); `+shown))
	b.quiet(t)
}

// On paper all is unfolded, without JavaScript, too.
func TestTaggedPagePrinted(t *testing.T) {
	b := newBrowser(t)
	folded := `return [...document.querySelectorAll("details > :not(summary)")].filter((e) => !e.checkVisibility()).length`
	html := write(t, sample(t))
	b.show(t, html, 800, "light", "", false)
	assert.NotZero(t, eval[int](t, b, folded))
	b.show(t, html, 800, "dark", "print", false)
	assert.Zero(t, eval[int](t, b, folded))
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF())
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(pdf), "%PDF"))
}

// The keyboard reaches everything, and the focus is seen.
func TestTaggedPageKeyboard(t *testing.T) {
	b := newBrowser(t)
	b.show(t, write(t, sample(t)), 1600, "light", "", true)
	for i := range 12 {
		require.NoError(t, chromedp.Do(b.ctx, chromedp.KeyEvent("\t")))
		at := eval[string](t, b, `const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
			return [e.tagName, s.outlineStyle, r.left >= 0 && r.top >= 0].join(" ")`)
		assert.True(t, strings.HasSuffix(at, " solid true"), "after %d tabs: %s", i+1, at)
	}
}

// TestTaggedPagePictures writes pictures of the sample's page into STEMMA_PICTURES, to be
// looked at.
func TestTaggedPagePictures(t *testing.T) {
	dir := os.Getenv("STEMMA_PICTURES")
	if dir == "" {
		t.Skip("STEMMA_PICTURES names no directory")
	}
	b := newBrowser(t)
	html := write(t, sample(t))
	for _, width := range []int64{400, 1600} {
		for _, scheme := range []string{"light", "dark"} {
			for _, script := range []bool{true, false} {
				b.show(t, html, width, scheme, "", script)
				png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(fmt.Sprintf("%s/%d-%s-script-%v.png", dir, width, scheme, script), png, 0o644))
			}
		}
	}
}
