// Package progress shows how far the commands that make catalogues have come.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// New returns a function that shows a bar for each stage, and shows nothing if w is no
// terminal. It may be called from several goroutines.
func New(w io.Writer) func(stage string, done, total int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func(string, int, int) {}
	}
	var mu sync.Mutex
	var bar *progressbar.ProgressBar
	var now string
	return func(stage string, done, total int) {
		mu.Lock()
		defer mu.Unlock()
		if stage != now {
			now = stage
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(fmt.Sprintf("%-14s", stage)),
				progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { fmt.Fprintln(w) }))
		}
		_ = bar.Set(done)
	}
}
