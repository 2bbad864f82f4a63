// Command hello is the chain's Go binary: one dependency, no fmt, so that it
// stays small enough to keep whole in the skeletonised sample.
package main

import (
	"os"

	"github.com/cespare/xxhash/v2"
)

func main() {
	sum := xxhash.Sum64String("hello")
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 17)
	for shift := 60; shift >= 0; shift -= 4 {
		out = append(out, digits[sum>>uint(shift)&0xf])
	}
	os.Stdout.Write(append(out, '\n'))
}
