// Package source opens the container image that a reference names: a file, a
// directory, a registry's image or one of a Docker daemon.
//
//	img, err := source.Open(ctx, "app.tar", nil)
//
// It gives a go-containerregistry [v1.Image], so a program that already has one
// needs nothing of this package, and pays for no registry or daemon client.
//
// # References
//
// A scheme says outright where an image lies:
//
//	docker-archive:PATH[:TAG]   a tar of docker save, Podman, skopeo, Kaniko, Bazel
//	oci:PATH[:TAG]              a directory in OCI image layout
//	oci-archive:PATH[:TAG]      a tar of an OCI image layout
//	registry:REF                a registry's image
//	docker:REF                  an image of the Docker daemon
//
// Each PATH may also end in @sha256:…, the digest of a manifest, or of an index
// or (docker-archive) of a config. TAG is a whole name such as python:3.13, or
// its tag alone. The longest existing path wins, so a path may hold colons.
//
// Without a scheme, a path that exists is recognised by its content: index.json
// makes a directory or tar an OCI layout, manifest.json a tar a docker-archive.
// Whatever neither exists nor is written like a path (/…, ./…, ….tar) is a
// registry reference, docker.io being the default. A scheme always wins:
// registry:2 is the image "2", and the image registry:2 is registry:registry:2.
// So does an existing path: with a directory called nginx at hand, the
// registry's image is registry:nginx. What reads as a scheme or as a host and its
// port, such as registry:5000/app, is refused, and the error says how to write
// either.
//
// A name must be one to registries and clients alike, and in its short form no
// other image's: docker.io/quay.io/x is refused, and passed over in an archive.
//
// # Archives
//
// A tar is indexed once, by its headers, and its members are then read in place:
// nothing is unpacked, and memory grows with the number of members, never with
// their size. Links are followed inside the archive only. A tar that is itself
// compressed cannot be read in place and is refused with a line that says so.
//
// An archive of Docker 25 or later is docker-archive and OCI layout in one. The
// layout is preferred: it alone has a manifest, with annotations and digests.
// The names come from manifest.json too, since index.json may hold bare tags
// only. Where the layout cannot give an image, manifest.json is taken.
//
// An archive that breaks off is opened as long as its manifest and config can be
// read; [Image.Damage] tells of it, and a layer that was cut gives its error
// when it is read.
//
// # Layers
//
// Every layer of an [Image] is a [StoredLayer]: its blob as the image holds it,
// and the digest that a manifest claims for it. A docker-archive has no manifest,
// so nothing claims a digest there. The methods of [v1.Image] and [v1.Layer] that
// need one (Digest, Manifest, …) then describe the blobs as they are stored, and
// read every layer once, when they are first called; nothing is ever compressed.
//
// Bytes are not verified here, manifests and configs excepted: whoever reads a
// layer has the claims of manifest and config to compare with. A registry's layer
// that was downloaded in parts is no exception.
//
// # Registries
//
// To open an image takes two requests: for its manifest and for its config. Before
// them the registry is greeted, which takes one request, and one more for a token
// if it wants one (on the loopback interface HTTPS is tried at the same time as
// plain HTTP). An index costs one request more, and one for the manifest and one
// for the config of each image whose platform the index does not tell. Redirects
// are not counted. That is all for a chain told from the config alone.
//
// A layer is one request, made at the first Read of what [StoredLayer] opens. It
// streams: nothing is stored, and layers that are read at the same time are
// downloaded at the same time. Where a download breaks off, stalls or is refused
// for the moment it is taken up again at that byte, by a range request that goes
// through the registry anew, so that neither a token nor the address of a redirect
// can be too old. A registry that does not give ranges is asked for all of it, and
// what had come before is skipped. [Options.Attempts] and [Options.IdleTimeout] say how
// often and after how long; then the Read fails, for this layer alone.
//
// The context given to [Open] ends all of this at once, and so does closing what a
// layer is read from.
//
// # Trust
//
// An image is hostile input. What is read whole into memory is limited by
// [Limits]; a digest is checked before a path is made of it; a layout directory's
// symbolic links are not followed out of it unless asked for. A registry is
// spoken to in plain HTTP on the loopback interface only, unless
// [Options.Insecure] says otherwise; this holds for the registry's token server
// and redirects too.
package source
