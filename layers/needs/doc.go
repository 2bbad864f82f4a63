// Package needs tells what the programs of an image need to run: the loader and the libraries
// that an ELF file names, and the interpreter of a script.
//
// They are found in the one pass of layers.Read: a [Collector] is asked for its Want before, and for
// the result after.
//
//	c := needs.New()
//	idx, err := layers.Read(ctx, img, &layers.Options{Wants: []layers.Want{c.Want()}})
//	set := c.Set(idx)
//	for _, f := range set.Programs() {
//		for _, lost := range needs.Missing(f, needs.Image(idx, set)) { … }
//	}
//
// [Missing] looks in an image where the loader would look. It is not the loader: what a program
// opens by itself while it runs (plugins, modules, programs that it starts) no file names. So
// a need that is missing may be one that is never felt, and the other way round. Compare the answers for two
// images, as package report/diff does: what one has and the other lacks is the difference.
//
// # Where the loader looks
//
// A library is looked for, as ld.so(8) and musl do, in the file's own RPATH and RUNPATH, with $ORIGIN;
// in LD_LIBRARY_PATH of the configuration; in the directories that etc/ld.so.conf, the files
// of etc/ld.so.conf.d, or etc/ld-musl-*.path name; and in lib, usr/lib, usr/local/lib, lib64, usr/lib64 and
// their directories for the file's processor (usr/lib/x86_64-linux-gnu). A library of
// another processor or word size is passed over. A file of the right name that the loader would not look at
// does not count.
//
// # Cost
//
// Of an ELF file the whole content is kept in memory for the moment in which it is read; of files over 8 MiB, one at a
// time. Files over 256 MiB are left out: nothing is known of them. What is kept afterwards is
// a few hundred bytes for each file. BenchmarkCollector measures it.
package needs
