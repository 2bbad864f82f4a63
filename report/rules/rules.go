// Package rules has the rules that ship with this module.
//
//	rep, err := stemma.Analyze(ctx, img, &stemma.Options{Rules: rules.All()})
//
// They are, with the highest severity that their findings have:
//
//	abandoned          warning  An ancestor of which no tag is built any more.
//	add-remote         warning  ADD of a URL, or (a note) of a local archive, above the first layer.
//	born-old           warning  An ancestor that was built more than 90 days after its parent.
//	build-tools        warning  Compilers, headers, build systems, version control, debuggers, remote access.
//	copy-up            warning  Files that a layer ships again although their content did not change.
//	donor              note     Software that the image's own steps copied from another image: COPY --from=node.
//	end-of-life        serious  A distribution or a language runtime that gets no more fixes, or soon none.
//	full-upgrade       note     A RUN that upgrades every package: apt-get upgrade, apk upgrade, dnf update.
//	lagging            note     An ancestor that was not rebuilt since a newer build of its base was published.
//	latest             warning  A base by the tag latest or by none, or (a note) an image that is asked for so.
//	moving-base        note     A base by a tag without a digest: the next build may stand on another image.
//	needless-shell     note     A shell and a package manager beside the one static program that the image runs.
//	old-catalogue      note     A catalogue of more than 30 days ago, which says whether ancestors are out of date.
//	package-caches     warning  Caches of package managers: lists, downloads, modules kept for a next run.
//	root-user          warning  An image whose processes run as root: no USER is set, or it is root.
//	secret-file        serious  Files whose names are those of private keys and credentials, in any layer.
//	setuid             warning  Setuid and setgid programs that the image's own layers add.
//	shipped-removed    warning  Bytes that one layer ships and a later one deletes or overwrites.
//	single-stage       warning  A step of the image compiles, and the compiler stays beside what it made.
//	superseded         note     An ancestor of which a newer build is published under the same tag.
//	unchecked-install  warning  A step of the image that runs what it fetches, or takes packages that nobody signed.
//	unknown            note     What the image does not say, so that other rules cannot tell.
//	unpinned-install   warning  A step of the image that installs packages of a language without their versions.
//	unverified         serious  A layer that is not what the image claims, or that could not be read to its end.
//	user-by-name       warning  A USER by name, of which no orchestrator can tell that it is not root.
//	world-writable     warning  Files and directories that the image's own layers let every user change.
//	writable-system    warning  Directories of programs, libraries and settings that the image's user may write to.
//
// Each rule's Doc says what it finds, why that matters, when it is silent, and where it
// may be wrong. To print it for all of them:
//
//	go run ./examples/tree -rules
//
// Every finding names the layer, the step and the ancestor that brought what it
// is about, and the remedy follows from that: what is inherited is mended by
// another base or another variant of it, what the image's own steps do is mended
// in its own Dockerfile.
//
// No rule guesses: a base of unknown release has no end of life, a build date at
// the epoch has no age. Where a rule is silent for that reason, the rule unknown says so.
package rules

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/stemma-go/stemma/report"
)

// All returns all rules of this package, in alphabetical order.
func All() []report.Rule {
	return []report.Rule{
		Abandoned(),
		AddRemote(),
		BornOld(),
		BuildTools(),
		CopyUp(),
		Donor(),
		EndOfLife(),
		FullUpgrade(),
		Lagging(),
		Latest(),
		MovingBase(),
		NeedlessShell(),
		OldCatalogue(),
		PackageCaches(),
		RootUser(),
		SecretFile(),
		Setuid(),
		ShippedRemoved(),
		SingleStage(),
		Superseded(),
		UncheckedInstall(),
		Unknown(),
		UnpinnedInstall(),
		Unverified(),
		UserByName(),
		WorldWritable(),
		WritableSystem(),
	}
}

// files says "1 file", "1,200 files".
func files(n int) string { return english.Plural(n, "file", "") }

// upTo returns the first n of a list in words: "a, b and 3 more".
func upTo(n int, items []string) string {
	if len(items) <= n {
		return english.WordSeries(items, "and")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:n], ", "), len(items)-n)
}
