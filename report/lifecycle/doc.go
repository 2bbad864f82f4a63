// Package lifecycle knows until when operating systems and language runtimes are
// maintained.
//
// # The data
//
// It is two tables of tab-separated values that ship in the module.
//
// products.tsv has a line for each product, with these columns:
//
//   - its id and its title;
//   - what the date called end of life ends: "regular security support", "standard support";
//   - the name of the extended support after it, and whether everybody gets it
//     free of charge;
//   - whether it is rolling, that is, has no cycles at all;
//   - the publisher's own page about it;
//   - where the dates were read: "endoflife.date" is the public data of
//     github.com/endoflife-date/endoflife.date, "distro-info-data" the package in
//     which Debian and Ubuntu publish theirs;
//   - the day of that data.
//
// cycles.tsv has a line for each release cycle: product, cycle, code name, and four
// dates, each of which may be missing where its publisher has set none:
//
//	released   general availability
//	support    end of active support: from then on security fixes only
//	eol        end of life: from then on no fixes for everybody
//	extended   end of the extended support that products.tsv names
//
// A date is the last day of support. Dates in the future are what the publisher had
// announced on the day of the data, and may change.
//
// Operating systems that the tables do not have may say themselves until when they are
// supported, by SUPPORT_END of os-release(5). [Of] reads that, too, and says so: ReadFrom
// is [OSRelease].
//
// # Unknown stays unknown
//
// A version that no cycle fits gives no Cycle; a cycle without an end-of-life
// date never ends. Nothing is derived from neighbours.
package lifecycle
