package rules

import (
	"testing"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/testdata/handmade"
)

// standingReport is that of an image without a name on python, on debian.
func standingReport(t *testing.T, python, debian *ancestry.Standing) *report.Report {
	t.Helper()
	var im handmade.Image
	for i, x := range []struct{ repo, day string }{{"debian", "2023-01-11"}, {"python", "2023-01-23"}, {"", "2023-03-01"}} {
		s := buildkit("RUN", file("f", i+1))
		s.Created = handmade.Day(x.day)
		im.Steps = append(im.Steps, s)
		im.Ancestors = append(im.Ancestors, handmade.Ancestor{Repository: x.repo, Tag: "1", Steps: 1})
	}
	r := im.Report(t)
	r.Ancestors[1].Standing, r.Ancestors[2].Standing = python, debian
	return r
}

func TestStanding(t *testing.T) {
	asOf := handmade.Day("2026-08-21")
	moved := func(repo, tag, first, on, now string, times int) *ancestry.Succession {
		return &ancestry.Succession{Name: ancestry.Name{Repository: repo, Tags: []string{tag}}, First: first, On: handmade.Day(on), Now: now, Times: times}
	}
	early := &ancestry.Standing{AsOf: asOf, Superseded: moved("python", "3.11", "3.11.2", "2023-02-08", "3.11.16", 34)}
	late := &ancestry.Standing{AsOf: asOf, Superseded: moved("python", "3.11", "3.11.3", "2023-04-05", "3.11.16", 32)}
	base := &ancestry.Standing{AsOf: asOf, Superseded: moved("debian", "11", "bullseye-20230202", "2023-02-04", "", 1), Abandoned: handmade.Day("2024-07-02")}
	behind := &ancestry.Standing{AsOf: asOf, Lagging: moved("debian", "11", "bullseye-20230202", "2023-02-04", "bullseye-20260803", 64)}

	check(t, Superseded(), standingReport(t, nil, nil))
	check(t, Superseded(), standingReport(t, &ancestry.Standing{AsOf: asOf}, &ancestry.Standing{AsOf: asOf, Newer: true}))
	check(t, Superseded(), standingReport(t, early, base), // what is abandoned is told by that rule
		want{1, 1, 1, report.Note, "python:1", "python:1 is out of date: python:3.11 was rebuilt 34 times since 2023-02-08, now as 3.11.16 (as of 2026-08-21)", "rebuild on a current python:3.11", 0})
	check(t, Abandoned(), standingReport(t, early, base),
		want{2, 0, 0, report.Warning, "debian:1", "debian:1 gets no more fixes: none of its tags is built any more since 2024-07-02 (as of 2026-08-21)", "move to a base that stands on something still built", 0})
	check(t, Abandoned(), standingReport(t, early, nil))

	// The image itself, which no catalogue knows, was built after its parent's tag had gone on: it was born lagging.
	check(t, Lagging(), standingReport(t, early, nil))
	check(t, Lagging(), standingReport(t, late, nil),
		want{0, 2, 2, report.Note, "python:3.11", "this image, built on 2023-03-01, stands on an old base: python:3.11 was rebuilt 32 times since 2023-04-05", "rebuild on a current python:3.11", 0})
	check(t, Lagging(), standingReport(t, behind, nil),
		want{1, 1, 1, report.Note, "debian:11", "python:1, built on 2023-01-23, stands on an old base: debian:11 was rebuilt 64 times since 2023-02-04, now as bullseye-20260803", "ask the publisher of python:1 to rebuild it", 0})
}
