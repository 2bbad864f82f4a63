package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/live"
	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/source"
	"github.com/stemma-go/stemma/report"
	"github.com/stemma-go/stemma/report/diff"
)

// patience is how long -live waits for one registry to say something.
const patience = 8 * time.Second

// askLive has registries asked about the ancestors, if -live is given. What it returns is
// closed after that.
func (f *flags) askLive(opts *stemma.Options, waiting func(string)) io.Closer {
	if !f.live {
		return io.NopCloser(nil)
	}
	o := &source.Options{Insecure: f.insecure, Waiting: waiting, Attempts: 2, IdleTimeout: patience, AnswerTimeout: patience}
	if f.localRedirects != "" {
		o.LocalRedirects = strings.Split(f.localRedirects, ",")
	}
	documents := source.NewDocuments(o)
	opts.Live = &live.Options{Registry: documents}
	if f.liveHosts != "" {
		opts.Live.Hosts = strings.Split(f.liveHosts, ",")
	}
	return documents
}

// compareRoot counts the packages in which the root differs from what its tag points to now, if
// -live-packages is given and it moved. What cannot be read is a problem.
func (f *flags) compareRoot(ctx context.Context, r *report.Report) {
	last := len(r.Ancestors) - 1
	if !f.livePackages || last < 0 {
		return
	}
	root := r.Ancestors[last]
	if root.Live == nil || root.Live.Now == nil || root.Live.Difference == nil || root.Live.Difference.Layers == 0 {
		return
	}
	today, err := f.readRoot(ctx, root.Live)
	if err != nil {
		r.Problems = append(r.Problems, layers.Problem{Layer: layers.None, Step: layers.None, Err: fmt.Errorf("the packages of %s were not compared: %w", root.Live.Name, err)})
		return
	}
	if n, known := diff.RootPackages(r, today); known {
		root.Live.Difference.Packages = &n
	}
}

// readRoot reads what a tag points to, from the registry that has answered for it.
func (f *flags) readRoot(ctx context.Context, l *ancestry.Live) (*report.Report, error) {
	n, ok := ancestry.ParseName(l.Name)
	if !ok {
		return nil, fmt.Errorf("%s is no image's name", l.Name)
	}
	o, err := f.sourceOptions()
	if err != nil {
		return nil, err
	}
	o.Platform, o.IdleTimeout = nil, patience // the digest is that of the platform's image
	return readOne(ctx, tagged{l.Name, "registry:" + n.Repository + "@" + l.Now.Digest.String()}, o)
}
