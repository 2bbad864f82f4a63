package main

import (
	"errors"
	"fmt"

	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/vulns"
)

// readVulns reads the files of -vulns, before the image is read.
func (f *flags) readVulns() error {
	for _, path := range f.vulns {
		d, err := vulns.Open(path)
		if err != nil {
			return err
		}
		f.scans = append(f.scans, d)
	}
	return nil
}

// joinVulns joins what the scanners found to the report of the image.
func (f *flags) joinVulns(r *report.Report, img *source.Image) error {
	if len(f.scans) == 0 {
		return nil
	}
	opts, err := vulns.OptionsOf(img)
	if err != nil {
		return err
	}
	opts.OtherImage, opts.IndexDigest = f.otherImage, img.IndexDigest
	r.Vulnerabilities, err = vulns.Join(r, f.scans, opts)
	if errors.Is(err, vulns.ErrOtherImage) {
		err = fmt.Errorf("%w (-other-image joins it nevertheless)", err)
	}
	return err
}
