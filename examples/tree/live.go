package main

import (
	"io"
	"strings"
	"time"

	"github.com/stemma-go/stemma"
	"github.com/stemma-go/stemma/ancestry/live"
	"github.com/stemma-go/stemma/layers/source"
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
