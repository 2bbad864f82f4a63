// Package source opens the container image that a reference names: a file, a
// directory, a registry's image or one of a Docker daemon.
//
//	img, err := source.Open(ctx, "app.tar", nil)
//
// The result is a [v1.Image] of go-containerregistry. A program that already has one
// does not need this package, nor the registry and daemon clients in it.
//
// # References
//
// A scheme says where an image is:
//
//	docker-archive:PATH[:TAG]   a tar of docker save, Podman, skopeo, Kaniko, Bazel
//	oci:PATH[:TAG]              a directory in OCI image layout
//	oci-archive:PATH[:TAG]      a tar of an OCI image layout
//	registry:REF                a registry's image
//	docker:REF                  an image of the Docker daemon
//
// Each PATH may also end in @sha256:…, the digest of a manifest, of an index or (in a
// docker-archive) of a config. TAG is a whole name such as python:3.13, or only its
// tag. A path may contain colons: the longest one that exists is taken.
//
// Without a scheme, a path that exists is recognised by its content: a directory or
// tar with an index.json is an OCI layout, a tar with a manifest.json is a
// docker-archive. A reference that neither exists nor is written like a path (/…,
// ./…, ….tar) is that of a registry, by default docker.io.
//
// A scheme is always taken as one: registry:2 is the image "2", and the image
// registry:2 is written registry:registry:2. A path that exists is taken before a
// registry: if there is a directory called nginx, the registry's image is written
// registry:nginx. What could be a scheme, or a host with its port, such as
// registry:5000/app, is refused; the error says how to write either.
//
// A name must be legal for registries and for clients, and its short form must not be
// the name of another image. Open refuses docker.io/quay.io/x, and ignores such names
// in an archive.
//
// # Archives
//
// The headers of a tar are read once, and its members are then read in place. Nothing
// is unpacked, and memory grows with the number of members, not with their size. Links
// are followed inside the archive only. A tar that is compressed as a whole cannot be
// read in place; it is refused, and the error says how to decompress it.
//
// An archive of Docker 25 or later is both a docker-archive and an OCI layout. The
// layout is preferred, because only it has a manifest, with annotations and digests.
// Names are taken from manifest.json, too, since index.json may have only their tags.
// If the layout cannot give the image, manifest.json is used.
//
// An archive that breaks off is opened if its manifest and its config can be read.
// [Image.Damage] then says what is wrong with it, and a layer that was cut gives an
// error when it is read.
//
// # Layers
//
// Every layer of an [Image] is a [layers.Stored]: it gives its blob as the image holds
// it, and the digest that the manifest claims. A docker-archive has no manifest, so
// nothing claims a digest there. The methods of [v1.Image] and [v1.Layer] that need one
// (Digest, Manifest, …) then describe the blobs as they are stored. The first call of
// one of them reads every layer once. Nothing is ever compressed.
//
// Manifests and configs are verified here. Layers are not: their readers have the
// claims of manifest and config to compare with, also where a layer was downloaded in
// parts.
//
// # Registries
//
// To open an image takes two requests: one for its manifest, one for its config. One
// more comes before them, and another one if the registry wants a token (on the
// loopback interface, HTTPS is tried at the same time as plain HTTP). An index takes
// one more request, and two more for each image whose platform the index does not
// name. Redirects are not counted. To tell the chain of ancestors from the config needs
// no other request.
//
// A layer is one request. It is sent by the first Read of what [layers.Stored] opens.
// Nothing is stored, and layers that are read at the same time are downloaded at the
// same time. A download that breaks off, stalls or is refused for the moment is
// continued at the byte that it had come to, by a range request. That request goes to
// the registry again, so that neither its token nor the address of a redirect is too
// old. If a registry does not give ranges, it is asked for the whole blob, and the
// bytes that had already come are skipped. [Options.Attempts] and [Options.IdleTimeout]
// say how often and after how long. If that is not enough, the Read fails, for this
// layer only.
//
// A registry that takes the connection and then says nothing is given up after
// [Options.AnswerTimeout], 30 seconds, and is not asked again. [Options.Waiting] is told
// what is waited for.
//
// Where no more than the beginning of a layer is read (see [layers.Begun]), the first
// request is for 512 KiB, and a second one for the rest of what may be read.
//
// When the context that was given to [Open] ends, all of this ends at once. To end a
// single download, close it.
//
// # What else a registry has
//
// [OpenArtifact] opens what is no image, and [PushArtifact] publishes such. [OpenRepository]
// lists the tags of a repository and opens what they point to; [ListRepositories] lists the
// repositories of a registry. What is below of trust holds for these, too.
//
// [Documents] reads single manifests and configurations of any registry, and what refers to
// an image. It is for package ancestry/live; Open does not use it.
//
// # Trust
//
// An image is hostile input. What is read into memory is bounded by [Limits]. A digest
// is checked before it becomes part of a path. Symbolic links of a layout directory are
// not followed out of it unless [Options.FollowLinks] says so. Plain HTTP is used on
// the loopback interface only, unless [Options.Insecure] says otherwise; that holds for
// token servers and redirects, too. A redirect from elsewhere to an address of the local
// network is refused, unless [Options.LocalRedirects] names its host.
package source
