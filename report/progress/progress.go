// Package progress shows, on a terminal, how far the reading of an image is.
//
//	line := progress.New(os.Stderr)
//	defer line.Done()
//	opts.Layers.Progress = line.Update
//
// It is silent for the first second, so that what is quick leaves no trace, and
// always where the output is no terminal. The line is erased when it is done.
package progress

import (
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/stemma-go/stemma/layers/printable"
	"golang.org/x/term"
)

// quiet is how long nothing is shown.
const quiet = time.Second

// A Line is a progress line. Its methods may be called from several goroutines.
type Line struct {
	mu   sync.Mutex
	out  gate
	what string                   // that is counted; "" is bytes of an image
	bar  *progressbar.ProgressBar // nil until there is something to show
	all  int64
	last int64
	off  bool // nothing is shown any more

	wait  *time.Timer // shows what is waited for; nil if nothing is
	shown int         // runes of that on the line
}

// A gate lets nothing through before a moment. Until then the bar counts, so that
// its rate is right, and is not seen.
type gate struct {
	w    io.Writer
	from time.Time
	used bool
}

func (g *gate) Write(b []byte) (int, error) {
	if time.Now().Before(g.from) {
		return len(b), nil
	}
	g.used = true
	return g.w.Write(b)
}

// New returns a line on w, which should be the standard error. Time is counted from
// here.
func New(w io.Writer) *Line { return newLine(w, quiet, isTerminal(w)) }

// Counting returns a line that counts things instead of bytes, such as images.
func Counting(w io.Writer, what string) *Line {
	l := New(w)
	l.what = what
	return l
}

func newLine(w io.Writer, delay time.Duration, terminal bool) *Line {
	return &Line{out: gate{w: w, from: time.Now().Add(delay)}, off: !terminal}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// Waiting shows what is waited for, before there is anything to count: "registry
// ghcr.io". It is made for the Waiting of layers/source's Options.
func (l *Line) Waiting(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endWait()
	if l.off {
		return
	}
	text := []rune("waiting for " + printable.Line(what))
	text = text[:min(len(text), 79)] // of the narrowest usual terminal
	var wait *time.Timer
	wait = time.AfterFunc(time.Until(l.out.from), func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.wait == wait {
			l.shown = len(text)
			_, _ = io.WriteString(l.out.w, "\r"+string(text)) // see Update
		}
	})
	l.wait = wait
}

// endWait erases what was waited for.
func (l *Line) endWait() {
	if l.wait == nil {
		return
	}
	l.wait.Stop()
	l.wait = nil
	if l.shown > 0 {
		_, _ = io.WriteString(l.out.w, "\r"+strings.Repeat(" ", l.shown)+"\r") // see Update
		l.shown = 0
	}
}

// Update shows that done of all bytes are read; all is 0 while it is not known.
// It is made for the Progress of layers.Options.
func (l *Line) Update(done, all int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endWait()
	if l.off {
		return
	}
	if all <= 0 {
		all = -1
	}
	switch {
	case l.bar == nil:
		l.bar = l.newBar(all)
	case l.all < 0 && all > 0: // a bar without a length forgets how far it is
		_ = l.bar.Clear()
		l.bar = l.newBar(all)
	case all != l.all:
		l.bar.ChangeMax64(all)
	}
	l.all = all
	l.last = max(l.last, done) // reports from several goroutines may overtake each other
	if all > 0 {
		l.last = min(l.last, all)
	}
	// An error means that the terminal is gone, and nobody could read about it.
	_ = l.bar.Set64(l.last)
}

// Done erases the line. Update does nothing from then on.
func (l *Line) Done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endWait()
	l.off = true
	if l.out.used {
		_ = l.bar.Clear() // see Update
		l.out.used = false
	}
}

func (l *Line) newBar(all int64) *progressbar.ProgressBar {
	counts := progressbar.OptionSetDescription(l.what)
	if l.what == "" {
		counts = bytesRead
	}
	return progressbar.NewOptions64(all,
		progressbar.OptionSetWriter(&l.out),
		counts,
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
	)
}

func bytesRead(b *progressbar.ProgressBar) {
	progressbar.OptionSetDescription("reading")(b)
	progressbar.OptionShowBytes(true)(b)
	progressbar.OptionShowTotalBytes(true)(b)
}
