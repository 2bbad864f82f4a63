package queue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestCompareClocks(t *testing.T) {
	before := time.Unix(1000, 0)
	after := before.Add(3 * time.Second)
	for there, want := range map[int64]string{
		1000: "", 1001: "", 1003: "", 997: "", 1007: "", // the question may have taken all the time
		995:  "this machine's clock is 5s ahead of the database's: workers need clocks that agree within 4s",
		1008: "this machine's clock is 5s behind the database's: workers need clocks that agree within 4s",
	} {
		err := compareClocks(before, time.Unix(there, 0), after, 4*time.Second)
		if want == "" {
			assert.NoError(t, err, there)
		} else {
			assert.EqualError(t, err, want)
		}
	}
}
