// Package publishers makes catalogues of images that are not Docker Official Images
// and whose publishers keep their Dockerfiles, and what was built from them, in public git
// repositories.
//
// # Adding a publisher
//
// A [Publisher] is a row of the table in table.go. It names a git repository, and says of
// which files the images are built:
//
//	{
//		Repository: "nginxinc/docker-nginx-unprivileged",
//		Files: []File{{
//			Path: `(?P<line>mainline|stable)/(?P<variant>alpine|alpine-slim)/Dockerfile`,
//			Name: "nginxinc/nginx-unprivileged",
//			Tags: []string{"${NGINX_VERSION}-${variant}", "${line}-${variant}"},
//		}},
//	},
//
// Path is a regular expression that the whole path matches. Name and Tags may use its
// groups, the values that the Dockerfile gives to variables with ENV, ARG and LABEL, and
// FROM_TAG, the tag of its FROM. A tag is left out if one of its variables has no value.
// Every revision of every such file on the main branch becomes a recipe, with the days on
// which the file was so. Nothing else is needed where tags are a matter of the Dockerfile.
//
// Three questions decide whether a row is right:
//
//   - Of which revisions are images built, and as they are? Those that are built at a release
//     have Release, an expression for git tags. Build arguments that the publisher's own
//     builds set go into Args; those that differ from build to build, and are part of an
//     ENV or a LABEL, into Varies. If a program puts steps after it (devcontainers), the
//     recipe ends where no published image ends: leave such out.
//   - Is it an official image, too? Those of corretto/corretto-docker and adoptium/containers
//     are (amazoncorretto, eclipse-temurin): the genealogy has them.
//   - Did it have the name all the time? Since and Until bound the days.
//
// The next best is what the image says itself: devcontainers/images, containerbase/base and
// pypa/manylinux are rows of package ancestry's own table. Labels tell the first two to the
// tag. Of manylinux a variable tells the platform; the day and the commit in its tags are
// nowhere in the image. LinuxServer's applications get no name: their labels say which image it
// is, and nothing says where it ends, so that whatever is built on it would have the name, too.
// The tag of microsoft/playwright is left out: images of every revision are built of the same
// file, and only some of them have the version's tag.
//
// A publisher who says in another way what was built gets Read, a function in a Go file of
// its own: dotnet.go reads Microsoft's image-info files, with the digests of images, bases
// and layers.
//
// Then add a case to the test of chains: a history as the recipe's builder records it, or,
// better, one that was published.
//
// # What is known by bytes
//
// Of an image of which the digests of its stored layers are published, a catalogue holds
// these, beside the recipe. They name it for sure where a registry's manifest is at hand.
// Options.Since leaves out what was built earlier: that keeps a file small, and recipes name
// the older ones.
//
// docker-library/repo-info lists the layers of official images, and docker-library/meta and the
// histories of devcontainers/images the digests of manifests or indices, with tags, and nothing
// else: with such a digest a catalogue gives tags to an ancestor whose digest the
// image, an attestation or its builder states (ancestry.Digester). All three are large, and
// read only by who has a clone and asks with Options.Only.
package publishers
