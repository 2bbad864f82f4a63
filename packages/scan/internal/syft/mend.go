package syft

import (
	"bytes"
	"path"
	"strings"
)

// withoutLicense drops the license fields of Python metadata, which often hold
// the whole license text: see lazyLicenses.
func withoutLicense(cataloger, p string, b []byte) []byte {
	base := path.Base(p)
	if !strings.HasPrefix(cataloger, "python-") || base != "METADATA" && base != "PKG-INFO" && !strings.HasSuffix(base, ".egg-info") {
		return b
	}
	out := make([]byte, 0, len(b))
	drop := false
	for rest := b; len(rest) > 0; {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return append(out, rest...) // the description follows
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(line, []byte(":"))
			drop = strings.HasPrefix(strings.ToLower(string(name)), "license")
		}
		if !drop {
			out = append(append(out, line...), '\n')
		}
		rest = after
	}
	return out
}

// withRoot names the root in a database of apk, which writes it as a directory of no
// name. Syft passes over a field without a value, and the files of the root would be
// those of the directory before.
func withRoot(cataloger string, b []byte) []byte {
	if cataloger != "apk-db-cataloger" {
		return b
	}
	return bytes.ReplaceAll(b, []byte("\nF:\n"), []byte("\nF:/\n"))
}
