package detect

import (
	"archive/tar"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCompression(t *testing.T) {
	for head, want := range map[string]string{
		"\x1f\x8b\x08\x00": "gzip", "\x1f\x8b\x08": "gzip", "\x1f\x8b": "", "\x1f\x8b\x07\x00\x00\x00": "",
		"\x28\xb5\x2f\xfd": "zstd", "\x50\x2a\x4d\x18": "zstd", "\x5a\x2a\x4d\x18": "zstd", "\x5f\x2a\x4d\x18\x00": "zstd",
		"\x60\x2a\x4d\x18": "", "\xfd7zXZ\x00": "xz", "BZh91A": "bzip2", "BZh91B": "", "BZh9/a": "", "BZhidden": "",
		"": "", "etc/": "",
	} {
		assert.Equal(t, want, Compression([]byte(head)), "%q", head)
	}
}

func TestSparse(t *testing.T) {
	assert.True(t, Sparse(&tar.Header{Typeflag: tar.TypeGNUSparse}))
	assert.True(t, Sparse(&tar.Header{PAXRecords: map[string]string{"GNU.sparse.map": "0,1"}}))
	assert.False(t, Sparse(&tar.Header{PAXRecords: map[string]string{"SCHILY.xattr.GNU.sparse.map": "0,1"}}))
}
