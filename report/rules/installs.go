package rules

import (
	"fmt"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/layers/history"
	"github.com/stemma-go/stemma/report"
)

// UnpinnedInstall returns the rule "unpinned-install", about steps that install whatever
// version is the newest.
func UnpinnedInstall() report.Rule {
	return report.Rule{
		Name:     "unpinned-install",
		Severity: report.Warning,
		Doc: "A step of the image that installs packages of a language without their versions. " +
			"The next build takes whatever is newest then, a version that is broken or malicious included. " +
			"The commands known are those of pip, pipx, uv, npm, yarn, pnpm, bun, gem, go, cargo and composer. There is one finding for each step. " +
			"It is silent about the base's steps, about the distribution's packages, whose versions its release holds together, about files of requirements and constraints, " +
			"about projects with a lock file, and about versions in variables. " +
			"It may be wrong where the newest is what is meant, as with tools of a build stage or pip itself.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for s, script := range ownScripts(r) {
				var names []string
				for _, c := range script {
					prog, args := program(c.words)
					names = append(names, unpinned(prog, args, func() bool { return locked(r, s, script) })...)
				}
				if len(names) == 0 {
					continue
				}
				f := r.AtStep(s.Index)
				f.Severity, f.Subject = report.Warning, names[0]
				if len(names) > 1 {
					f.Items = names
				}
				f.Message = fmt.Sprintf("step %d installs whatever version is newest: %s", s.Index, upTo(5, names))
				f.Remedy = "name the versions, or install from a lock file (pip install -r with hashes, npm ci)"
				found = append(found, f)
			}
			return found
		},
	}
}

// ownScripts yields the image's own RUN steps, with the commands of each.
func ownScripts(r *report.Report) iter.Seq2[history.Step, []command] {
	return func(yield func(history.Step, []command) bool) {
		for _, s := range r.Steps() {
			if s.Instruction.Keyword != "RUN" || r.AncestorOfStep(s.Index) != 0 {
				continue
			}
			if script, _ := commands(s.Instruction.Args); !yield(s, script) {
				return
			}
		}
	}
}

// locked reports whether the layers below a step have a lock file of npm or its like in the
// step's directory, or nothing tells which layers or which directory.
func locked(r *report.Report, step history.Step, script []command) bool {
	changesDirectory := func(c command) bool { return c.words[0] == "cd" || c.words[0] == "pushd" }
	if r.Index == nil || step.Layer < 0 || step.Uncertain || slices.ContainsFunc(script, changesDirectory) {
		return true
	}
	dir := "/"
	for _, s := range r.Steps()[:step.Index] {
		if s.Instruction.Keyword == "WORKDIR" {
			if to := s.Instruction.Args; path.IsAbs(to) {
				dir = to
			} else {
				dir = path.Join(dir, to)
			}
		}
	}
	for _, name := range []string{"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "composer.lock"} {
		if _, ok := r.Index.Resolve(step.Layer-1, strings.TrimPrefix(path.Join(dir, name), "/")); ok {
			return true
		}
	}
	return false
}

// An installer is a program that installs packages of a language by name.
type installer struct {
	programs, words []string // "pip" "install"; the words stand in any of these
	valued          []string // options whose value is a word of its own
	// covers are options with which the names are not what counts: a file of versions, a
	// local directory.
	covers []string
	global []string // options without which a lock file counts; nil if there is none
	pinned *regexp.Regexp
}

func installers() []installer {
	var (
		python = regexp.MustCompile(`==|@|/`)
		npm    = regexp.MustCompile(`^.[^@]*@(?:[\^~]?v?[0-9]|npm:.*@[0-9]|https?:|git)`)
		at     = regexp.MustCompile(`@v?[0-9a-f]`)
		pip    = installer{
			words:  []string{"install"},
			valued: []string{"-i", "--index-url", "--extra-index-url", "--trusted-host", "-t", "--target", "--prefix", "--root", "--proxy", "--timeout", "--retries", "--platform", "--python-version", "--implementation", "--abi", "--only-binary", "--no-binary", "--progress-bar", "--cache-dir", "--python", "-p", "--global-option", "--config-settings", "-C", "--upgrade-strategy", "--log", "--cert", "--src", "--index-strategy", "--with", "--find-links", "-f", "--root-user-action", "--use-feature", "--default-timeout"},
			covers: []string{"-r", "--requirement", "--requirements", "-c", "--constraint", "--require-hashes", "--no-index", "-e", "--editable", "--group", "--dry-run", "--help"},
			pinned: python,
		}
		node = installer{
			valued: []string{"--prefix", "-C", "--registry", "--cache", "--loglevel", "--network-timeout", "--userconfig", "-w", "--workspace", "--cwd", "--dir", "--fetch-retries", "--omit", "--include", "--modules-folder", "--cache-folder"},
			covers: []string{"--dry-run"},
			pinned: npm,
		}
	)
	pip.programs = []string{"pip", "pip[0-9]*", "uv pip", "pipx", "uv tool", "pipenv"}
	npmLike, yarnGlobal := node, node
	npmLike.programs, npmLike.words, npmLike.global = []string{"npm", "pnpm", "yarn", "bun"}, []string{"install", "i", "add"}, []string{"-g", "--global", "--location=global"}
	yarnGlobal.programs, yarnGlobal.words = []string{"yarn global"}, []string{"add"}
	return []installer{
		pip, npmLike, yarnGlobal,
		{programs: []string{"gem"}, words: []string{"install"}, valued: []string{"-i", "--install-dir", "-n", "--bindir", "-s", "--source", "-P", "--trust-policy", "--platform"},
			covers: []string{"-v", "--version", "-g", "--file", "--local", "-l"}, pinned: regexp.MustCompile(`:[0-9]|\.gem$`)},
		{programs: []string{"go"}, words: []string{"install"}, valued: []string{"-ldflags", "-tags", "-o", "-mod", "-gcflags"}, pinned: regexp.MustCompile(`^[^@]*$|@v?[0-9a-f]`)}, // without @: of the module at hand
		{programs: []string{"cargo", "cargo binstall"}, words: []string{"install", "binstall"}, valued: []string{"--root", "--features", "-F", "--target", "--profile", "-j", "--jobs", "--bin", "--index", "--registry"},
			covers: []string{"--version", "--vers", "--path", "--rev", "--tag"}, pinned: at},
		{programs: []string{"composer"}, words: []string{"require"}, valued: []string{"-d", "--working-dir"}, covers: []string{"--dry-run"}, global: []string{}, pinned: regexp.MustCompile(`[:=]`)},
		{programs: []string{"composer global"}, words: []string{"require"}, valued: []string{"-d", "--working-dir"}, pinned: regexp.MustCompile(`[:=]`)},
	}
}

// unpinned returns the packages that a command installs without a version, as it names
// them. locked is asked whether a lock file decides the versions.
func unpinned(prog string, args []string, locked func() bool) []string {
	if strings.HasPrefix(prog, "python") || prog == "py" { // python -m pip install
		if len(args) < 2 || args[0] != "-m" {
			return nil
		}
		prog, args = args[1], args[2:]
	}
	if len(args) > 0 && slices.Contains([]string{"uv pip", "uv tool", "yarn global", "composer global"}, prog+" "+args[0]) {
		prog, args = prog+" "+args[0], args[1:]
	}
	for _, in := range installers() {
		if slices.ContainsFunc(in.programs, func(p string) bool { return match(p, prog) }) {
			return in.unpinned(args, locked)
		}
	}
	return nil
}

func (in installer) unpinned(args []string, locked func() bool) []string {
	var names []string
	word, global := false, in.global == nil
	for i := 0; i < len(args); i++ {
		a := args[i]
		option, _, hasValue := strings.Cut(a, "=")
		switch {
		case a == "":
		case slices.Contains(in.covers, option), strings.HasPrefix(a, "-r") && slices.Contains(in.covers, "-r"), strings.HasPrefix(a, "-c") && slices.Contains(in.covers, "-c"):
			return nil
		case slices.Contains(in.global, a):
			global = true
		case slices.Contains(in.valued, option):
			if !hasValue {
				i++
			}
		case strings.HasPrefix(a, "-"):
		case !word:
			if !slices.Contains(in.words, a) {
				return nil
			}
			word = true
		case isNamed(a) && !in.pinned.MatchString(a):
			names = append(names, a)
		}
	}
	if len(names) > 0 && !global && locked() {
		return nil
	}
	return names
}

// isNamed reports whether a word names a package, and is no path, archive, or address, and
// has no variable in it, of which nobody knows what it says. The branch of a repository
// moves like a version that is not named, but its commit does not, and the two are hard to
// tell apart.
func isNamed(word string) bool {
	return !strings.ContainsAny(word, "$*`#") && !strings.HasPrefix(word, ".") && !strings.HasPrefix(word, "/") && !strings.HasPrefix(word, "~") &&
		!strings.Contains(word, "://") && !strings.HasPrefix(word, "file:") && !strings.HasPrefix(word, "github:") && !slices.Contains([]string{".whl", ".gz", ".zip", ".tgz", ".gem", ".txt"}, path.Ext(word))
}

// UncheckedInstall returns the rule "unchecked-install", about what is fetched and run
// without a look at it.
func UncheckedInstall() report.Rule {
	return report.Rule{
		Name:     "unchecked-install",
		Severity: report.Warning,
		Doc: "A step of the image that runs what it fetches, or takes packages that nobody signed. " +
			"Whoever holds the server, or the way to it, decides what is in the image. " +
			"It finds curl … | sh and its like, package archives added as trusted without a key, and options that take what nobody signed. There is one finding for each step. " +
			"It is silent about the base's steps, and about what is written to a file first: a step can check that before it runs it. " +
			"It may be wrong where the address names one content that never changes, or a package comes from the build context and not from the network.",
		Run: func(r *report.Report) []report.Finding {
			var found []report.Finding
			for s, script := range ownScripts(r) {
				for _, c := range script {
					what, remedy := unchecked(c)
					if what == "" {
						continue
					}
					f := r.AtStep(s.Index)
					f.Severity, f.Subject = report.Warning, what
					f.Message, f.Remedy = fmt.Sprintf("step %d %s", s.Index, what), remedy
					found = append(found, f)
					break
				}
			}
			return found
		},
	}
}

// unchecked says what a command takes without checking it, and what to do: "" if nothing.
func unchecked(c command) (what, remedy string) {
	prog, args := program(c.words)
	if c.fetched && interprets(prog, args) {
		return "runs what it fetches from the network: its output goes to " + prog,
			"fetch a file of a version that is named, compare its checksum (sha256sum -c), and run it then"
	}
	for _, u := range uncheckedOptions() {
		if !slices.Contains(u.programs, prog) {
			continue
		}
		for _, a := range args {
			if option, _, _ := strings.Cut(a, "="); slices.Contains(u.options, option) || slices.Contains(u.options, a) {
				return fmt.Sprintf("installs packages without checking their signatures: %s %s", prog, a), "add the key of the package archive, and leave the option out"
			}
		}
	}
	if trustsArchive(c.words) {
		return "adds a package archive whose packages nobody has to sign: trusted=yes", "fetch the key of the archive, compare its fingerprint, and name it with signed-by"
	}
	return "", ""
}

func uncheckedOptions() []struct{ programs, options []string } {
	return []struct{ programs, options []string }{
		{[]string{"apt-get", "apt", "aptitude"}, []string{"--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories", "APT::Get::AllowUnauthenticated=true", "Acquire::AllowInsecureRepositories=true", "-oAcquire::AllowInsecureRepositories=true"}},
		{[]string{"apk"}, []string{"--allow-untrusted"}},
		{[]string{"dnf", "yum", "microdnf", "tdnf"}, []string{"--nogpgcheck", "--no-gpgchecks", "--setopt=gpgcheck=0"}},
		{[]string{"zypper"}, []string{"--no-gpg-checks", "--allow-unsigned-rpm"}},
	}
}

// trustsArchive reports whether a command prints a line of apt's sources that trusts an
// archive of the network: the step adds it.
func trustsArchive(words []string) bool {
	return slices.Contains([]string{"echo", "printf", "add-apt-repository"}, words[0]) && slices.ContainsFunc(words[1:], func(w string) bool {
		_, options, ok := strings.Cut(w, "[")
		options, archive, closed := strings.Cut(options, "]")
		return ok && closed && slices.Contains(strings.Fields(options), "trusted=yes") && !strings.Contains(archive, "file:") && !strings.Contains(archive, "copy:")
	})
}

// interprets reports whether a program runs what it is given on its input or, by a
// substitution, as an argument.
func interprets(prog string, args []string) bool {
	switch {
	case prog == "eval", prog == "source", prog == ".":
		return true
	case slices.Contains(shells(), prog):
	case strings.HasPrefix(prog, "python"), prog == "perl", prog == "ruby", prog == "node", prog == "php":
	default:
		return false
	}
	for _, a := range args {
		switch {
		case a == "-", a == "--", a == "/dev/stdin", strings.HasPrefix(a, "<("), strings.HasPrefix(a, "$("), strings.HasPrefix(a, "`"):
			return true
		case a == "-c" || a == "-e" || a == "-n" || a == "-m":
			// A script of its own, which reads its input as data, unless it is substituted.
			return slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "$(") || strings.HasPrefix(a, "`") })
		case a == "-s": // the script comes from the input, and what follows are its arguments
			return true
		case !strings.HasPrefix(a, "-"): // a script in a file
			return false
		}
	}
	return true
}
