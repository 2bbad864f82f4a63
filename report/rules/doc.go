// Package rules has the rules that ship with this module: values of
// [report.Rule], each in a file of its own.
//
//	rep, err := stemma.Analyze(ctx, img, &stemma.Options{Rules: rules.All()})
//
// Every finding names the layer, the step and the ancestor that brought what it
// is about. Who that is decides the remedy: what an image inherits is mended by
// another base or another variant of it; what its own steps do is mended in its
// own Dockerfile.
//
// The rules say nothing where they cannot know: a base of unknown release has no
// end of life, a build date at the epoch has no age, a file that nobody can be
// blamed for blames nobody.
package rules
