package rules

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/moby/sys/user"

	"github.com/stemma-go/stemma/layers"
	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
)

// UserByName returns the rule "user-by-name", about a USER that only the image's own
// files can tell the number of.
func UserByName() report.Rule {
	return report.Rule{
		Name:     "user-by-name",
		Severity: report.Warning,
		Doc: "A USER by name, of which no orchestrator can tell that it is not root. " +
			"Kubernetes refuses to start it where runAsNonRoot is set, and a file of the image, etc/passwd, says who it is. " +
			"A name that etc/passwd gives the number 0, or does not have, is a warning; else it is a note. " +
			"It is silent about numbers, about root, which is the rule root-user's, and about Windows. " +
			"It may be wrong where the orchestrator sets a user of its own.",
		Run: findUserByName,
	}
}

func findUserByName(r *report.Report) []report.Finding {
	if len(r.Ancestors) == 0 || r.Index != nil && onWindows(r) {
		return nil
	}
	spec, step := processUser(r)
	name, _, _ := strings.Cut(spec, ":")
	if isRoot(spec) || strings.Trim(name, "0123456789") == "" {
		return nil
	}
	f := r.AtStep(step)
	if f.Ancestor < 0 {
		f.Ancestor = 0
	}
	f.Layer = layers.None
	f.Severity, f.Subject = report.Note, "user"
	f.Message = fmt.Sprintf("names its user, %s, so that no orchestrator can tell that it is not root", name)
	number := ""
	switch u, err := account(r, spec); {
	case errors.Is(err, user.ErrNoPasswdEntries), errors.Is(err, user.ErrNoGroupEntries):
		f.Severity = report.Warning
		f.Message = fmt.Sprintf("names a user, %s, whom etc/passwd or etc/group of the image does not have: no container can start", spec)
	case err != nil: // not known
	case u.Uid == 0:
		f.Severity = report.Warning
		f.Message = fmt.Sprintf("runs as root under another name: etc/passwd gives %s the number 0", name)
	default:
		f.Message += fmt.Sprintf(" (etc/passwd gives it the number %d)", u.Uid)
		number = fmt.Sprintf(": USER %d", u.Uid)
	}
	f.By = report.OwnSteps // a USER above counts
	f.Remedy = "end the Dockerfile with a user by number, which an orchestrator can check" + cmp.Or(number, ": USER 10001")
	return []report.Finding{f}
}

// processUser returns the user that the image's processes run as, as the configuration has
// it, and the step that set it, [layers.None] if none did.
func processUser(r *report.Report) (spec string, step int) {
	last := history.Step{Index: layers.None}
	for _, s := range r.Steps() {
		if s.Instruction.Keyword == "USER" {
			last = s
		}
	}
	spec = strings.TrimSpace(last.Instruction.Args)
	if r.Index != nil && r.Index.Config != nil {
		if set := r.Index.Config.Config.User; set != spec {
			return set, layers.None
		}
	}
	return spec, last.Index
}

// errNotRead says that nobody read who the image's users are.
var errNotRead = errors.New("etc/passwd was not read")

// account returns the numbers of a user, as a container runtime finds them: by etc/passwd
// and etc/group of the finished image. The error says why they are not known, or that
// there is no such user.
func account(r *report.Report, spec string) (*user.ExecUser, error) {
	if r.Index == nil || r.Files == nil || r.Partial {
		return nil, errNotRead
	}
	read := func(path string) (*bytes.Reader, error) {
		e, ok := r.Index.Resolve(r.Index.Top(), path)
		if !ok {
			return bytes.NewReader(nil), nil
		}
		b, ok := r.Index.Content(e)
		if !ok {
			return nil, fmt.Errorf("%s: %w", path, errNotRead)
		}
		return bytes.NewReader(b), nil
	}
	passwd, err := read("etc/passwd")
	if err != nil {
		return nil, err
	}
	group, err := read("etc/group")
	if err != nil {
		return nil, err
	}
	return user.GetExecUser(spec, nil, passwd, group)
}

// WritableSystem returns the rule "writable-system", about programs and settings that the
// process could change.
func WritableSystem() report.Rule {
	return report.Rule{
		Name:     "writable-system",
		Severity: report.Warning,
		Doc: "Directories of programs, libraries and settings that the image's user may write to. " +
			"Whoever breaks into the process can put programs of his own where everybody looks for them: a USER is there to prevent that. " +
			"They are bin, sbin, lib and etc, at the root, in usr and in usr/local, and all below. There is one finding for each ancestor. " +
			"It is silent where the user is root, who may write everywhere; about directories of the application, such as /app or /opt; " +
			"and about those that the rule world-writable reports. " +
			"It may be wrong where a start script has to write its settings, or where the file system is mounted read-only.",
		Run: findWritableSystem,
	}
}

func findWritableSystem(r *report.Report) []report.Finding {
	if r.Index == nil || len(r.Ancestors) == 0 || onWindows(r) {
		return nil
	}
	spec, _ := processUser(r)
	u, err := account(r, spec)
	if err != nil || u.Uid == 0 {
		return nil
	}
	from, own := ownLayers(r)
	found := map[int]*pathList{}
	heaviest := map[int]int{} // by ancestor, the first layer
	for e := range r.Index.Merged(r.Index.Top()) {
		if e.Type != layers.Directory || !inSystem(e.Path) || !writable(e, u) {
			continue
		}
		if own && e.Layer >= from && isWorldWritable(e.Type, e.Mode) {
			continue
		}
		a := r.AncestorOf(e.Layer)
		if a < 0 {
			continue
		}
		if found[a] == nil {
			found[a], heaviest[a] = &pathList{}, e.Layer
		}
		found[a].add(e)
	}
	var list []report.Finding
	for _, a := range slices.Sorted(maps.Keys(found)) {
		p := found[a]
		f := r.AtLayer(heaviest[a])
		f.Severity = report.Warning
		f.Subject, f.Items = p.subject(), p.items()
		f.Message = fmt.Sprintf("lets its user, %s, write to %s", spec, upTo(4, p.named))
		f.By = report.OwnSteps // owner and mode of a directory cost nothing to change above
		f.Remedy = "give these directories to root, and the user one of its own (/app, /var/lib/app)"
		list = append(list, f)
	}
	return list
}

// inSystem reports whether a directory is one where programs, libraries and settings of
// the system are looked for, or lies below one.
func inSystem(path string) bool {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "usr/"), "local/")
	first, _, _ := strings.Cut(path, "/")
	return slices.Contains([]string{"bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec", "etc"}, first)
}

// writable reports whether a user may put files into a directory. What the sticky bit
// protects, it may not replace, and so does no harm to.
func writable(e layers.Entry, u *user.ExecUser) bool {
	switch {
	case e.UID == u.Uid:
		return e.Mode&0o200 != 0
	case e.GID == u.Gid || slices.Contains(u.Sgids, e.GID):
		return e.Mode&0o020 != 0 && e.Mode&fs.ModeSticky == 0
	}
	return e.Mode&0o002 != 0 && e.Mode&fs.ModeSticky == 0
}
