package build

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
	"github.com/stemma-go/stemma/ancestry/catalogue/internal/wire"
)

// Encode returns the catalogue file. The same additions give the same bytes.
func (b *Builder) Encode() ([]byte, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true))
	if err != nil {
		return nil, err
	}
	defer enc.Close()

	var sections []byte
	var repos wire.Writer
	names := slices.Sorted(maps.Keys(b.repos))
	keys := newKeys(b.columns())
	repos.Uint(uint64(len(names)))
	for i, name := range names {
		raw, n := b.encodeRepository(i, b.repos[name], keys)
		if len(raw) > wire.MaxBlock {
			return nil, fmt.Errorf("repository %s: %d bytes: too large", name, len(raw))
		}
		packed := enc.EncodeAll(raw, nil)
		repos.String(name)
		for _, v := range []int{len(sections), len(packed), len(raw), n} {
			repos.Uint(uint64(v))
		}
		sections = append(sections, packed...)
	}

	var meta wire.Writer
	meta.Int(int64(b.day))
	meta.String(b.source)
	meta.Uint(uint64(len(b.dialects)))
	for _, d := range b.dialects {
		meta.Uint(uint64(d))
	}
	meta.Uint(uint64(keys.longest))
	for i := range wire.Indices {
		bits, entries, raw := encodeIndex(keys.index[i])
		for _, v := range []int{len(sections), len(raw), bits, entries} {
			meta.Uint(uint64(v))
		}
		sections = append(sections, raw...)
	}
	meta.Bytes = append(meta.Bytes, repos.Bytes...)

	packed := enc.EncodeAll(meta.Bytes, nil)
	out := wire.Writer{Bytes: []byte(wire.Magic)}
	out.Fixed(uint64(len(packed)), 4)
	out.Fixed(uint64(len(meta.Bytes)), 4)
	out.Bytes = append(append(out.Bytes, packed...), sections...)
	if int64(len(out.Bytes)) >= 1<<31 {
		return nil, fmt.Errorf("catalogue of %d bytes: too large", len(out.Bytes))
	}
	return out.Bytes, nil
}

// columns returns, for each of the builder's dialects, where a Digest has it.
func (b *Builder) columns() []int {
	columns := make([]int, len(b.dialects))
	for i, d := range b.dialects {
		columns[i] = digestColumn(d)
	}
	return columns
}

// keys collects what the indices hold: for each key, how many recipes of which
// repository have it.
type keys struct {
	columns []int
	longest int
	index   [wire.Indices]map[uint64]map[int]int
}

func newKeys(columns []int) *keys {
	k := &keys{columns: columns}
	for i := range k.index {
		k.index[i] = map[uint64]map[int]int{}
	}
	return k
}

func (k *keys) add(index int, key uint64, repo int) {
	m := k.index[index][key]
	if m == nil {
		m = map[int]int{}
		k.index[index][key] = m
	}
	m[repo]++
}

// recipe adds the keys of one recipe, each once.
func (k *keys) recipe(repo int, d *Digest) {
	seen := [wire.Indices]map[uint64]bool{{}, {}, {}, {}}
	if key, ok := data.LayerKey(d.DiffIDs); ok {
		seen[wire.IndexLayers][key] = true
	}
	for _, c := range k.columns {
		var lines, shapes data.Sequence
		n := 0
		for _, in := range d.Instructions {
			if in.Lines[c] == 0 {
				continue
			}
			n++
			lines, shapes = lines.Add(in.Lines[c]), shapes.Add(in.Shapes[c])
			seen[wire.IndexShapes][in.Shapes[c]] = true
		}
		if n > 0 {
			seen[wire.IndexRecipes][lines.Key()] = true
			seen[wire.IndexSequences][shapes.Key()] = true
		}
		k.longest = max(k.longest, n)
	}
	for i, m := range seen {
		for key := range m {
			k.add(i, key, repo)
		}
	}
}

// encodeIndex writes an index: a table of offsets, then the buckets, each a list of
// keys as differences, with their postings.
func encodeIndex(m map[uint64]map[int]int) (bits, entries int, raw []byte) {
	const perBucket = 16
	for 1<<bits*perBucket < len(m) {
		bits++
	}
	var table, buckets wire.Writer
	all := slices.Sorted(maps.Keys(m))
	at := 0
	for bucket := range uint64(1) << bits {
		table.Fixed(uint64(len(buckets.Bytes)), 4)
		shift := 8*wire.ShapeSize - bits
		last := bucket << shift
		for ; at < len(all) && all[at]>>shift == bucket; at++ {
			buckets.Uint(all[at] - last)
			last = all[at]
			postings := m[all[at]]
			buckets.Uint(uint64(len(postings)))
			repo := -1
			for _, p := range slices.Sorted(maps.Keys(postings)) {
				buckets.Uint(uint64(p - repo - 1))
				buckets.Uint(uint64(postings[p]))
				repo = p
			}
		}
	}
	table.Fixed(uint64(len(buckets.Bytes)), 4)
	return bits, len(all), append(table.Bytes, buckets.Bytes...)
}

// sorted returns a repository's entries in the order of the file: those of one
// path together, the oldest first, so that neighbours differ little.
func sorted(entries map[string]*entry) []*entry {
	list := slices.Collect(maps.Values(entries))
	archs := func(e *entry) string { return strings.Join(slices.Sorted(maps.Keys(e.archs)), " ") }
	from := func(e *entry) string {
		if e.digest == nil {
			return ""
		}
		return e.digest.From
	}
	keys := map[*entry]string{}
	for k, e := range entries {
		keys[e] = k
	}
	slices.SortFunc(list, func(a, b *entry) int {
		return cmp.Or(
			strings.Compare(a.path, b.path), strings.Compare(archs(a), archs(b)), cmp.Compare(a.first, b.first),
			strings.Compare(from(a), from(b)), strings.Compare(a.origin, b.origin), strings.Compare(a.commit, b.commit),
			strings.Compare(keys[a], keys[b]),
		)
	})
	return list
}
