package data_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// TestConcurrent: one Catalogue serves several goroutines, and what they got stays
// valid when it is forgotten.
func TestConcurrent(t *testing.T) {
	c := embedded(t)
	names := c.Names()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range names {
				name := names[(i*7+worker*13)%len(names)]
				r, err := c.Repository(name)
				if !assert.NoError(t, err) || !assert.Equal(t, name, r.Name()) {
					return
				}
				part := r.Reading(r.Len()-1, recipe.BuildKit)
				matches, err := c.Matches(part)
				assert.NoError(t, err)
				assert.Equal(t, part.Len() > 0, len(matches) > 0, name)
			}
		})
	}
	wg.Wait()
}
