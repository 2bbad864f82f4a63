package chain

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Build runs build.sh, which leaves a finished chain as it is, and returns the
// directory that the script describes. It needs root and what the script names;
// its error has the script's last words.
func Build(ctx context.Context) (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", fmt.Errorf("the place of build.sh is not known")
	}
	return Run(ctx, filepath.Join(filepath.Dir(file), "build.sh"))
}

// Run runs a script that builds images, and returns the last line that it prints,
// the directory where they are. The error has the script's last words.
func Run(ctx context.Context, script string) (string, error) {
	cmd := exec.CommandContext(ctx, script)
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		words := log.String()
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(script), err, words[max(0, len(words)-2000):])
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], nil
}
