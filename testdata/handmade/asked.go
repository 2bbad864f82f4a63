package handmade

import (
	"testing"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// Asked is [Sample] with what registries said of its ancestors: of one that its tag moved,
// of one nothing, and of one that its tag still points to it and that its life has ended.
// Nobody was asked about the youngest, which has no name.
func Asked(t testing.TB, rules []report.Rule) *report.Report {
	t.Helper()
	return sample(t, rules, func(lin *ancestry.Lineage) {
		lin.Asked = &ancestry.Asked{At: AsOf, Requests: 14, Bytes: 10_300}
		lin.Ancestors[1].Live = &ancestry.Live{
			Name: "python:3.8-bullseye", State: ancestry.StateMoved, Since: Day("2024-10-19"),
			Now:        &ancestry.Tagged{Digest: hash("c8"), Index: hash("c9"), Created: Day("2024-10-19"), Layers: 7, Bytes: 50_300_000},
			Difference: &ancestry.Difference{Layers: 6, Bytes: 41_200_000}, NoEndOfLife: "its registry answers 500", Requests: 9, Bytes: 8_200,
		}
		lin.Ancestors[2].Live = &ancestry.Live{
			Name: "buildpack-deps:bullseye", State: ancestry.StateNotKnown, Why: "no answer within 20s", NoEndOfLife: "no answer within 20s",
		}
		lin.Ancestors[3].Live = &ancestry.Live{
			Name: "debian:bullseye", State: ancestry.StateCurrent, Proved: true, EndOfLife: Day("2026-08-31"),
			Now: &ancestry.Tagged{Digest: hash("de"), Created: Day("2023-01-11"), Layers: 1, Bytes: 1_060_000}, Requests: 5, Bytes: 2_100,
		}
	})
}
