package policy

import (
	"fmt"
	"strconv"
	"time"

	"github.com/dustin/go-humanize"
	"go.yaml.in/yaml/v3"

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

// UnmarshalYAML reads "off", "note", "warning", "serious" or "never". YAML's
// false, which off may be read as, is off.
func (l *Level) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
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

// An Age is a duration.
type Age time.Duration

// UnmarshalYAML reads a positive number of days ("180d"), weeks ("26w"), or a
// duration of the time package ("24h").
func (a *Age) UnmarshalYAML(n *yaml.Node) error {
	d, err := parseAge(n.Value)
	if err != nil || d <= 0 {
		return fmt.Errorf("line %d: %q is no age: say 180d, 26w or 24h", n.Line, n.Value)
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

// A Size is a number of bytes.
type Size uint64

// UnmarshalYAML reads bytes with a unit: "500MB", "1.5 GB" (decimal), "512MiB".
func (s *Size) UnmarshalYAML(n *yaml.Node) error {
	v, err := humanize.ParseBytes(n.Value)
	if err != nil || v == 0 {
		return fmt.Errorf("line %d: %q is no size: say 500MB or 1.5GB", n.Line, n.Value)
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
