// Package chain tells an image's chain of ancestors without reading the image.
//
//	img, err := source.Open(ctx, "python:3.13", nil)
//	…
//	rep, err := chain.Of(ctx, img, nil)
//	…
//	return text.Write(os.Stdout, rep, nil)
//
// The configuration names most ancestors. What it leaves open, the files of the lowest
// layer decide: which version of a distribution it is, and which variant. [Of] reads that
// layer from its start, and stops as soon as the files are found. For most roots they are
// below etc/, which is among the first in the archive: within 100 kB of Debian's root of
// 50 MB.
//
// This package compiles the registry client and the genealogy, and no scanner. Package
// stemma, which reads everything, is the other way to a report.
//
// # What it costs
//
// From a registry: the requests of [source.Open] (a first one, and one for a token if the
// registry wants that; the manifest; the configuration), and one for the root, of 512 KiB
// at most. If the files are not in it, one more for the rest of [Options].MaxBytes. An
// image of several platforms has one more manifest. Where a layer is read to its end and
// says nothing of a distribution (an empty one, those of distroless images), the next one
// is read, up to the eighth, as long as MaxBytes is not used up. A registry that sends no
// parts of blobs is asked for the whole one, and the connection is closed on the way.
//
// Archives and layouts are read in place. A Docker daemon exports an image only as a
// whole, so package source has copied all of it before the chain is asked for: nothing is
// saved there but the reading.
//
// # What it does not know
//
// Sizes, packages and files: Report.Index and Report.Inventory are nil.
//
// No layer is verified, since a digest is that of a whole layer. So no name is proved by
// layers: an image that is known by them is recorded, as the configuration says. (The
// image itself may be proved by the digest of its manifest.) The files of the root are
// taken as they come, and only narrow what the history leaves open.
//
// A file that was not seen may be there nevertheless. What rests on the absence of files
// is therefore left open: whether a root that nothing says is slim is the full one, and
// whether the root of a squashed image is a distribution's and nothing else. Where
// MaxBytes are not enough, a Problem says so, and the chain is told from what was found.
package chain
