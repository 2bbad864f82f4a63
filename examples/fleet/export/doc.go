// Package export writes tables as files for other programs: Parquet, CSV, JSON Lines. [Tables] are
// those of a fleet's database; whatever yields rows can be written.
//
// [Write] takes a table's rows one by one, and holds no more of them than a batch, or a row group
// of Parquet: 100 MB for the widest table. [WriteFile] makes a file of them, which is there in
// full or not at all.
//
// # What is what
//
// A column has one [Kind], and is null only where its table says so: null is not known. Files have
// the columns in their order, under their names; a file's schema changes only by new columns at
// the end.
//
// Text comes from images, and may be anything. Bytes that are no UTF-8 become U+FFFD in every
// format. JSON escapes control characters and markup; in Parquet text is bytes, and needs no
// escape. In CSV text is on one line, what a terminal would act upon is escaped as
// layers/printable does it, and what a spreadsheet would take for a formula has an apostrophe
// before it: text that begins, after white space, with =, +, -, @ or one of their full-width
// forms. So has text that begins with an apostrophe: one taken off gives the text back in any
// case.
package export
