package patch_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/patch"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// That a fix is not published is said only of an index that would have it.
func TestUnpublished(t *testing.T) {
	all := []string{"bookworm-security", "bookworm-updates", "bookworm"}
	for name, tt := range map[string]struct {
		suites   []string
		made, on string
		want     report.PatchState
		why      string
	}{
		"all":         {all, "2024-06-29", "2024-06-28", report.PatchUnpublished, "the newest of the distribution"},
		"no security": {[]string{"bookworm-updates", "bookworm"}, "2024-06-29", "2024-06-28", report.PatchNotKnown, "the security archive was not read"},
		"no updates":  {[]string{"bookworm-security", "bookworm"}, "2024-06-29", "2024-06-28", report.PatchNotKnown, "not read (bookworm-updates)"},
		"older index": {all, "2024-06-30", "2024-06-28", report.PatchNotKnown, "the index is older than the report"},
		"newer fix":   {all, "2024-06-29", "2024-06-30", report.PatchNotKnown, "the index is older than the fix"},
		"no day":      {all, "", "2024-06-28", report.PatchNotKnown, "the report does not say"},
	} {
		t.Run(name, func(t *testing.T) {
			r := oldChain(t)
			v := vulnerable(r, "libc6", "2.36-9+deb12u7")
			v.FixedOn, v.Sightings = handmade.Day(tt.on), []report.Sighting{{}}
			scan := report.Scan{}
			if tt.made != "" {
				scan.Made = handmade.Day(tt.made)
			}
			r.Vulnerabilities.Scans = []report.Scan{scan}
			p := patch.Trace(r, &patch.Options{Index: indexOf(t, "2024-06-29", map[string]string{"libc6": "2.36-9+deb12u6"}, tt.suites...)})
			assert.Equal(t, tt.want.String(), p.Traces[0].State.String(), p.Traces[0].Why)
			assert.Contains(t, p.Traces[0].Why, tt.why)
		})
	}
}

// Of what a part of an archive has nothing newer of, nothing is known.
func TestOutdatedByPart(t *testing.T) {
	p := patch.Trace(oldChain(t), &patch.Options{Index: indexOf(t, "2024-06-29", map[string]string{"libc6": "2.36-9+deb12u4"}, "bookworm")})
	assert.Equal(t, report.Outdated{NotKnown: 1}, p.Outdated[debian])
	assert.Equal(t, "debian: bookworm; not read: bookworm-updates, bookworm-security", p.Index)
}
