package catalogue

import "github.com/stemma-go/stemma/ancestry/catalogue/internal/data"

// Of returns a catalogue of what tests have opened themselves.
func Of(parts ...*data.Catalogue) *Catalogue { return &Catalogue{parts: parts} }

// Parts returns what a catalogue consists of.
func (c *Catalogue) Parts() []*data.Catalogue { return c.parts }
