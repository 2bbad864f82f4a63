package build

// Stats are the numbers of what a Builder holds.
type Stats struct {
	Repositories, Recipes int
	Read                  int // recipes whose instructions are known
	Instructions          int // distinct ones, over all repositories
	Shapes                int // distinct ones, over all repositories
	Tags                  int // distinct ones, repositories counted apart
	Spans                 int // of one tag each
}

// Stats counts.
func (b *Builder) Stats() Stats {
	s := Stats{Repositories: len(b.repos)}
	lines, shapes := map[uint64]bool{}, map[uint64]bool{}
	for _, entries := range b.repos {
		tags := map[string]bool{}
		for _, e := range entries {
			s.Recipes++
			for _, x := range e.spans() {
				s.Spans += len(x.tags)
				for _, t := range x.tags {
					tags[t] = true
				}
			}
			if e.digest == nil {
				continue
			}
			s.Read++
			for _, in := range e.digest.Instructions {
				for _, c := range b.columns() {
					if in.Lines[c] != 0 {
						lines[in.Lines[c]], shapes[in.Shapes[c]] = true, true
						break
					}
				}
			}
		}
		s.Tags += len(tags)
	}
	s.Instructions, s.Shapes = len(lines), len(shapes)
	return s
}
