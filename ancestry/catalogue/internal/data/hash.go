package data

import (
	"math/bits"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// The widths of the hashes in a file, in bits. A line's hash decides; a shape's
// and those of sequences lead to a repository, where the lines' are compared.
const (
	lineBits = 48
	keyBits  = 40
)

// HashLine returns the hash under which a catalogue knows a line of a recipe: the
// upper 48 bits of [recipe.Hash]. It is never 0. The hash tells lines apart. It is
// no defence against forgery: a forger can as well copy the line itself.
func HashLine(line string) uint64 { return short(recipe.Hash([]string{line}), lineBits) }

// HashShape returns the hash under which a catalogue knows the [Shape] of a line:
// 40 bits, never 0.
func HashShape(line string) uint64 { return short(recipe.Hash([]string{Shape(line)}), keyBits) }

func short(h uint64, width int) uint64 { return max(h>>(64-width), 1) }

// A Sequence hashes a list of line or shape hashes one after the other. Its zero
// value is ready to use.
type Sequence uint64

// Add returns the sequence with one more hash at its end.
func (s Sequence) Add(h uint64) Sequence {
	const p1, p2 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F // the primes of XXH64
	return Sequence(bits.RotateLeft64(uint64(s)^(h*p2), 31)*p1 + p2)
}

// Key returns the key of the sequence in a catalogue's index: 40 bits.
func (s Sequence) Key() uint64 {
	h := uint64(s)
	h ^= h >> 33
	h *= 0xC2B2AE3D27D4EB4F
	h ^= h >> 29
	h *= 0x165667B19E3779F9
	h ^= h >> 32
	return short(h, keyBits)
}
