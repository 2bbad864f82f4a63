package packages_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/packages"
)

// The version after each layer of a life.
func TestAt(t *testing.T) {
	p := packages.Package{Events: []packages.Event{
		{Kind: packages.Introduced, Layer: 1, To: "1"},
		{Kind: packages.Upgraded, Layer: 3, From: "1", To: "2"},
		{Kind: packages.Removed, Layer: 4, From: "2"},
		{Kind: packages.Reinstalled, Layer: 6, To: "3"},
		{Kind: packages.Unlisted, Layer: 7, From: "3"},
	}}
	var got []string
	for layer := range 9 {
		version, ok := p.At(layer)
		got = append(got, fmt.Sprint(version, ok))
	}
	assert.Equal(t, []string{"false", "1true", "1true", "2true", "false", "false", "3true", "false", "false"}, got)
	_, ok := new(packages.Package).At(0)
	assert.False(t, ok)
}
