// Package report joins what the other packages know of an image, by layer index:
// [New] makes a [Report] of an index, a lineage and an inventory. It reads nothing
// itself; stemma.Analyze, in the root package, makes all of them from an image.
//
// # Rules and findings
//
// A [Rule] is a value: a name, a paragraph, and a function that looks at a report
// and returns findings. Those that ship with this module are in package
// report/rules; append your own to Options.Rules. Each [Finding] names the layer
// and the ancestor that are to blame, the bytes that it is about, and the remedy
// that fits: what is inherited is mended otherwise than what one's own Dockerfile
// does.
//
// # What is not known
//
// It is a value of its own, and never one that reads as good:
//
//   - A build date: [Report.Built] gives the zero Time and the reason. Ancestor.Created is
//     what the history says; that may be a date of the builder's choice. No age, rule or
//     policy rests on it.
//   - A standing: Ancestor.Standing is nil if no catalogue that follows tags names the
//     ancestor; its NotKnown says which parts of it are not known, and why.
//   - What registries say: Ancestor.Live is nil if none was asked, as by default; its State
//     may be "not known", and Why says why.
//   - A name: Repository is "", Tags are empty, and Confidence is ancestry.Unknown. Names
//     for which the evidence is as good are in Ties.
//   - A distribution: Distro.ID is "". How long one is maintained: lifecycle.Of gives
//     false, or a Cycle whose Status is lifecycle.Unknown.
//   - Layers: Index is nil, and all sizes are 0. Where some could not be read, Partial is
//     true, and sizes and counts are the least that there can be.
//   - Packages: [Report.PackagesKnown] is false, and all counts are 0.
//   - An image that files were copied from: it is not among Donors. No Donors does not mean
//     that nothing was copied: builders do not record it, and files tell only whole runtimes.
//   - Vulnerabilities: Report.Vulnerabilities is nil if no scanner's report was read. One whose
//     package or ancestor is not known has -1 there, and says why; one that no scanner rates
//     is [Unrated].
//   - What is in files: Files is nil. stemma.Analyze fills it; whoever reads the layers
//     himself asks for it with [Files.Wants].
//   - How far fixes have come, and what is outdated: Patches is nil; a Trace's State is
//     PatchNotKnown, and its Why says what is missing; an Act has Perhaps beside Releases.
//   - A layer, step or ancestor to blame: layers.None, or -1.
//   - A digest: the zero Hash.
//
// Where a rule cannot tell because of that, the rule unknown of package report/rules
// says so, and Finding.Undecided names the rule that cannot.
//
// # What can be done with a report
//
//   - report/vulns adds what vulnerability scanners found to it;
//   - report/text writes it for people;
//   - report/json writes it for programs, and describes every field, in a JSON Schema, too;
//   - report/cyclonedx and report/spdx write it as a bill of materials;
//   - report/sarif writes it for GitHub's code-scanning page;
//   - report/patch traces how far the fixes of its vulnerabilities have come;
//   - report/diff compares it with another's;
//   - report/rebase plans to put its own layers on today's base;
//   - report/markdown writes either for a pull request;
//   - report/graph draws its chain, for Mermaid and Graphviz;
//   - report/html writes it as a page for a browser;
//   - report/policy decides whether the image may pass, and gives findings the levels that
//     an organisation has agreed upon;
//   - report/junit writes what a policy checked, for those who show tests;
//   - report/reporttest asserts on it in Go tests; report/imagetest opens the image, too;
//   - report/progress shows, meanwhile, how far the reading is;
//   - report/lifecycle knows until when distributions and runtimes are
//     maintained.
package report
