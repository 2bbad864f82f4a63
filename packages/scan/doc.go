// Package scan finds the packages of an image and tells which layer introduced, upgraded
// or removed each of them, and which bytes it ships. The result is a
// [packages.Inventory]; package packages explains its words.
//
// The parsers are Syft's catalogers, all that Syft runs on an image. They run on this
// package's own file resolver: no layer is read a second time, and the image is
// never unpacked. The packages of the finished image (type, name, version, package URL) are
// the same as those of Syft's squashed scan; a test compares the two.
//
// # Two steps
//
// [Read] does everything. A program that reads the layers anyway takes a [Collector]. It
// brings the wants with which [layers.Read] keeps what the parsers need; after
// the pass, [Collector.Attribute] gives the inventory:
//
//	c := scan.NewCollector(nil)
//	idx, err := layers.Read(ctx, img, &layers.Options{Wants: c.Wants()})
//	inv, err := c.Attribute(ctx, idx)
//
// Small files that a parser reads together with others are kept during the pass.
// Executables, jars and all other files that are parsed by themselves are parsed in the
// pass, one at a time, and no byte of them is kept. Of .NET assemblies, what their
// parser reads is kept, 512 MiB at most.
//
// Nothing is written to disk, with one exception: four of Syft's parsers need a file. A jar, an
// rpm or Nix database, a compressed kernel module and a UPX-packed program are copied to a
// temporary file in [os.TempDir] while they are parsed, and so is the log of SQLite beside
// a database, whose changes SQLite moves into it.
//
// # Licences and CPEs
//
// Names of licences are taken from the packages' metadata, as Syft reads it, and of
// Debian's packages from machine-readable copyright files. Texts of licences are not read:
// to tell a licence from its text takes more time than all the rest. Vulnerability
// databases know programs by CPEs; Syft makes them up from a package's other fields, which
// [Options].CPEs asks for.
//
// # How a package gets its layer
//
// A package database (dpkg's status, apk's installed, rpm's rpmdb) is one file
// that every layer that installs anything rewrites whole. So each version of it
// is parsed once and compared with the version before. What is new was introduced
// there, what is gone was removed there, what has another version was upgraded
// or downgraded there. A package that one layer removes and a later one installs
// again is introduced, removed and reinstalled, by three layers.
//
// Packages of languages live in files of their own (package.json, METADATA, jars,
// Go binaries). Their layer is that of the file. A layer that only changes the file's
// owner or mode (chown -R) changes nothing in their life.
//
// A layer that deletes the database, or empties it, has not removed the packages:
// their files may still be there. Such packages are [packages.Unlisted] by that layer, and
// [packages.Hidden] from then on. When a whole root inside the image (a chroot) is deleted, its
// packages are removed. A dpkg package that was removed with its configuration files kept
// ("config-files") is removed.
//
// # What cannot be read
//
// A database or file that cannot be parsed, or that the pass did not read or keep,
// says nothing about its packages: those that were there before stay as they were. The
// inventory's Problems, or the index's, name the layer and the file. What such
// a layer did shows, if at all, in the next layer whose version can be read. A cataloger that
// panics is such a problem: it names the cataloger and where it panicked, and what others find
// stays. A jar that unpacks to far more than its size, or into thousands of archives, is not parsed.
//
// # Whose file it is
//
// A package owns the files that its package system says it owns: dpkg's list, the
// file lists of apk and rpm, RECORD, the directory of a package.json without the
// packages below, a gem's directory. Other packages own the file that they were found in. Symbolic
// links among the directories of a list are followed, as after usr-merge. Lists of a root
// inside the image name files of that root. The bytes of a file with several hard links belong
// to the package that owns one of the names that are still visible.
package scan
