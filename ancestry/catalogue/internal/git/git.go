// Package git reads objects of local git repositories through the git program: one
// long-running process for a repository, asked one object after the other.
package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// ErrMissing is the error for an object that the repository does not have.
var ErrMissing = errors.New("not in the repository")

// MaxBlob is the size in bytes beyond which a blob is skipped.
const MaxBlob = 4 << 20

// command runs git on a directory without work tree. What the user or the system
// has configured has no influence, and the repository's own configuration names no
// program that is run: to show signatures, log would start one.
func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "safe.directory=*", "-c", "core.quotePath=false", "-c", "log.showSignature=false", "--git-dir", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_COUNT=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	return cmd
}

// Lines runs a git command and calls f with each line of its output.
func Lines(ctx context.Context, dir string, f func(line string) error, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := command(ctx, dir, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if err := f(sc.Text()); err != nil {
			cancel()
			_ = cmd.Wait()
			return err
		}
	}
	if err := sc.Err(); err != nil {
		cancel() // it would wait for a reader, and Wait for it
		_ = cmd.Wait()
		return fmt.Errorf("git %s in %s: %w", args[0], dir, err)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("git %s in %s: %w", args[0], dir, err)
	}
	return nil
}

// Objects reads the objects of one repository. It is not safe for concurrent use.
type Objects struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Open starts reading. Close must be called.
func Open(ctx context.Context, dir string) (*Objects, error) {
	cmd := command(ctx, dir, "cat-file", "--batch", "--follow-symlinks")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	return &Objects{cmd, in, bufio.NewReaderSize(out, 1<<16)}, nil
}

// Close ends the process.
func (o *Objects) Close() error {
	_ = o.in.Close()
	return o.cmd.Wait()
}

// Blob is [Objects.BlobUpTo] for blobs of at most MaxBlob bytes.
func (o *Objects) Blob(name string) (hash string, data []byte, err error) {
	return o.BlobUpTo(name, MaxBlob)
}

// BlobUpTo returns the name (hash) and the content of a blob, by its hash or as
// "commit:path"; symbolic links are followed inside the repository. The error is
// ErrMissing if there is none of at most so many bytes.
func (o *Objects) BlobUpTo(name string, most int) (hash string, data []byte, err error) {
	if strings.ContainsAny(name, "\n\r") {
		return "", nil, ErrMissing
	}
	if _, err := io.WriteString(o.in, name+"\n"); err != nil {
		return "", nil, fmt.Errorf("git cat-file: %w", err)
	}
	head, err := o.out.ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("git cat-file: %w", err)
	}
	head = strings.TrimSuffix(head, "\n")
	if strings.HasSuffix(head, " missing") || strings.HasSuffix(head, " ambiguous") {
		return "", nil, ErrMissing
	}
	words := strings.Fields(head)
	size, err := strconv.Atoi(words[len(words)-1])
	if err != nil || len(words) < 2 {
		return "", nil, fmt.Errorf("git cat-file: %.80q", head)
	}
	if len(words) == 3 && words[1] == "blob" && size <= most {
		data = make([]byte, size)
		_, err = io.ReadFull(o.out, data)
	} else {
		_, err = io.CopyN(io.Discard, o.out, int64(size))
	}
	if err == nil {
		_, err = o.out.Discard(1)
	}
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("git cat-file: %w", err)
	case data == nil:
		// A tree, a link to nowhere, a file beyond the limit.
		return "", nil, ErrMissing
	}
	return words[0], data, nil
}

// Has reports which of the commits (or names of tags and branches) the repository
// has, as a map to their full hashes.
func Has(ctx context.Context, dir string, commits []string) (map[string]string, error) {
	cmd := command(ctx, dir, "cat-file", "--batch-check=%(objectname) %(objecttype)")
	var in strings.Builder
	for _, c := range commits {
		in.WriteString(c + "^{commit}\n")
	}
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git cat-file in %s: %w", dir, err)
	}
	has := map[string]string{}
	i := 0
	for line := range strings.Lines(string(out)) {
		if i >= len(commits) {
			break
		}
		if hash, kind, _ := strings.Cut(strings.TrimSpace(line), " "); kind == "commit" {
			has[commits[i]] = hash
		}
		i++
	}
	return has, nil
}
