package scan

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// memoVersion changes when the same files give other findings, or a memo another
// form, for a reason that is not Syft's.
const memoVersion = "packages/3 "

// memoKey is the key of the wants for a cache, "" if there can be none.
func memoKey(set *syft.Set) string {
	if v := set.Version(); v != "" {
		return memoVersion + v
	}
	return ""
}

// A memo is what was learnt of one file, as a cache keeps it: in JSON, or, since that
// has no strings that are not UTF-8, as some paths are, in gob.
type memo struct {
	Found    []syft.Found `json:",omitempty"`
	Slim     *syft.Sparse `json:",omitempty"`
	Problems []string     `json:",omitempty"`
}

// memoize writes down what was learnt of a file. Nothing is a finding too: it is
// what holds for a path whose earlier version in the layer had some.
func memoize(found []syft.Found, slim *syft.Sparse, problems []layers.Problem) ([]byte, error) {
	if len(found) == 0 && slim == nil && len(problems) == 0 {
		return []byte{}, nil
	}
	m := memo{Found: found, Slim: slim}
	for _, p := range problems {
		m.Problems = append(m.Problems, p.Err.Error())
	}
	b, err := json.Marshal(m)
	if err != nil || !bytes.Contains(b, []byte(`\ufffd`)) {
		return b, err
	}
	var raw bytes.Buffer
	err = gob.NewEncoder(&raw).Encode(m)
	return raw.Bytes(), err
}

func (m *memo) read(b []byte) error {
	switch {
	case len(b) == 0:
		return nil
	case b[0] == '{':
		return json.Unmarshal(b, m)
	}
	return gob.NewDecoder(bytes.NewReader(b)).Decode(m)
}

// recall takes a memo in place of the file.
func (c *Collector) recall(e layers.Entry, b []byte) error {
	var m memo
	if err := m.read(b); err != nil {
		return err
	}
	var problems []layers.Problem
	for _, text := range m.Problems {
		problems = append(problems, layers.Problem{Layer: e.Layer, Step: layers.None, Path: e.Path, Err: errors.New(text)})
	}
	c.keep(version{e.Layer, e.Path}, m.Found, m.Slim, problems)
	return nil
}
