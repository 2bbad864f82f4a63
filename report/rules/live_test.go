package rules

import (
	"testing"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// liveReport is standingReport with what registries said of the two ancestors.
func liveReport(t *testing.T, python, debian ancestry.Live) *report.Report {
	r := standingReport(t, nil, nil)
	r.Lineage.Asked = &ancestry.Asked{At: handmade.AsOf}
	for i, l := range []ancestry.Live{python, debian} {
		if l.State != "" {
			l.Name = r.Ancestors[i+1].String()
			r.Ancestors[i+1].Live = &l
		}
	}
	return r
}

// What registries say is found where no catalogue knows it, and once.
func TestLive(t *testing.T) {
	on := ancestry.Live{State: ancestry.StateMoved, Since: handmade.Day("2026-10-01")}
	stays := ancestry.Live{State: ancestry.StateCurrent}
	silent := ancestry.Live{State: ancestry.StateNotKnown, Why: "no answer"}
	gone := ancestry.Live{State: ancestry.StateGone, Why: "no such tag"}
	outOfDate := func(now string) want {
		return want{1, 1, 1, report.Note, "python:1", "python:1 is out of date: " + now, "rebuild on a current python:", 0}
	}

	r := liveReport(t, on, stays)
	check(t, Superseded(), r, outOfDate("python:1 was rebuilt on 2026-10-01 (as of 2026-11-22)"))
	check(t, Lagging(), r, want{0, 2, 2, report.Note, "python:1", "this image, built on 2023-03-01, stands on an old base: python:1 was rebuilt on 2026-10-01", "rebuild on a current python:1", 0})

	// The catalogue knows it, and more: that is told, and not twice.
	r = liveReport(t, on, stays)
	r.Ancestors[1].Standing = &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), Superseded: &ancestry.Succession{
		Name: ancestry.Name{Repository: "python", Tags: []string{"3.11"}}, First: "3.11.2", On: handmade.Day("2023-02-08"), Now: "3.11.16", Times: 34}}
	check(t, Superseded(), r, outOfDate("python:3.11 was rebuilt 34 times since 2023-02-08, now as 3.11.16 (as of 2026-08-21)"))

	// The catalogue knows of none, and the tag moved since.
	r = liveReport(t, on, stays)
	r.Ancestors[1].Standing = &ancestry.Standing{AsOf: handmade.Day("2026-08-21")}
	check(t, Superseded(), r, outOfDate("python:1 was rebuilt on 2026-10-01 (as of 2026-11-22)"))

	// It moved to what has no date that tells.
	check(t, Superseded(), liveReport(t, ancestry.Live{State: ancestry.StateMoved}, stays),
		want{1, 1, 1, report.Note, "python:1", "python:1 points to another image now, whose date does not tell whether it is newer (as of 2026-11-22)", "rebuild on a current python:1", 0})

	// The base is the newest of its tag, and stands on an old one: its publisher has to rebuild it.
	check(t, Superseded(), liveReport(t, stays, on),
		want{2, 0, 0, report.Note, "debian:1", "debian:1 is out of date: debian:1 was rebuilt on 2026-10-01 (as of 2026-11-22)", "ask the publisher of python:1 to rebuild it", 0})

	// Its most specific tag still points to it, and the catalogue knows that another one went on.
	r = liveReport(t, stays, on)
	r.Ancestors[1].Standing = &ancestry.Standing{AsOf: handmade.Day("2026-08-21"), Superseded: &ancestry.Succession{
		Name: ancestry.Name{Repository: "python", Tags: []string{"3.11"}}, First: "3.11.2", On: handmade.Day("2023-02-08"), Now: "3.11.16", Times: 34}}
	check(t, Superseded(), r, outOfDate("python:3.11 was rebuilt 34 times"),
		want{2, 0, 0, report.Note, "debian:1", "debian:1 is out of date", "rebuild on a current python:3.11", 0})

	check(t, Superseded(), liveReport(t, gone, silent))
	check(t, Abandoned(), liveReport(t, gone, stays),
		want{1, 1, 1, report.Warning, "python:1", "python:1 cannot be pulled any more (as of 2026-11-22): no such tag", "move to a tag of python that is still built", 0})
	check(t, Abandoned(), liveReport(t, stays, gone),
		want{2, 0, 0, report.Note, "debian:1", "debian:1 cannot be pulled any more", "move to a base that stands on something still built", 0})
	check(t, Abandoned(), liveReport(t, ancestry.Live{State: ancestry.StateGone, Why: "it has no image for linux/s390x"}, stays),
		want{1, 1, 1, report.Warning, "python:1", "python:1 cannot be pulled any more (as of 2026-11-22): it has no image for linux/s390x", "move to a tag of python that is still built", 0})
	check(t, Abandoned(), liveReport(t, on, silent))
}

// Where the registry did not answer either, the rule unknown says so.
func TestLiveNotKnown(t *testing.T) {
	silent := ancestry.Live{State: ancestry.StateNotKnown, Why: "no answer"}
	says := func(r *report.Report) int {
		n := 0
		for _, f := range Unknown().Run(r) {
			if f.Message == "whether python:1 is out of date is not known: no answer" {
				n++
			}
		}
		return n
	}
	r := liveReport(t, silent, ancestry.Live{State: ancestry.StateCurrent})
	if says(r) != 1 {
		t.Error("unknown does not say it")
	}
	r.Ancestors[1].Standing = &ancestry.Standing{AsOf: handmade.AsOf}
	if says(r) != 0 {
		t.Error("the catalogue knows it")
	}
}

// The publisher's own statement of an end of life.
func TestLiveEndOfLife(t *testing.T) {
	for day, want := range map[string]want{
		"2026-10-01": {1, 1, 1, report.Warning, "python:1", "python:1 gets no more fixes: its publisher ended its life on 2026-10-01", "move to a tag of python that is still built", 0},
		"2026-12-24": {1, 1, 1, report.Note, "python:1", "python:1 reaches its end of life on 2026-12-24, as its publisher says", "move to a tag of python that is still built", 0},
	} {
		check(t, EndOfLife(), liveReport(t, ancestry.Live{State: ancestry.StateCurrent, EndOfLife: handmade.Day(day)}, ancestry.Live{}), want)
	}
	check(t, EndOfLife(), liveReport(t, ancestry.Live{State: ancestry.StateCurrent, EndOfLife: handmade.Day("2028-01-01")}, ancestry.Live{}))
	check(t, EndOfLife(), liveReport(t, ancestry.Live{State: ancestry.StateMoved, EndOfLife: handmade.Day("2026-10-01")}, ancestry.Live{}),
		want{1, 1, 1, report.Warning, "python:1", "its publisher ended its life on 2026-10-01", "rebuild on a current python:1", 0})
}
