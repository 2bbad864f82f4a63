// Package graph draws the chain of an image's ancestors for a README or a slide, as text from
// which others make a picture: [WriteMermaid] for GitHub, GitLab and all that reads Mermaid,
// [WriteDOT] for Graphviz.
//
// Both draw the same: a box for each ancestor, the image itself on top, and an arrow to what it
// is built on. A box has the name, how sure it is and when it was built, its bytes as stored and its
// packages, what became of its tag if a registry was asked, and its findings by severity. What is not known is said. An ancestor whose name is inferred or
// unknown has a dashed border. No more than [Most] boxes are drawn: of a longer chain the ones in the middle
// are left out, and a box says how many they are.
//
// Text from the image is put on one line, cut after a hundred bytes, and escaped as the format
// wants it: it can neither end its label nor be read as markup, and commands of the format in it do
// nothing. README.md, beside this file, shows both on GitHub.
package graph
