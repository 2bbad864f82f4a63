// Package html writes a report as a page for a browser: one file, which needs no
// network, no server and no other file.
//
//	f, err := os.Create("report.html")
//	…
//	err = html.Write(f, r)
//
// # What is where
//
// The first screen has, in this order: what was read; the chain; what to do first, which
// are Report.Remedies. Below are the life of the chain's images in time, what is in them,
// the findings, each ancestor with all that is known of it, and the problems. Evidence,
// steps and long lists are folded; a browser without JavaScript unfolds them, too.
//
// # The pictures
//
// They are SVG that this package draws, inside the page. An ancestor has one colour in all
// of them; the image itself has the warm one.
//
//   - The stack: the root at the bottom. The height of an ancestor is the bytes that it
//     added, its width the time since it was built, so that what is old is wide.
//   - The timeline: for each ancestor when it was built, since when newer builds of it and
//     of its base exist, when its tags were given up, and until when its operating system or
//     runtime is maintained. It is drawn solid while no newer build existed, thin from then
//     on, and dotted where nobody knows.
//   - The map of packages: an area for each package, in its ancestor's. Packages that
//     are too small to be seen are one area, with their number. What no package owns and the
//     package databases are areas, too, so that all of them together are the bytes of
//     all files in all layers. Hatched is what is shipped and never seen.
//
// Each is said in words as well, beside it. What is not known is drawn as that: hatched, or
// dotted, never as zero.
//
// # Bytes
//
// Sizes are decimal: 1 MB is 1,000,000 bytes. In the stack and the map they are those of
// regular files, unpacked. Findings and remedies count the same bytes.
//
// # Without JavaScript, on paper, on a phone
//
// The page's script does two things: it filters the findings by ancestor, by severity
// and by who can mend them, and it unfolds all before the page is printed. Everything can be read
// without it. The page is as wide as the window, from 320 pixels on. It is dark where the
// system is. It is made for screen readers and the keyboard: headings in order, tables with
// row and column heads, pictures with a description, contrasts of WCAG 2.2 AA.
//
// # Size
//
// Lists end: after 500 packages, 1,000 findings, 500 steps of an ancestor, 100 items of a finding,
// 200 problems; the page says how many more there are. Texts are cut after 5,000
// characters, names in headings and tables after 200. package json leaves nothing out.
//
// # Hostile strings
//
// Names, commands, paths and labels come from the image. Markup in them is text
// (package html/template escapes it). Control characters, direction overrides and invalid UTF-8 are
// shown as escapes, such as \u202e; what is written from right to left does not change the order of
// the text around it. The page's content security policy forbids every request and every
// style and script but its own two, which it names by their hashes.
package html
