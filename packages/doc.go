// Package packages lists the packages installed in an image and tells the life of
// each: which layer introduced it, upgraded it, removed it, and which bytes it
// ships.
//
// The parsers are Syft's catalogers, all that Syft runs on an image, behind this
// package's own file resolver: no layer is read a second time, and the image is
// never unpacked. Of the finished image, the set of packages (type, name, version,
// package URL) is the one of Syft's squashed scan; a test compares the two.
//
// # How a package gets its layer
//
// A package database (dpkg's status, apk's installed, rpm's rpmdb) is one file
// that every layer that installs anything rewrites whole. So each version of it
// is parsed once and compared with the version before: what is new was introduced
// there, what is gone was removed there, what changed its version was upgraded
// or downgraded there. A package that a layer removes and a later one installs
// again is introduced, removed and reinstalled, by three layers.
//
// Packages of languages live in files of their own (package.json, METADATA, jars,
// Go binaries). Their layer is that of the file; a layer that only copies the file
// up with other metadata (chown -R) changes nothing in their life.
//
// A layer that deletes the database, or empties it, has not removed the packages:
// their files may still be there, and nothing lists them. Such packages are
// [Unlisted] by that layer, and [Hidden] from then on; those of a root inside the
// image (a chroot) that is deleted as a whole are removed. A dpkg package that was
// removed with its configuration files kept ("config-files") is removed.
//
// A database or file that can't be parsed, or that the pass did not read or keep,
// says nothing about its packages: those that were there before stay as they were,
// and the inventory's Problems, or the index's, name the layer and the file. What such
// a layer did shows, if at all, in the next layer whose version can be read. A jar that
// unpacks to far more than its size, or into thousands of archives, is not parsed.
//
// # Two steps
//
// A [Collector] brings the wants that [layers.Read] needs to keep what the
// parsers will read; after the pass, [Collector.Attribute] gives the
// [Inventory]:
//
//	c := scan.NewCollector(nil)
//	idx, err := layers.Read(ctx, img, &layers.Options{Wants: c.Wants()})
//	inv, err := c.Attribute(ctx, idx)
//
// [Read] does both.
//
// Small files that are read with their neighbours are kept during the pass;
// executables, jars and everything else that speaks for itself are judged in the
// pass, one file at a time, and no byte of them is kept. Nothing is written to
// disk, but for what four of Syft's parsers can't do without: a jar, an rpm or Nix
// database, a compressed kernel module and a UPX-packed program are copied to a
// temporary file while they are parsed, in [os.TempDir]. Of .NET assemblies, what their
// parser reads is kept, 512 MiB at most.
//
// # Keys
//
// A package is identified by type, name and architecture, and for language
// packages by the place it is installed in: two copies of lodash under two
// node_modules are two packages, as
// are libc6:amd64 and libc6:i386. Versions include the epoch. Where a place may
// hold several versions at once (gems, kernels), each is a package; an upgrade is
// told where one of them goes and another comes in the same layer.
//
// # Bytes
//
// A package owns the files that its package system says it owns: dpkg's list, the
// file lists of apk and rpm, RECORD, the directory of a package.json without the
// packages below, a gem's directory; otherwise the file it was found in. Links
// among the directories of a list are followed, as after usr-merge, and lists of a root
// inside the image name files of that root. Where a layer has hard links to a file, the
// bytes are of who owns one of the names that are still seen. Every content byte of every layer
// is counted once, for one package, the package databases, or nobody: Packages +
// Unowned + Metadata of [LayerBytes] is the layer's Content.
//
// Where two packages claim a file, the distribution's goes first: Debian's
// python3-six ships the Python package six, and it is python3-six that a user can
// install or remove to bring or drop those bytes; six has Owner "python3-six" and no
// bytes. Several packages in one file (a jar of jars, the modules of a Go binary)
// give their bytes to the outermost; the others say so in Bundled.
package packages
