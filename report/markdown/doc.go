// Package markdown writes a report, or a comparison of two, as GitHub-flavoured Markdown that fits
// a comment on a pull request.
//
//	err := markdown.Write(w, rep, &markdown.Options{Before: main})
//
// It has, in this order: the chain as a table, the youngest first; what registries said of its
// tags, where they were asked; what vulnerability scanners
// found, by ancestor, where that was read; with Options.Before what
// changed since another image; what to do, most effect first, each thing once, with who can do
// it; and, folded, all findings, vulnerable packages and problems. [WriteDiff] writes the second part alone.
// README.md, beside this file, shows a workflow that posts it, and how GitHub shows it.
//
// # Length
//
// A comment on GitHub may have 65,536 characters. What is written has no more bytes than
// Options.Limit, 65,000 by default: long lists are folded, and where they are too long even for that, the
// rows at their end are left out, and a line says how many.
//
// # Hostile names
//
// A report holds text from the image: names, paths, instructions. Each piece is put on one line, and
// cut after some hundred bytes. Control characters and marks that turn the direction become
// escapes. What Markdown or HTML would read as markup is escaped. What GitHub would act upon all the
// same is put into a code span, where it does not: @mentions, references such as #123 and
// GH-123, URLs, digests that could be commits, :emoji:, $math$. So an image's name can neither call
// people nor leave links on other issues.
package markdown
