package lifecycle

import (
	"slices"
	"strings"
	"time"

	"github.com/stemma-go/stemma/ancestry"
)

// A Product is an operating system or a runtime.
type Product struct {
	ID    string // "debian", "python"
	Title string // "Debian", "Python"
	// Ends says what a cycle's EOL date ends: "regular security support", "support".
	Ends string
	// Extended is the name of the extended support after it, "" if there is none.
	Extended string
	// ExtendedFree is true when everybody gets the extended support free of charge.
	ExtendedFree bool
	// Rolling is true for a product that has no cycles, and so no end.
	Rolling bool
	// Authority is the publisher's own page about it.
	Authority string
	// ReadFrom names the data from which the dates were read, "" if there are none.
	ReadFrom string
	// AsOf is the day of that data.
	AsOf time.Time
}

// A Cycle is a line of releases that is maintained as one: Debian 12, Python
// 3.11. Its dates are the last days of support at midnight UTC, zero where not set.
type Cycle struct {
	Product  Product
	Name     string // "12", "22.04", "3.11"
	Codename string // "bookworm"; "" where the table has none
	Released time.Time
	Support  time.Time
	EOL      time.Time
	Extended time.Time
}

// String returns title and name: "Debian 12 (bookworm)".
func (c Cycle) String() string {
	s := strings.TrimSuffix(c.Product.Title+" "+c.Name, " ")
	if c.Codename != "" {
		s += " (" + c.Codename + ")"
	}
	return s
}

// Status is where a cycle is in its life.
type Status int

// The statuses.
const (
	Unknown   Status = iota // no end of life is known
	Supported               // before its end of life
	Extended                // after its end of life, before the end of its extended support
	Ended                   // after both
)

// String returns the status's name in lower case.
func (s Status) String() string {
	return [...]string{"unknown", "supported", "extended", "ended"}[s]
}

// Status returns where the cycle is on the day of t.
func (c Cycle) Status(t time.Time) Status {
	switch {
	case c.EOL.IsZero():
		return Unknown
	case !over(c.EOL, t):
		return Supported
	case !c.Extended.IsZero() && !over(c.Extended, t):
		return Extended
	}
	return Ended
}

// over reports whether the day last has passed at t.
func over(last, t time.Time) bool { return !t.Before(last.AddDate(0, 0, 1)) }

// Cycles returns a product's cycles, oldest first; nil for an unknown product.
func Cycles(product string) []Cycle { return slices.Clone(data().cycles[product]) }

// Find returns the cycle of a version: the one whose name is the version, or its
// longest prefix that ends before a dot. "3.18.4" belongs to 3.18, "12.5" to 12.
// It returns false where no cycle fits.
func Find(product, version string) (Cycle, bool) {
	cycles := data().cycles[product]
	for v := version; v != ""; {
		if i := slices.IndexFunc(cycles, func(c Cycle) bool { return c.Name == v }); i >= 0 {
			return cycles[i], true
		}
		dot := strings.LastIndexByte(v, '.')
		if dot < 0 {
			break
		}
		v = v[:dot]
	}
	return Cycle{}, false
}

// osProduct maps os-release's ID to a product.
func osProduct(d ancestry.Distro) string {
	switch d.ID {
	case "debian", "ubuntu", "alpine", "rhel", "rocky", "fedora", "opensuse-leap", "opensuse-tumbleweed", "wolfi", "chainguard", "arch":
		return d.ID
	case "almalinux":
		return "alma"
	case "amzn":
		return "amazon-linux"
	case "ol":
		return "oracle-linux"
	case "centos":
		if strings.Contains(d.PrettyName, "Stream") {
			return "centos-stream"
		}
		return "centos"
	}
	return ""
}

// OSRelease is ReadFrom of a cycle that is in no table, and whose end the operating
// system's own os-release says.
const OSRelease = "os-release"

// Of returns the cycle of an operating system, by its version or, where
// os-release has none, its code name. UBI images count as RHEL. Where the tables have
// no last day for it, SUPPORT_END of its os-release is it, and ReadFrom is [OSRelease].
//
// It returns false for what is unknown, what is rolling ([Rolling] tells which), and
// what is not released yet: Debian's testing and unstable have the code name of the
// next release, and Alpine's edge has its version.
func Of(d ancestry.Distro) (Cycle, bool) {
	c, ok := listed(d)
	if ok && !c.EOL.IsZero() {
		return c, true
	}
	end, err := time.Parse(time.DateOnly, d.SupportEnd)
	if err != nil || d.ID == "" {
		return c, ok
	}
	return Cycle{Product: Product{ID: d.ID, Title: d.ID, Ends: "support", ReadFrom: OSRelease}, Name: d.VersionID, EOL: end}, true
}

// Rolling reports whether an operating system has no releases, and so no end of life.
func Rolling(d ancestry.Distro) bool { return data().products[osProduct(d)].Rolling }

// listed returns the cycle of an operating system that the tables have.
func listed(d ancestry.Distro) (Cycle, bool) {
	if strings.HasSuffix(d.PrettyName, "/sid") || strings.Contains(d.VersionID, "_") {
		return Cycle{}, false
	}
	p := osProduct(d)
	if d.VersionID != "" {
		return Find(p, d.VersionID)
	}
	if d.Codename == "" {
		return Cycle{}, false
	}
	cycles := data().cycles[p]
	if i := slices.IndexFunc(cycles, func(c Cycle) bool { return c.Codename == d.Codename }); i >= 0 {
		return cycles[i], true
	}
	return Cycle{}, false
}
