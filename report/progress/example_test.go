package progress_test

import (
	"os"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/report/progress"
)

func ExampleNew() {
	line := progress.New(os.Stderr)
	defer line.Done()
	opts := layers.Options{Progress: line.Update}
	opts.Progress(1_000_000, 4_000_000) // as layers.Read does
	// Output:
}
