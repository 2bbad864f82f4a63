// Package packages is the vocabulary for the packages of an image, and the table of
// package ecosystems. It reads nothing: package scan, below it, makes an [Inventory] of
// an image, and costs a scanner. What works with inventories imports this package alone.
//
// # An inventory
//
// An [Inventory] holds all packages that any layer ever had, also those that a later
// layer removed: a [Package] is one package in one place, with its life, its state and
// its bytes. Layers are told by their index, 0 at the bottom.
//
// # Life
//
// A package's life is a list of events, each made by one layer:
//
//   - [Introduced]: no layer below had the package.
//   - [Upgraded], [Downgraded], [Changed]: it has another version than below. Changed
//     stands where the package system defines no order, or the order is not known.
//   - [Removed]: the layer removed it. Its bytes are still shipped by the layers below.
//   - [Reinstalled]: a layer below removed it, this one brought it back.
//   - [Unlisted]: the layer deleted or emptied the database that listed the package. Its
//     files may still be there, but nothing says so.
//
// The state says how it ends: [Present], [Gone] after a removal, [Hidden] after the loss of
// its database.
//
// # Keys
//
// A package is identified by type, name, architecture and place. Type is Syft's name of
// the package type. libc6:amd64 and libc6:i386 are two packages, and so are two copies of
// lodash under two node_modules. The place of a distribution's package is the root that its
// database belongs to: a chroot inside the image is another place. Versions are written as
// the package system writes them, the epoch included. Where a place may hold several versions
// at once (gems, kernels), each version is a package. If a layer takes one of them away and
// brings another, that is an upgrade.
//
// # Bytes
//
// All bytes are content bytes of regular files, not compressed. Every such byte of every
// layer is counted once, for one package, for the package databases, or for nobody:
// Packages + Metadata + Unowned of [LayerBytes] is the content of the layer. Of a package,
// Visible bytes are seen in the finished image; Shadowed bytes are shipped by a layer, and
// overwritten or deleted by a later one.
//
// Where two packages claim a file, the distribution's package owns it. Debian's
// python3-six ships the Python package six: a user installs or removes python3-six to
// bring or drop these bytes, so six has Owner "python3-six" and no bytes. Several packages
// in one file (a jar of jars, the modules of a Go binary) give their bytes to the
// outermost; the others name the file in Bundled.
//
// # Ecosystems
//
// An [Ecosystem] is what is known of one kind of packages: where its databases are, where
// a package lives, which files and directories belong to it, how its versions are ordered,
// which caches its managers leave behind. Scanning, attribution and the rules of reports
// look these facts up here, so that a new ecosystem is one row of the table in
// ecosystems.go and the cases for it in its tests.
package packages
