// Package sbom has what the formats of bills of materials share: how an image, an
// ancestor and a package are named and told apart, package URLs of images, licences.
package sbom
