package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/stemma-go/stemma/examples/fleet/queue"
)

// statusJSON is a status for programs.
type statusJSON struct {
	References lineJSON       `json:"references"` // to be looked at
	Images     lineJSON       `json:"images"`     // to be read
	Registries []registryJSON `json:"registries"`
	Failures   []failureJSON  `json:"failures"`
}

type lineJSON struct {
	Waiting    int     `json:"waiting"`
	Running    int     `json:"running"`
	Lost       int     `json:"worker_gone"` // given back soon
	LastMinute int     `json:"done_last_minute"`
	LastHour   int     `json:"done_last_hour"`
	Rate       float64 `json:"per_second"` // of the last minute
}

type registryJSON struct {
	Host     string     `json:"host"`
	Waiting  int        `json:"waiting"`
	Running  int        `json:"running"`
	Lost     int        `json:"worker_gone"`
	NoAnswer *time.Time `json:"no_answer_since,omitempty"`
	Why      string     `json:"why,omitempty"`
}

type failureJSON struct {
	Reason     string       `json:"reason"` // its kind
	References int          `json:"references_not_looked_at"`
	Images     int          `json:"images_not_read"`
	Each       []failedJSON `json:"each"`
}

type failedJSON struct {
	Reference string `json:"reference"`
	Image     string `json:"image,omitempty"`
	Reason    string `json:"reason"`
}

func writeStatusJSON(w io.Writer, s *queue.Status) error {
	out := statusJSON{lineOf(s.Looks), lineOf(s.Reads), []registryJSON{}, []failureJSON{}}
	for _, r := range s.Registries {
		one := registryJSON{Host: r.Host, Waiting: r.Waiting, Running: r.Running, Lost: r.Lost, Why: r.Outage.Why}
		if !r.Outage.Since.IsZero() {
			since := r.Outage.Since.UTC()
			one.NoAnswer = &since
		}
		out.Registries = append(out.Registries, one)
	}
	for _, f := range s.Failures {
		one := failureJSON{Reason: f.Kind, References: f.References, Images: f.Images, Each: []failedJSON{}}
		for _, e := range f.Each {
			one.Each = append(one.Each, failedJSON(e))
		}
		out.Failures = append(out.Failures, one)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func lineOf(l queue.Line) lineJSON {
	return lineJSON{l.Waiting, l.Running, l.Lost, l.LastMinute, l.LastHour, float64(l.LastMinute) / 60}
}
