package scan

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"encoding/json"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/packages/scan/internal/syft"
)

// memoVersion changes when the same files give other findings, or a memo another
// form, for a reason that is not Syft's.
const memoVersion = "packages/5 "

// cacheKey is the key of the wants for a cache, "" if there can be none: if what would be
// found has no version. CPEs are in the cache only where they were asked for.
func cacheKey(version string, cpes bool) string {
	switch {
	case version == "":
		return ""
	case cpes:
		return memoVersion + "cpes " + version
	}
	return memoVersion + version
}

// A memo is what was learned of one file. A cache keeps it in JSON, or in gob where a
// string is not UTF-8, as some paths are: JSON has no such strings.
type memo struct {
	Found    []syft.Found `json:",omitempty"`
	Assembly *syft.Sparse `json:",omitempty"` // of a .NET assembly
	Problems []string     `json:",omitempty"`
	// Copyright has the names of licences in a copyright file of Debian's.
	Copyright []string `json:",omitempty"`
}

// encode writes the memo for a cache. Nothing is a finding too: it holds for a path
// whose earlier version in the layer had some.
func (m memo) encode() ([]byte, error) {
	if len(m.Found) == 0 && m.Assembly == nil && len(m.Problems) == 0 && len(m.Copyright) == 0 {
		return []byte{}, nil
	}
	b, err := json.Marshal(m)
	if err != nil || !bytes.Contains(b, []byte(`\ufffd`)) {
		return b, err
	}
	var raw bytes.Buffer
	err = gob.NewEncoder(&raw).Encode(m)
	return raw.Bytes(), err
}

func (m *memo) decode(b []byte) (err error) {
	if len(b) == 0 {
		return nil
	}
	if b[0] == '{' {
		err = json.Unmarshal(b, m)
	} else {
		err = gob.NewDecoder(bytes.NewReader(b)).Decode(m)
	}
	return cmp.Or(err, m.Assembly.Check())
}

// recall takes a memo in place of the file.
func (c *Collector) recall(e layers.Entry, b []byte) error {
	var m memo
	if err := m.decode(b); err != nil {
		return err
	}
	c.store(e, m)
	return nil
}
