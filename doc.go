// Package stemma is the root of a library that draws the family tree of a
// container image: which images it descends from, what each of them put into it,
// how old and how fit each of them is, and what to do about it. All of it is told
// from the image alone.
//
// There is no code here; the library is in the packages below:
//
//   - [github.com/stemma-go/stemma/layers/source] opens an image by its reference;
//   - [github.com/stemma-go/stemma/layers] reads it once and tells what each layer did;
//   - [github.com/stemma-go/stemma/ancestry] tells its chain of parents;
//   - [github.com/stemma-go/stemma/packages] tells the life of every package in it;
//   - [github.com/stemma-go/stemma/report] joins the three and judges.
//
// Whoever needs one of them pays for that one: layers and ancestry are small, and
// Syft, which is not, is imported by packages alone.
package stemma
