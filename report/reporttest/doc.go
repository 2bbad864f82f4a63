// Package reporttest has assertions on images for Go tests. A failure says what is
// wrong, shows the evidence (which ancestor, layer and step are to blame), and what to
// do.
//
// Most tests open an image by its reference: package imagetest, beside this one, does
// that, and gives an [Image], whose methods are the assertions:
//
//	func TestImage(t *testing.T) {
//		img := imagetest.Open(t, "registry.example.org/shop/api:2.4.1")
//		img.DescendsFrom("debian:bookworm-slim")
//		img.NoPackage("deb", "gcc*")
//		img.NoFinding(rules.RootUser(), rules.EndOfLife())
//		img.MaxSize(300 << 20)
//	}
//
// This package itself reads nothing, and compiles without a scanner: a program that has
// a report already makes an Image of it with [New].
//
// # Manners
//
// They are those of testify. Each assertion reports what fails by Errorf, and returns
// whether it holds, so that a test can go on or stop:
//
//	if img.HasPackage("npm", "express") { … }
//
// [Image.Require] gives an Image whose assertions end the test when they fail, as
// testify's require does.
//
// An Image is a [report.Report], too: what no assertion asks is plain data.
//
// # What is not known
//
// It fails every assertion that needs it, and the failure says why it is not known. An
// image of which some could not be read may have packages, files and findings that
// nobody saw, so it has none of those that must not be there only if it was read in full.
// Where the evidence is as good for several names, an ancestor may be any of them.
//
// # Rules
//
// Assertions on rules run them: what rules a report was made with does not matter, and
// a rule is a value that the compiler checks, not a name that may be misspelt.
package reporttest
