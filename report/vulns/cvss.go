package vulns

import (
	"strconv"
	"strings"

	cvss20 "github.com/pandatix/go-cvss/20"
	cvss30 "github.com/pandatix/go-cvss/30"
	cvss31 "github.com/pandatix/go-cvss/31"
	cvss40 "github.com/pandatix/go-cvss/40"

	"github.com/stemma-go/stemma/report"
)

// ratingByVector is the highest rating of the CVSS vectors that OSV records of a vulnerability,
// or of this package in it.
func (p *osvPackage) ratingByVector(v *osvVulnerability) report.Rating {
	rating := report.Unrated
	for _, s := range v.Severity {
		rating = max(rating, ratingOfVector(s.Score))
	}
	for _, a := range v.Affected {
		if !p.is(a) {
			continue
		}
		for _, s := range a.Severity {
			rating = max(rating, ratingOfVector(s.Score))
		}
	}
	return rating
}

// ratingOfVector is the rating of the base score of a CVSS vector, of version 2, 3 or 4; that of
// version 4 counts what else it says, too. A text that is no such vector is Unrated.
func ratingOfVector(vector string) report.Rating {
	var score float64
	var err error
	switch version, _, _ := strings.Cut(vector, "/"); version {
	case "CVSS:4.0":
		var v *cvss40.CVSS40
		if v, err = cvss40.ParseVector(vector); err == nil {
			score = v.Score()
		}
	case "CVSS:3.1":
		var v *cvss31.CVSS31
		if v, err = cvss31.ParseVector(vector); err == nil {
			score = v.BaseScore()
		}
	case "CVSS:3.0":
		var v *cvss30.CVSS30
		if v, err = cvss30.ParseVector(vector); err == nil {
			score = v.BaseScore()
		}
	default:
		var v *cvss20.CVSS20
		if v, err = cvss20.ParseVector(vector); err == nil {
			score = min(v.BaseScore(), 8.9) // version 2 has no critical ones
		}
	}
	if err != nil {
		return report.Unrated
	}
	return ratingOfScore(strconv.FormatFloat(score, 'f', 1, 64))
}
