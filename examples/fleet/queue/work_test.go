package queue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Few jobs are counted often as long as they get fewer, and not while they wait.
func TestUntilNextCount(t *testing.T) {
	const soon, late = 50 * time.Millisecond, 500 * time.Millisecond
	for what, c := range map[string]struct {
		left, before int
		waited, want time.Duration
	}{
		"nothing is left":          {0, 1, soon, late},
		"many":                     {1001, 1500, late, late},
		"few":                      {1000, 1500, late, soon},
		"one less":                 {2, 3, late, soon},
		"the first count":          {2, 0, 0, soon},
		"the database was away":    {2, 2, 0, soon},
		"nothing has happened":     {2, 2, 100 * time.Millisecond, 125 * time.Millisecond},
		"nothing happens for long": {2, 2, late, late},
	} {
		assert.Equal(t, c.want, untilNextCount(c.left, c.before, c.waited), what)
	}
}
