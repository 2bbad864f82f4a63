// Package ecosystems builds the chains of the package systems; build.sh says what
// they are.
package ecosystems

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Build runs build.sh, which leaves finished chains as they are, and returns the
// directory that the script describes. It needs root and what the script names;
// its error has the script's last words.
func Build(ctx context.Context) (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", fmt.Errorf("the place of build.sh is not known")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(filepath.Dir(file), "build.sh"))
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		words := log.String()
		return "", fmt.Errorf("build.sh: %w: %s", err, words[max(0, len(words)-2000):])
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], nil
}
