package ancestry_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
)

func TestDateDoubt(t *testing.T) {
	at := func(s string) time.Time {
		d, err := time.Parse(time.RFC3339, s)
		assert.NoError(t, err)
		return d
	}
	base, app := at("2024-12-05T23:26:40Z"), at("2024-12-06T10:00:00Z")
	steps := func(dates ...time.Time) (out []history.Step) {
		for i, d := range dates {
			out = append(out, history.Step{Index: i, Layer: i, Created: d})
		}
		return out
	}
	for name, tt := range map[string]struct {
		created, base time.Time
		steps         []history.Step
		want          string
	}{
		"a build":            {app, base, steps(base, app), ""},
		"a root":             {base, time.Time{}, steps(base), ""},
		"clocks":             {base.Add(-time.Minute), base, steps(base, base.Add(-time.Minute)), ""},
		"not recorded":       {time.Time{}, base, steps(base, time.Time{}), "is not recorded"},
		"the epoch":          {time.Unix(1, 0), base, steps(base, time.Unix(1, 0)), "is what reproducible builds write"},
		"older":              {at("2023-01-01T00:00:00Z"), base, steps(base, at("2023-01-01T00:00:00Z")), "is older than its base's"},
		"base at the epoch":  {app, time.Unix(0, 0), steps(time.Unix(0, 0), app), ""},
		"one date for all":   {base, base, steps(base, time.Time{}, base), "is the same for the whole history"},
		"one layer, no more": {base, time.Time{}, append(steps(base), history.Step{Layer: history.None, Created: base}), ""},
	} {
		assert.Equal(t, tt.want, ancestry.DateDoubt(tt.created, tt.base, tt.steps), name)
	}
}

// TestSupportEnd: os-release's last day of support, if it is a day.
func TestSupportEnd(t *testing.T) {
	for value, want := range map[string]string{
		"2025-12-15": "2025-12-15", `"2025-12-15"`: "2025-12-15", "'2025-12-15'": "2025-12-15",
		"": "", "soon": "", "2025-13-15": "", "2025-12-15T00:00:00Z": "",
	} {
		d, ok := ancestry.OSRelease([]byte("ID=bazzite\nSUPPORT_END=" + value + "\n"))
		assert.True(t, ok)
		assert.Equal(t, want, d.SupportEnd, value)
	}
}
