//go:build unix

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// table is Markdown: the medians, and each tool's wall time over that of the first.
func table(tools []tool, results [][]measured) string {
	var b strings.Builder
	b.WriteString("| tool | version | wall s (min–max) | ours / its wall | CPU s | peak MiB | temporary disk MiB | packages |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	first := median(results[0], func(m measured) time.Duration { return m.wall })
	for i, t := range tools {
		r := results[i]
		wall := func(m measured) time.Duration { return m.wall }
		fastest := slices.MinFunc(r, func(a, b measured) int { return cmp.Compare(a.wall, b.wall) }).wall
		slowest := slices.MaxFunc(r, func(a, b measured) int { return cmp.Compare(a.wall, b.wall) }).wall
		packages := "–"
		if n := r[0].packages; n >= 0 {
			packages = fmt.Sprint(n)
		}
		w := median(r, wall)
		fmt.Fprintf(&b, "| %s | %s | %.2f (%.2f–%.2f) | %.2f | %.2f | %d | %d | %s |\n", t.name, t.version,
			w.Seconds(), fastest.Seconds(), slowest.Seconds(), float64(first)/float64(w),
			median(r, func(m measured) time.Duration { return m.cpu }).Seconds(),
			median(r, func(m measured) int64 { return m.peak })>>20,
			median(r, func(m measured) int64 { return m.disk })>>20, packages)
	}
	b.WriteString("\n")
	for _, t := range tools {
		fmt.Fprintf(&b, "    %s\n", t.shown())
	}
	return b.String()
}

func median[T cmp.Ordered](all []measured, of func(measured) T) T {
	values := make([]T, len(all))
	for i, m := range all {
		values[i] = of(m)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
