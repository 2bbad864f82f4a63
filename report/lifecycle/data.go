package lifecycle

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"
)

//go:embed products.tsv
var productsTSV string

//go:embed cycles.tsv
var cyclesTSV string

type tables struct {
	products map[string]Product
	cycles   map[string][]Cycle // in the order of the file: by release date
}

// data parses the embedded tables once. They are part of the program, so an
// error in them is a bug, which the tests would show.
var data = sync.OnceValue(func() tables {
	t, err := parse(productsTSV, cyclesTSV)
	if err != nil {
		panic("lifecycle: " + err.Error())
	}
	return t
})

func parse(products, cycles string) (tables, error) {
	t := tables{products: map[string]Product{}, cycles: map[string][]Cycle{}}
	err := eachLine(products, 9, func(f []string) error {
		asOf, err := date(f[8])
		if err != nil {
			return err
		}
		t.products[f[0]] = Product{ID: f[0], Title: f[1], Ends: f[2], Extended: f[3], ExtendedFree: f[4] == "yes",
			Rolling: f[5] == "yes", Authority: f[6], ReadFrom: f[7], AsOf: asOf}
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("products.tsv: %w", err)
	}
	err = eachLine(cycles, 7, func(f []string) error {
		p, ok := t.products[f[0]]
		if !ok {
			return fmt.Errorf("unknown product %q", f[0])
		}
		c := Cycle{Product: p, Name: f[1], Codename: f[2]}
		for i, to := range []*time.Time{&c.Released, &c.Support, &c.EOL, &c.Extended} {
			d, err := date(f[3+i])
			if err != nil {
				return err
			}
			*to = d
		}
		t.cycles[p.ID] = append(t.cycles[p.ID], c)
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("cycles.tsv: %w", err)
	}
	return t, nil
}

// eachLine calls f with the n fields of every line after the column heads.
// Lines that begin with # are comments.
func eachLine(table string, n int, f func(fields []string) error) error {
	heads := true
	for i, line := range strings.Split(table, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if heads {
			heads = false
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != n {
			return fmt.Errorf("line %d: %d fields instead of %d", i+1, len(fields), n)
		}
		if err := f(fields); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return nil
}

// date parses a day; the empty string is the zero Time.
func date(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, s)
}
