// Package text writes a report for people: on one screen, what the image stands on and
// what to do first; or the whole tree.
//
// [Write] writes a report, [WriteRules] what the rules look for.
//
// # The first screen
//
// It has, from top to bottom:
//
//   - what was read: reference, platform, digest, sizes, and the day for which ages are told;
//   - the chain as a table, the image itself first and its root last: the name and how sure it
//     is, build date and age, bytes unpacked, packages that are still there, findings by
//     severity (✗ serious, ▲ warning, • note). "1 of 3 names" says that the evidence is as good
//     for others, "disputed" that some is against the name;
//   - with a package index, the outdated packages of each ancestor;
//   - what to do first: up to seven of [report.Report.Remedies], the most effective first. Below
//     each stands what it saves and mends, and who can do it;
//   - the rules for which too little is known, up to three problems, and what is not shown.
//     What is not known is no remedy: it is told there.
//
// Where the terminal is too narrow for the table, names stand above their rows, and below 56
// columns or so the rows become sentences.
//
// Where vulnerabilities were traced, what brings or holds the most fixes comes before the
// other remedies.
//
// # The whole tree
//
// It is written with Options.Verbose or Options.Steps. The head has the reference, the platform, the manifest's digest, the sizes and
// the day for which ages are told. Every ancestor follows with a name; how sure the name
// is, in the words of package ancestry; build date and age; layers (bottom is 0)
// and bytes, as stored and unpacked; its packages that are still there, then +introduced,
// ~upgraded and -removed; the one piece of evidence that decides its name, and the
// strongest against (all of them with Options.Verbose); other names for which the evidence
// is as good, and what would decide ("full or slim: read the layers to tell"). A date that is
// none of a build is shown with the reason. Findings stand below the
// ancestor that brought what they are about, the most severe first, each with its remedy
// after an arrow. Then come findings about nobody in particular, problems, and a
// line of totals.
//
// # What is not known
//
// It is said so, in both; a number that is the least that there can be has "at least" or ≥
// before it.
//
// # Bytes
//
// Sizes are decimal, as docker image ls and registries print them: 1 MB is
// 1,000,000 bytes.
//
// # Terminals and pipes
//
// Colours are the sixteen that every terminal has, and what they mean is always written, too. There are none
// where NO_COLOR is set; nor, unless CLICOLOR_FORCE is, where TERM is dumb or the
// output is no terminal. Lines are wrapped at the width of the terminal, 80 columns where
// there is none. Where the locale names another character set than UTF-8, or TERM is
// dumb, everything is ASCII.
//
// # Hostile strings
//
// Names, commands, paths and labels come from the image. Control characters,
// escape sequences, direction overrides and invalid UTF-8 in them are written as
// escapes, such as \x1b, and can't reach the terminal.
package text
