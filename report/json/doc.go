// Package json writes a report as JSON: one object, which [Write] prints and
// [Decode] reads back as a [Document]. The types and their comments say what each field is.
//
// # Rules
//
// Every field is always there. Lists are never null, only empty. What is not
// known is "" for strings; null for dates, layers, steps and ancestors; 0 for
// numbers: see below. Dates are RFC 3339 in UTC. Digests are
// "sha256:" and 64 hexadecimal digits. Sizes are bytes. Layers, steps and ancestors
// are referred to by index: layer 0 is the bottom one, step 0 the oldest,
// ancestor 0 the youngest, that is the image itself. Strings from the image that
// are not valid UTF-8 have U+FFFD in place of the bytes that are not. The same report
// gives the same output, byte for byte.
//
// schema is the version of the format, now 1. Fields may be added without a new
// version; what is there keeps its name, type and meaning.
//
// # What is not known
//
// A field that is empty for want of knowledge never stands for good news: another says
// whether it is known.
//
//	not known                              shows as
//	layers not read                        known has no "layers"; every size is 0, layers is empty
//	some layers not read to their end      partial is true; sizes and counts are the least that there can be
//	packages not looked for, or none found known has no "packages"; packages is empty, every count 0
//	name of an ancestor                    name is "unknown", confidence "unknown"; or ties has several
//	build date                             built is null, notBuilt says why, whatever created says
//	standing                               standing is null, or its state is "not known"
//	a part of the standing                 notKnown says why; superseded, abandoned or lagging is null
//	standing of what is newer              state is "newer"
//	distribution                           every field of distro is ""
//	until when it is maintained            lifecycle.status is "unknown"
//	no scanner's report was read           known has no "vulnerabilities"; vulnerabilities is empty, every count 0
//	what a vulnerability belongs to        package, layer or ancestor is null, and why says why
//	how bad a vulnerability is             rating is "unknown"
//	digest, diffId, platform, reference    ""
//	what a rule would have to know         a finding of the rule unknown, whose undecided names that rule
//	bytes that a remedy would save         bytes is 0
//	day on which a tag stopped             until is null, and now says what has it
//
// # Schema
//
// schema.json, beside this file, is a JSON Schema (draft 2020-12) of what this version
// writes, made from the types below and their comments. It is strict: every field is
// required, no other is allowed, and where the values are few they are listed. A later
// version of the module may add fields, and values to these lists. So validate a document
// with the schema of the version that wrote it, which is at the address in its $id with the
// version's tag in place of main; and let programs that read documents of other versions
// ignore what they do not know, as [Decode] does. A document with fields of one's own, as
// the Example of [New] makes it, does not obey it.
package json
