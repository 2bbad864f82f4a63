package policy

import (
	"fmt"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
	"go.yaml.in/yaml/v3"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/report"
)

// A Level is what a rule's findings are worth.
type Level int

// The levels. Default stands for the finding's own severity, and for Serious in
// FailOn.
const (
	Default Level = iota
	Off
	Note
	Warning
	Serious
	Never // in FailOn: nothing fails
)

// levelOf returns the level of a severity.
func levelOf(s report.Severity) Level { return Note + Level(s) }

// UnmarshalYAML reads "off", "note", "warning", "serious", "never", or "default", which takes
// back what an extended policy says. YAML's false, which off may be read as, is off.
func (l *Level) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
	case "default":
		*l = Default
	case "off", "false":
		*l = Off
	case "never":
		*l = Never
	default:
		var s report.Severity
		if s.UnmarshalText([]byte(n.Value)) != nil {
			return fmt.Errorf("line %d: %q is none of off, note, warning, serious, never", n.Line, n.Value)
		}
		*l = levelOf(s)
	}
	return nil
}

// A Confidence is how sure something has to be. The zero value stands for the default of the
// field.
type Confidence ancestry.Confidence

// UnmarshalYAML reads "inferred", "recognised", "recorded" or "proved".
func (c *Confidence) UnmarshalYAML(n *yaml.Node) error {
	var grade ancestry.Confidence
	if grade.UnmarshalText([]byte(n.Value)) != nil || grade == ancestry.Unknown {
		return fmt.Errorf("line %d: %q is none of inferred, recognised, recorded, proved", n.Line, n.Value)
	}
	*c = Confidence(grade)
	return nil
}

// An Age is a duration. 0 is none: there is no limit.
type Age time.Duration

// UnmarshalYAML reads a positive number of days ("180d"), weeks ("26w"), a duration of the
// time package ("24h"), or "none".
func (a *Age) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == none {
		*a = 0
		return nil
	}
	d, err := parseAge(n.Value)
	if err != nil || d <= 0 {
		return fmt.Errorf("line %d: %q is no age: say 180d, 26w, 24h or none", n.Line, n.Value)
	}
	*a = Age(d)
	return nil
}

func parseAge(s string) (time.Duration, error) {
	if s == "" {
		return 0, strconv.ErrSyntax
	}
	unit := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[s[len(s)-1]]
	if unit == 0 {
		return time.ParseDuration(s)
	}
	days, err := strconv.ParseUint(s[:len(s)-1], 10, 16) // 65,535 weeks do not overflow
	return time.Duration(days) * unit, err
}

// none takes back the limit of an extended policy.
const none = "none"

// A Size is a number of bytes. 0 is none: there is no limit.
type Size uint64

// UnmarshalYAML reads bytes with a unit: "500MB", "1.5 GB" (decimal), "512MiB"; or "none".
func (s *Size) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == none {
		*s = 0
		return nil
	}
	v, err := humanize.ParseBytes(n.Value)
	if err != nil || v == 0 {
		return fmt.Errorf("line %d: %q is no size: say 500MB, 1.5GB or none", n.Line, n.Value)
	}
	*s = Size(v)
	return nil
}

// A Day is a date without a time.
type Day struct{ time.Time }

// UnmarshalYAML reads "2027-01-31".
func (d *Day) UnmarshalYAML(n *yaml.Node) error {
	t, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no date: say 2027-01-31", n.Line, n.Value)
	}
	d.Time = t
	return nil
}
