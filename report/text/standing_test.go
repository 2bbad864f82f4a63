package text

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
)

func TestStanding(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		assert.NoError(t, err)
		return d
	}
	on := func(s string) *ancestry.Succession { return &ancestry.Succession{On: day(s)} }
	asOf := day("2026-08-21")
	for want, s := range map[string]ancestry.Standing{
		"current as of 2026-08-21":                                               {AsOf: asOf},
		"newer than the catalogue of 2026-08-21":                                 {AsOf: asOf, Newer: true},
		"superseded since 2023-02-08 as of 2026-08-21":                           {AsOf: asOf, Superseded: on("2023-02-08")},
		"abandoned since 2024-07-02 as of 2026-08-21":                            {AsOf: asOf, Superseded: on("2023-02-08"), Abandoned: day("2024-07-02")},
		"superseded since 2023-02-08, lagging since 2023-02-04 as of 2026-08-21": {AsOf: asOf, Superseded: on("2023-02-08"), Lagging: on("2023-02-04")},
		"current, lagging since 2023-02-04 as of 2026-08-21":                     {AsOf: asOf, Lagging: on("2023-02-04")},
	} {
		assert.Equal(t, want, standingText(s))
	}
}
