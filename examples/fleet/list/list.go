// Package list tells which references are meant: those of a list, of the pods of a Kubernetes
// cluster, or of all repositories of a registry.
//
// A list is text, one reference a line. Empty lines count for nothing, nor does what follows
// a # at the beginning of a line or behind a space. A list of pods is what
//
//	kubectl get pods --all-namespaces --output json
//
// prints. [Read] tells the two apart by the first character.
//
// What can't be understood costs itself alone: it is an error that says where it stands, and
// the rest follows. Nothing here asks a registry but [Place.References].
package list

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"

	"github.com/google/go-containerregistry/pkg/name"
)

// An Item is a reference that somebody named.
type Item struct {
	// Reference has a tag or a digest.
	Reference name.Reference
	// Owner is whose it is: the namespace of a pod, or "".
	Owner string
}

// maxLine is the number of bytes that a line may have.
const maxLine = 64 << 10

// Read reads a list, or the pods of a cluster.
func Read(r io.Reader) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		b := bufio.NewReader(r)
		for line := 1; ; {
			c, _, err := b.ReadRune()
			if c == '\n' {
				line++
			}
			switch {
			case err == io.EOF:
				return
			case err != nil:
				yield(Item{}, err)
				return
			case c == '\ufeff', unicode.IsSpace(c):
				continue
			}
			_ = b.UnreadRune() // cannot fail behind ReadRune
			switch {
			case c == '{':
				pods(b, yield)
			case isYAML(b):
				yield(Item{}, errors.New("this is YAML: use kubectl get pods --all-namespaces --output json"))
			default:
				lines(b, line, yield)
			}
			return
		}
	}
}

// isYAML reports whether text begins as the YAML of Kubernetes does, which is no reference.
func isYAML(b *bufio.Reader) bool {
	const most = 32
	start, _ := b.Peek(most) // what is shorter is no such list
	for _, s := range []string{"apiVersion: ", "kind: ", "items:\n", "---\n", "---\r\n"} {
		if bytes.HasPrefix(start, []byte(s)) {
			return true
		}
	}
	return false
}

// lines reads one reference a line. The first line has the number n.
func lines(r io.Reader, n int, yield func(Item, error) bool) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	for ; scanner.Scan(); n++ {
		text := strings.TrimSpace(scanner.Text())
		if i := strings.Index(" "+text, " #"); i >= 0 {
			text = strings.TrimSpace(text[:i])
		}
		if text == "" {
			continue
		}
		item, err := Parse(text)
		if err != nil {
			err = fmt.Errorf("line %d: %w", n, err)
		}
		if !yield(item, err) {
			return
		}
	}
	if err := scanner.Err(); err != nil {
		yield(Item{}, fmt.Errorf("line %d: %w", n, err))
	}
}

// Parse parses a reference as its users write it: debian, debian:13,
// registry.example.org/shop/api@sha256:….
func Parse(s string) (Item, error) {
	if strings.HasPrefix(s, "sha256:") { // which would also be a tag of a repository of that name
		return Item{}, fmt.Errorf("%s is no reference to an image: it names no repository", short(s))
	}
	if strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../") { // go-containerregistry takes the dots for a host
		return Item{}, fmt.Errorf("%s is no reference to an image, but a path: only images of registries are read", short(s))
	}
	ref, err := name.ParseReference(s)
	if err != nil {
		return Item{}, fmt.Errorf("%s is no reference to an image, such as registry.example.org/shop/api:1", short(s))
	}
	return Item{Reference: ref}, nil
}

// reason leaves out the name, which the error of package name repeats.
func reason(err error) error {
	_, why, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		return err
	}
	return errors.New(why)
}

// short cuts what could be long.
func short(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
