package data

import "errors"

// failures are what was found corrupt in the course of one search. They cost what is
// behind them, each is met once, and the search goes on.
type failures struct {
	repos   map[int]bool
	buckets map[uint64]bool
	errs    []error
}

// repository returns a repository, nil if it can't be read.
func (f *failures) repository(c *Catalogue, i int) *Repository {
	if f.repos[i] {
		return nil
	}
	r, err := c.repository(i)
	if err != nil {
		if f.repos == nil {
			f.repos = map[int]bool{}
		}
		f.repos[i] = true
		f.errs = append(f.errs, err)
	}
	return r
}

// postings returns what an index has for a key, none if its bucket can't be read.
func (f *failures) postings(find *finder, key uint64) []posting {
	bucket := key >> (keyBits - find.x.bits)
	if f.buckets[bucket] {
		return nil
	}
	list, err := find.find(key)
	if err != nil {
		if f.buckets == nil {
			f.buckets = map[uint64]bool{}
			f.errs = append(f.errs, err) // one says it for all
		}
		f.buckets[bucket] = true
	}
	return list
}

func (f *failures) err() error { return errors.Join(f.errs...) }
