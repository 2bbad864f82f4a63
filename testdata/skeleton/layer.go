package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"time"
)

// dates moves the times of one build to where the sample has them.
type dates struct {
	started time.Time // nothing before it is of this build
	offset  []time.Duration
	seen    map[string]moved
}

type moved struct{ from, to time.Time }

// file returns the modification time that a file of the given stage gets. A time before
// the build is genuine and stays; a file that only a copy-up brought to this layer keeps
// the date it had below.
func (d *dates) file(stage int, name string, t time.Time) time.Time {
	t = t.Truncate(time.Second)
	if t.Before(d.started) {
		return t
	}
	if before, ok := d.seen[name]; ok && before.from.Equal(t) {
		return before.to
	}
	to := t.Add(d.offset[stage]).Truncate(time.Second)
	d.seen[name] = moved{t, to}
	return to
}

// writeLayer copies the layer tar from r to w with its contents zeroed.
func writeLayer(w io.Writer, r io.Reader, d *dates, stage int) error {
	in, out := tar.NewReader(r), tar.NewWriter(w)
	for {
		header, err := in.Next()
		if err == io.EOF {
			return out.Close()
		}
		if err != nil {
			return err
		}
		name := path.Clean(header.Name)
		header.ModTime = d.file(stage, name, header.ModTime)
		header.AccessTime, header.ChangeTime = time.Time{}, time.Time{}
		for _, record := range []string{"mtime", "atime", "ctime"} {
			delete(header.PAXRecords, record)
		}
		header.Format = tar.FormatUnknown
		if err := out.WriteHeader(header); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
		if err := writeContent(out, in, name, header.Size); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

func writeContent(w io.Writer, r io.Reader, name string, size int64) error {
	if size > maxKept {
		sum := sha256.New()
		if _, err := io.Copy(sum, r); err != nil {
			return err
		}
		return writeZeros(w, sum.Sum(nil), size)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if keep(name) {
		_, err = w.Write(content)
		return err
	}
	if small, ok := goBinary(content); ok {
		_, err = w.Write(small)
		return err
	}
	sum := sha256.Sum256(content)
	return writeZeros(w, sum[:], size)
}

// writeZeros writes size bytes: eight of sum, then zeros.
func writeZeros(w io.Writer, sum []byte, size int64) error {
	head := min(size, 8)
	if _, err := w.Write(sum[:head]); err != nil {
		return err
	}
	zeros := bytes.Repeat([]byte{0}, 32<<10)
	for left := size - head; left > 0; {
		n, err := w.Write(zeros[:min(left, int64(len(zeros)))])
		if err != nil {
			return err
		}
		left -= int64(n)
	}
	return nil
}
