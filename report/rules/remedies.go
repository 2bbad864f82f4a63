package rules

import (
	"fmt"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// This file has the remedies that several rules share. They say the same thing in the
// same words, so that report.Remedies tells it once.

// renew gives a finding the remedy that brings newer bases, where ancestor old, which is
// not the image itself, is out of date. Whatever of the chain it is, an image gets all of
// it by its FROM: so it is rebuilt on what that names today. Only where that is known to
// be the newest, and stands on something old itself, nobody but its publisher can help.
func renew(f *report.Finding, r *report.Report, old int) {
	f.By = report.OtherBase
	if old > 1 && newest(r.Ancestors[1]) {
		askPublisher(f, r, 1, "to rebuild it on a current base: no newer one is published")
		return
	}
	f.Remedy = r.Renewal()
}

// leaveToPublisher gives a finding about bytes that an ancestor ships for nothing its
// remedy: the image's own steps cannot take them out of the layers below.
func leaveToPublisher(f *report.Finding, r *report.Report) {
	askPublisher(f, r, f.Ancestor, "to ship less: a later step takes no byte out")
}

// askPublisher gives a finding a remedy that nobody but the publisher of an ancestor has.
func askPublisher(f *report.Finding, r *report.Report, ancestor int, what string) {
	name := "your base"
	if ancestor >= 0 && r.Ancestors[ancestor].Confidence != ancestry.Unknown {
		name = r.NameOf(ancestor)
	}
	f.By = report.Publisher
	f.Remedy = fmt.Sprintf("ask the publisher of %s %s", name, what)
}

// What is said of tools to build with.
const (
	buildInStage = "build in a stage of its own and copy only the result, or install, use and remove them in one RUN"
	keepForStage = "keep this base for a build stage, and copy the result onto one without build tools"
)
