package ancestry

import "fmt"

// Confidence says what a name rests on. Greater is stronger.
type Confidence int

// The grades of confidence, weakest first.
const (
	Unknown    Confidence = iota // nothing is known
	Inferred                     // habits: a boundary that looks like one, a distribution's name
	Recognised                   // the steps are those of a known recipe, from end to end
	Recorded                     // the image or its builder says so
	Proved                       // bytes: a verified diffID chain or a manifest digest
)

var confidenceNames = [...]string{"unknown", "inferred", "recognised", "recorded", "proved"}

// String returns the grade's name in lower case.
func (c Confidence) String() string {
	if c < 0 || int(c) >= len(confidenceNames) {
		return fmt.Sprintf("confidence(%d)", int(c))
	}
	return confidenceNames[c]
}

// MarshalText returns the grade's name in lower case.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText accepts what MarshalText returns.
func (c *Confidence) UnmarshalText(b []byte) error {
	for i, n := range confidenceNames {
		if n == string(b) {
			*c = Confidence(i)
			return nil
		}
	}
	return fmt.Errorf("unknown confidence %q", b)
}
