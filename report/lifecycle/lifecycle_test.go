package lifecycle

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := date(s)
	require.NoError(t, err)
	return d
}

func TestData(t *testing.T) {
	d, err := parse(productsTSV, cyclesTSV)
	require.NoError(t, err)
	for _, p := range d.products {
		assert.NotEmpty(t, p.Title, p.ID)
		assert.Regexp(t, `^https://`, p.Authority, p.ID)
		assert.False(t, p.AsOf.IsZero(), p.ID)
		assert.Equal(t, p.Rolling, len(d.cycles[p.ID]) == 0, "%s: rolling or cycles", p.ID)
		if !p.Rolling {
			assert.NotEmpty(t, p.Ends, p.ID)
			assert.NotEmpty(t, p.ReadFrom, p.ID)
		}
		seen := map[string]bool{}
		for _, c := range d.cycles[p.ID] {
			name := c.String()
			assert.False(t, seen[c.Name], "%s twice", name)
			seen[c.Name] = true
			assert.False(t, c.Released.IsZero(), name)
			last := c.Released
			for _, at := range []time.Time{c.Support, c.EOL, c.Extended} {
				if !at.IsZero() {
					assert.False(t, at.Before(last), "%s: dates in order", name)
					last = at
				}
			}
			if !c.Extended.IsZero() {
				assert.NotEmpty(t, p.Extended, "%s: extended support without a name", name)
				assert.False(t, c.EOL.IsZero(), name)
			}
		}
	}
}

func TestEveryProductListed(t *testing.T) {
	for _, id := range []string{"debian", "ubuntu", "alpine", "rhel", "rocky", "alma", "amazon-linux", "fedora", "opensuse-leap",
		"opensuse-tumbleweed", "wolfi", "python", "node", "go", "temurin", "openjdk", "ruby", "php", "dotnet"} {
		assert.Contains(t, data().products, id)
	}
}

// Facts that can be read on the publishers' own pages.
func TestKnownFacts(t *testing.T) {
	for _, tt := range []struct{ product, version, cycle, eol, extended string }{
		{"debian", "12", "12", "2026-07-11", "2028-06-30"},
		{"debian", "10", "10", "2022-09-10", "2024-06-30"},
		{"ubuntu", "18.04", "18.04", "2023-05-31", "2028-04-26"},
		{"alpine", "3.18.4", "3.18", "2025-05-09", ""},
		{"rhel", "7.9", "7", "2024-06-30", "2029-05-31"},
		{"rhel", "9.3", "9", "2032-05-31", "2036-05-31"},
		{"amazon-linux", "2018.03", "2018.03", "2023-12-31", ""},
		{"python", "3.8.19", "3.8", "2024-10-07", ""},
		{"python", "2.7.18", "2.7", "2020-01-01", ""},
		{"node", "18.20.1", "18", "2025-04-30", ""},
		{"node", "22.23.3", "22", "2027-04-30", ""},
		{"go", "1.22.5", "1.22", "2025-02-11", ""},
		{"ruby", "2.7.8", "2.7", "2023-03-31", ""},
		{"php", "8.1.14", "8.1", "2025-12-31", ""},
		{"dotnet", "6.0.36", "6", "2024-11-12", ""},
		{"temurin", "17.0.6", "17", "2027-10-31", ""},
	} {
		c, ok := Find(tt.product, tt.version)
		if assert.True(t, ok, "%s %s", tt.product, tt.version) {
			assert.Equal(t, tt.cycle, c.Name)
			assert.Equal(t, day(t, tt.eol), c.EOL, "%s", c)
			assert.Equal(t, day(t, tt.extended), c.Extended, "%s", c)
		}
	}
}

func TestFindUnknown(t *testing.T) {
	for _, tt := range [][2]string{{"python", "4.0"}, {"python", "3"}, {"python", ""}, {"perl", "5.36"}, {"wolfi", "20230201"}, {"debian", "1"}, {"go", "1.270"}} {
		_, ok := Find(tt[0], tt[1])
		assert.False(t, ok, tt)
	}
}

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		distro ancestry.Distro
		want   string // "" for unknown
	}{
		{ancestry.Distro{ID: "debian", VersionID: "12", Codename: "bookworm"}, "Debian 12 (bookworm)"},
		{ancestry.Distro{ID: "debian", Codename: "bookworm"}, "Debian 12 (bookworm)"},
		{ancestry.Distro{ID: "debian", Codename: "forky"}, ""},
		{ancestry.Distro{ID: "debian"}, ""},
		{ancestry.Distro{ID: "ubuntu", VersionID: "22.04"}, "Ubuntu 22.04 (jammy)"},
		{ancestry.Distro{ID: "almalinux", VersionID: "9.4"}, "AlmaLinux 9"},
		{ancestry.Distro{ID: "amzn", VersionID: "2"}, "Amazon Linux 2"},
		{ancestry.Distro{ID: "centos", VersionID: "8", PrettyName: "CentOS Stream 8"}, "CentOS Stream 8"},
		{ancestry.Distro{ID: "centos", VersionID: "8", PrettyName: "CentOS Linux 8"}, "CentOS Linux 8"},
		{ancestry.Distro{ID: "opensuse-leap", VersionID: "15.5"}, "openSUSE Leap 15.5"},
		{ancestry.Distro{ID: "wolfi", VersionID: "20230201"}, ""},
		{ancestry.Distro{}, ""},
		{ancestry.Distro{Codename: "bookworm"}, ""},
	} {
		c, ok := Of(tt.distro)
		assert.Equal(t, tt.want != "", ok, "%+v", tt.distro)
		if ok {
			assert.Equal(t, tt.want, c.String())
		}
	}
}

func TestStatus(t *testing.T) {
	c, ok := Find("debian", "12")
	require.True(t, ok)
	for at, want := range map[string]Status{
		"2026-07-11T23:59:59Z": Supported, // the last day is a day of support
		"2026-07-12T00:00:00Z": Extended,
		"2028-06-30T12:00:00Z": Extended,
		"2028-07-01T00:00:00Z": Ended,
	} {
		tm, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		assert.Equal(t, want, c.Status(tm), at)
	}
	assert.Equal(t, Unknown, Cycle{}.Status(time.Now()))
}

func TestParseErrors(t *testing.T) {
	const heads = "x\n"
	product := "p\tP\tsupport\t\t\t\thttps://example.com\tnowhere\t2026-01-01\n"
	for want, in := range map[string][2]string{
		"products.tsv: line 2: 1 fields instead of 9":  {heads + "p\n", heads},
		"cycles.tsv: line 2: unknown product \"q\"":    {heads + product, heads + "q\t1\t\t\t\t\t\n"},
		"cycles.tsv: line 3: 2 fields instead of 7":    {heads + product, heads + "# note\np\t1\n"},
		"cycles.tsv: line 2: parsing time \"next year": {heads + product, heads + "p\t1\t\t\t\tnext year\t\n"},
	} {
		_, err := parse(in[0], in[1])
		assert.ErrorContains(t, err, want)
	}
}

func ExampleOf() {
	c, ok := Of(ancestry.Distro{ID: "debian", VersionID: "12"})
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	fmt.Println(c, ok, c.Status(at), c.Product.Extended, "until", c.Extended.Format(time.DateOnly))
	// Output: Debian 12 (bookworm) true extended LTS until 2028-06-30
}

// Before its release, Debian's testing and unstable have its code name, and Alpine's
// edge its version.
func TestOfUnreleased(t *testing.T) {
	for _, d := range []ancestry.Distro{
		{ID: "debian", Codename: "bookworm", PrettyName: "Debian GNU/Linux bookworm/sid"},
		{ID: "alpine", VersionID: "3.13.0_alpha20200917", PrettyName: "Alpine Linux edge"},
	} {
		_, ok := Of(d)
		assert.False(t, ok, d.PrettyName)
	}
	c, ok := Of(ancestry.Distro{ID: "debian", Codename: "bookworm"})
	assert.True(t, ok)
	assert.Equal(t, "12", c.Name)
}
