// Package official reads the files below library/ of
// github.com/docker-library/official-images, which say what every Docker Official
// Image is built from.
//
// # The format
//
// A file is a list of paragraphs of "Field: value" lines, parted by empty lines. A
// line that begins with white space continues the one before; a line that begins
// with # is a comment. The first paragraph holds the defaults of all others if it
// has no Tags. Fields:
//
//	Tags, SharedTags   names, parted by commas
//	GitRepo            where the Dockerfile is
//	GitCommit          at which commit
//	GitFetch           by which ref that commit is reached
//	Directory, File    which file, by default ./Dockerfile
//	Builder            classic, buildkit, oci-import (no Dockerfile: an OCI layout)
//	Architectures      amd64 by default, arm64v8, windows-amd64, …
//	Constraints        hosts that can build it: Windows
//
// GitRepo, GitFetch, GitCommit, Directory, File and Builder may be given for one
// architecture: "arm64v8-GitCommit: …".
//
// Until 2016 a file was a list of lines, one for each tag:
//
//	3.4.1: git://github.com/docker-library/python@2542eef0945385430d2b5b0899b01ca26bd40ef7 3.4
//
// and in 2013 tag, URL and "C:" with the commit were parted by spaces. [Parse] reads
// all three. The format is documented by the README of that repository
// ("Instruction format") and by its program bashbrew.
//
// # The genealogy
//
// [Build] reads every revision of every file, finds each Dockerfile at its commit in
// local clones, evaluates it, and gives all recipes with the days of their tags to a
// [build.Builder]:
//
//   - Days are the committer's, along first parents: the day on which a change came
//     to the main branch.
//   - A commit that the repository's own clone does not have is looked for in all
//     others: repositories were renamed, moved and forked.
//   - A Dockerfile that uses a variable, shell or directory of its parent is evaluated
//     with what the parent's tag pointed to on its first day.
//   - What is kept as an OCI layout (Debian, BusyBox) is read from the layout, with
//     its diffIDs. Where a root archive's source is not to be had and its history is
//     the same each time but for version and date, the history is put together from
//     the tags (Debian, Ubuntu, Alpine, BusyBox).
//   - Everything else that can't be read keeps its tags and days, and is listed in the
//     [Report] with the reason. Windows is left out, and counted.
package official
