package catalogue

import (
	"sync"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/data"
)

// maxCached bounds the recipes that a Source keeps; an image needs some dozens.
const maxCached = 8192

// A cache keeps recipes: those of a root archive have a hundred spans, and are asked
// for with every image.
type cache struct {
	mu   sync.Mutex
	kept map[cacheKey]data.Recipe
}

type cacheKey struct {
	catalog int
	repo    string
	id      int
}

func (c *cache) recipe(cat int, repo *data.Repository, id int) data.Recipe {
	k := cacheKey{cat, repo.Name(), id}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.kept[k]; ok {
		return r
	}
	if c.kept == nil || len(c.kept) >= maxCached {
		c.kept = map[cacheKey]data.Recipe{}
	}
	r := repo.Recipe(id)
	c.kept[k] = r
	return r
}
