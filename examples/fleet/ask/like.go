package ask

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/stemma-go/stemma/examples/fleet/store"
)

// A like is the name of an ancestor that is like another name.
type like struct {
	Name   string `json:"name"`
	Images int    `json:"images"` // that stand on it
	score  int
}

// alike returns the names of ancestors that may have been meant, the likest first.
func alike(q store.Question, forest []store.Node) []like {
	const most = 6
	at := map[string]int{}
	var all []like
	for _, n := range forest {
		for _, name := range append(store.Split(n.Ties), n.Name) {
			score := likeness(q, name)
			if score == 0 {
				continue
			}
			i, known := at[name]
			if !known {
				i = len(all)
				at[name] = i
				all = append(all, like{Name: name, score: score})
			}
			all[i].Images += n.Images
		}
	}
	slices.SortFunc(all, func(a, b like) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.Images, a.Images), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), most)]
}

// likeness says how much a name is like what was asked for: 0 is not at all.
func likeness(q store.Question, name string) int {
	repository := name
	if qs, err := questionsOf(name); err == nil {
		repository = qs[0].Repository
	}
	if q.Repository == "" || repository == "" {
		return 0
	}
	asked, has := last(q.Repository), last(repository)
	switch {
	case repository == q.Repository:
		return 4 // another tag
	case asked == has:
		return 3 // of another registry or owner
	case levenshtein.Distance(asked, has, nil) <= max(1, len(asked)/3):
		return 2 // a letter or two
	case len(asked) >= 3 && strings.Contains(repository, asked), len(has) >= 3 && strings.Contains(q.Repository, has):
		return 1
	}
	return 0
}

// last is the last part of a repository, cut to a length that a name may have.
func last(repository string) string {
	const most = 128
	part := strings.ToLower(repository[strings.LastIndexByte(repository, '/')+1:])
	return part[:min(len(part), most)]
}
