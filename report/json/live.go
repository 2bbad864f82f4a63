package json

import (
	"time"

	"github.com/stemma-go/stemma/ancestry"
)

// A Live is what a registry said of an ancestor's name.
type Live struct {
	Name        string      `json:"name"`        // the name that was asked for
	State       string      `json:"state"`       // current, moved, gone, not known: what became of its tag
	Why         string      `json:"why"`         // why the tag is gone, or why it is not known whether it moved; else ""
	Platform    string      `json:"platform"`    // the platform, if the tag is gone for that alone and its index has images for others; else ""
	Proved      bool        `json:"proved"`      // the registry has the image, by this name or its digest, with the layers and the history that are here
	Now         *Tagged     `json:"now"`         // what the tag points to; null if that is not known
	Since       *time.Time  `json:"since"`       // when that was built, so that the tag moved then or later; null if it did not move, or if it is not known
	Difference  *Difference `json:"difference"`  // what it has that the ancestor has not; null if it did not move, or if it is not known
	EndOfLife   *time.Time  `json:"endOfLife"`   // day on which the publisher ends the ancestor's life; null if the registry states none, or if it is not known
	NoEndOfLife string      `json:"noEndOfLife"` // why it is not known whether it states one; "" if it is
	Requests    int         `json:"requests"`    // HTTP requests that this took
	Bytes       int64       `json:"bytes"`       // bytes of the documents that they brought
}

// A Tagged is the image to which a tag points.
type Tagged struct {
	Digest  string     `json:"digest"`  // of its manifest
	Index   string     `json:"index"`   // digest of the index that has it; "" if the tag points to the manifest
	Created *time.Time `json:"created"` // as its configuration says; null if that is no date that can be meant
	Layers  int        `json:"layers"`  // number of its layers
	Bytes   int64      `json:"bytes"`   // bytes of them as stored
}

// A Difference is what one image has that another has not.
type Difference struct {
	Layers   int   `json:"layers"`   // number of layers
	Bytes    int64 `json:"bytes"`    // bytes of them as stored
	Packages *int  `json:"packages"` // number of packages that one of the two alone has, or in another version; null if the layers were not read to know it
}

// An Asked says what it took to ask registries.
type Asked struct {
	At       time.Time `json:"at"`       // when they were asked
	Requests int       `json:"requests"` // HTTP requests
	Bytes    int64     `json:"bytes"`    // bytes of the documents that they brought
}

func newLive(l *ancestry.Live) *Live {
	if l == nil {
		return nil
	}
	out := &Live{Name: l.Name, State: l.State, Why: l.Why, Platform: l.Platform, Proved: l.Proved, Since: date(l.Since), EndOfLife: date(l.EndOfLife), NoEndOfLife: l.NoEndOfLife,
		Requests: l.Requests, Bytes: l.Bytes}
	if t := l.Now; t != nil {
		out.Now = &Tagged{Digest: digest(t.Digest), Index: digest(t.Index), Created: date(t.Created), Layers: t.Layers, Bytes: t.Bytes}
	}
	if d := l.Difference; d != nil {
		out.Difference = &Difference{Layers: d.Layers, Bytes: d.Bytes, Packages: d.Packages}
	}
	return out
}

func newAsked(l *ancestry.Lineage) *Asked {
	if l == nil || l.Asked == nil {
		return nil
	}
	return &Asked{At: l.Asked.At.UTC(), Requests: l.Asked.Requests, Bytes: l.Asked.Bytes}
}
