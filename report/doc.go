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
// # What can be done with a report
//
//   - report/text writes it for people;
//   - report/json writes it for programs, and describes every field;
//   - report/policy decides whether the image may pass;
//   - report/reporttest asserts on it in Go tests;
//   - report/progress shows, meanwhile, how far the reading is;
//   - report/lifecycle knows until when distributions and runtimes are
//     maintained.
package report
