// Package sample is the project's sample image: a chain of four images, debian, toolchain,
// runtime and app, each built upon the one before by a real builder, and embedded here as
// one OCI layout.
//
// The image is skeletonised. Names, sizes, modes, owners, links, package databases,
// os-release, package metadata and history are those of the image as built; other contents
// are zeros, build dates are moved years apart, and digests and diffIDs are recomputed and
// true. testdata/README.md tells how it was made and what in it is genuine.
//
// The layout is testdata/sample/image, which any tool can open as oci:testdata/sample/image.
package sample
