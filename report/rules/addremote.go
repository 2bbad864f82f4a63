package rules

import (
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
)

// AddRemote returns the rule "add-remote", about ADD of something that is not pinned
// or is unpacked.
func AddRemote() report.Rule {
	return report.Rule{
		Name:     "add-remote",
		Severity: report.Warning,
		Doc: "ADD of a URL, or (a note) of a local archive, above the first layer. " +
			"A URL may serve another file tomorrow. An archive is unpacked without a word, where COPY would have said what is meant. " +
			"Docker's classic builder records a hash instead of a name: a bare hash is that of a URL, and one with file: is taken for an archive only if the layer holds several files. " +
			"It is silent where the history has a checksum or a Git commit; BuildKit records no checksum. " +
			"It may be wrong where the address names one content that never changes.",
		Run: findAddRemote,
	}
}

func findAddRemote(r *report.Report) []report.Finding {
	var found []report.Finding
	for _, s := range r.Steps() {
		// The first layer of a root can only be made by ADD of an archive.
		if s.Instruction.Keyword != "ADD" || s.Layer == 0 {
			continue
		}
		for _, src := range s.Instruction.Sources {
			f := r.AtStep(s.Index)
			f.Subject = src
			switch {
			case isURL(src) && !pinned(s.Instruction, src):
				f.Severity = report.Warning
				f.Message = fmt.Sprintf("step %d adds %s from the network to %s", s.Index, src, s.Instruction.Dest)
				if s.Instruction.Builder == history.BuilderBuildKit {
					f.Message += "; whether its Dockerfile has a checksum is not recorded"
				}
				f.Remedy = "give the file's checksum, ADD --checksum=sha256:HASH, or fetch and check it in a RUN"
			case isBareHash(s.Instruction, src):
				f.Severity = report.Warning
				f.Subject = s.Instruction.Dest
				f.Message = fmt.Sprintf("step %d adds a file from the network to %s; the builder recorded its hash only", s.Index, s.Instruction.Dest)
				f.Remedy = "fetch and check it in a RUN, or build with BuildKit and ADD --checksum=sha256:HASH"
			case isArchive(r, s, src):
				f.Severity = report.Note
				if strings.HasPrefix(src, "file:") {
					f.Subject = s.Instruction.Dest
				}
				f.Message = fmt.Sprintf("step %d unpacks a local archive into %s", s.Index, s.Instruction.Dest)
				f.Remedy = "COPY the files, or fetch, check and unpack the archive in one RUN or in another stage"
			default:
				continue
			}
			if f.Inherited() {
				askPublisher(&f, r, f.Ancestor, "how it is pinned and checked")
			}
			found = append(found, f)
		}
	}
	return found
}

// isURL reports whether ADD fetches a source: a URL or a Git repository.
func isURL(src string) bool {
	lower := strings.ToLower(src)
	for _, scheme := range []string{"http://", "https://", "ftp://", "git://", "ssh://", "git@"} {
		if strings.HasPrefix(lower, scheme) {
			return true
		}
	}
	return false
}

// pinned reports whether a remote source always has the same content: a checksum
// was asked for, or a Git commit.
func pinned(in history.Instruction, src string) bool {
	for _, f := range in.Flags {
		if strings.HasPrefix(f, "--checksum=") {
			return true
		}
	}
	_, fragment, _ := strings.Cut(src, "#")
	commit, _, _ := strings.Cut(fragment, ":")
	return isHex(commit, 40)
}

// isBareHash reports whether a source is what Docker's classic builder records
// for a URL: the hash of what it fetched, without the "file:" or "dir:" of local
// sources.
func isBareHash(in history.Instruction, src string) bool {
	return (in.Builder == history.BuilderDocker || in.Builder == history.BuilderUnknown) && isHex(src, 64) &&
		strings.HasPrefix(in.Args, src+" in ")
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

// isArchive reports whether a local source is an archive that ADD unpacked: by
// its name, or, where only its hash is known, by what came out of one file.
func isArchive(r *report.Report, s history.Step, src string) bool {
	if strings.HasPrefix(src, "file:") {
		return r.Index != nil && s.Layer >= 0 && s.Layer < len(r.Index.Layers) && len(s.Instruction.Sources) == 1 && r.Index.Layers[s.Layer].Files > 1
	}
	if isURL(src) {
		return false
	}
	for _, ext := range []string{".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst"} {
		if strings.HasSuffix(strings.ToLower(src), ext) {
			return true
		}
	}
	return false
}
