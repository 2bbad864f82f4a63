package syft

import (
	"encoding/json"
	"errors"
	"runtime/debug"
	"strings"
)

// syftModule is where Syft's version is looked up.
const syftModule = "github.com/anchore/syft"

// Version names what the set would find: the version of Syft that the program was
// built with, and the catalogers. It is "" where the version is not known.
func (s *Set) Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path != syftModule {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		if m.Version == "" {
			return "" // a directory, whose content may change
		}
		var names []string
		for _, c := range s.Catalogers {
			names = append(names, c.Name)
		}
		return m.Path + "@" + m.Version + " " + strings.Join(names, ",")
	}
	return ""
}

// jsonSparse is how a [Sparse] is written.
type jsonSparse struct {
	Size  int64
	Parts []jsonPart
}

type jsonPart struct {
	Off  int64
	Data []byte
}

// MarshalJSON writes the parts that are kept.
func (s *Sparse) MarshalJSON() ([]byte, error) {
	j := jsonSparse{Size: s.size}
	for _, p := range s.parts {
		j.Parts = append(j.Parts, jsonPart{p.off, p.data})
	}
	return json.Marshal(j)
}

// GobEncode writes the same.
func (s *Sparse) GobEncode() ([]byte, error) { return s.MarshalJSON() }

// GobDecode reads what GobEncode wrote.
func (s *Sparse) GobDecode(b []byte) error { return s.UnmarshalJSON(b) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Sparse) UnmarshalJSON(b []byte) error {
	var j jsonSparse
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*s = Sparse{size: j.Size}
	for _, p := range j.Parts {
		if p.Off < 0 || p.Off > s.size-int64(len(p.Data)) {
			return errors.New("part outside the file")
		}
		s.parts = append(s.parts, part{p.Off, p.Data})
	}
	return nil
}
