// Package artifact publishes catalogues in registries, fetches them, and keeps the newest
// in the user's cache directory.
//
//	f, err := artifact.Fetch(ctx, artifact.Genealogy, nil)
//	if err != nil {
//		return err
//	}
//	opts := &stemma.Options{Catalogues: []ancestry.Source{f.All()}, NoGenealogy: true}
//
// A catalogue that ships in a program is as old as the program. A fetched one is as old as
// the publisher's last run. Nothing is fetched unless Fetch is called, and
// [Options.Offline] keeps Fetch from asking anybody.
//
// # What is published
//
// A catalogue is an OCI artifact: an image manifest whose artifactType is [MediaType], with
// an empty config and one layer of the same type, which is the catalogue file. Its
// annotations say what it is without reading it:
//
//	org.opencontainers.image.created       the catalogue's day, 2026-08-21T00:00:00Z
//	org.opencontainers.image.revision      the commit that it was made from, if it was from one
//	io.github.stemma-go.catalogue.source   what it was made from
//	io.github.stemma-go.catalogue.size     bytes of the file
//	org.opencontainers.image.title         of the layer: the name under which oras pull saves it
//
// Further layers of the type are parts: catalogues of other publishers, each with its name as
// title, its day and its source. A reader that wants one catalogue takes the first layer.
//
// The same file gives the same manifest. The tag of a catalogue that is renewed is the
// version of its format, [FormatVersion]: a program asks for a file that it can read.
//
// # What is trusted
//
// The manifest is compared with the digest of the reference, if that has one, and the file
// with the digest in the manifest. The annotations have to agree with the file. Nobody
// vouches for the publisher unless [Options.Verify] does: it is called with the manifest's
// digest before the file is fetched. What was kept without it is not used where it is given.
// A reference with a digest, registry.example.com/bases@sha256:…, needs no more trust than
// whoever wrote it down.
//
// A registry is hostile input. The file is read up to [Options.MaxSize] bytes, whatever the
// manifest says, and all requests together may take [Options.Timeout]. Redirects and
// credentials are restricted as in package layers/source: credentials go to their own
// registry alone. A catalogue that is older than the one that is kept does not replace it, and
// one that is dated more than a day in the future is refused.
//
// # What is kept
//
// Below [Options.Dir], for each reference, a record (what, when, from where) and the file,
// named by its digest. Both are written beside and renamed: whoever is interrupted leaves
// what was there before. One process at a time fetches; another one that waited uses what
// came. A file that is kept with the same digest is not fetched again: of an artifact with parts,
// those that changed are. The file is compared with its digest each time, and fetched again if it is damaged.
// Where the directory can't be written, Fetch works without it, and [Fetched.NotKept] says
// so. A directory to which others can write is not used. Nothing is written outside of it,
// wherever links in it lead.
//
// # Where it fails
//
// A registry that cannot be reached, or that gives something else than a catalogue, costs
// the update alone: Fetch returns what is kept, and [Fetched.NotUpdated] says why there is
// nothing newer. It is an error if nothing is kept.
package artifact
