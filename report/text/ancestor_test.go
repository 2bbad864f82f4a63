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
		"no newer build exists (as of 2026-08-21)":                                                         {AsOf: asOf},
		"whether newer builds exist is not known: it was built after 2026-08-21, the day of the catalogue": {AsOf: asOf, Newer: true},
		"newer builds exist since 2023-02-08 (as of 2026-08-21)":                                           {AsOf: asOf, Superseded: on("2023-02-08")},
		"none of its tags is built any more since 2024-07-02 (as of 2026-08-21)":                           {AsOf: asOf, Superseded: on("2023-02-08"), Abandoned: day("2024-07-02")},
		"newer builds exist since 2023-02-08; newer ones of its base since 2023-02-04 (as of 2026-08-21)":  {AsOf: asOf, Superseded: on("2023-02-08"), Lagging: on("2023-02-04")},
		"no newer build exists; newer ones of its base since 2023-02-04 (as of 2026-08-21)":                {AsOf: asOf, Lagging: on("2023-02-04")},
	} {
		assert.Equal(t, want, standingText(s))
	}
}

func TestAge(t *testing.T) {
	to := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for from, want := range map[string]string{
		"2026-11-22T11:00:00Z": "today",
		"2026-11-21T11:00:00Z": "1 day ago",
		"2026-11-21T23:00:00Z": "1 day ago",
		"2026-11-22T23:00:00Z": "today",
		"2026-10-23T00:00:00Z": "30 days ago",
		"2026-10-22T00:00:00Z": "1 month ago",
		"2025-11-23T00:00:00Z": "11 months ago",
		"2025-11-22T00:00:00Z": "1 year ago",
		"2024-08-01T00:00:00Z": "2 years 3 months ago",
		"2027-01-01T00:00:00Z": "in the future",
	} {
		at, err := time.Parse(time.RFC3339, from)
		assert.NoError(t, err)
		assert.Equal(t, want, age(at, to), from)
	}
	assert.Equal(t, "build date not recorded", built(time.Time{}, to))
	assert.Equal(t, "build date not recorded (1970-01-01)", built(time.Unix(0, 0), to))
}
