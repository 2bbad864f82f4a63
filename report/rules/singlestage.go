package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-go/stemma/report"
)

// SingleStage returns the rule "single-stage", about images that are built where they
// run.
func SingleStage() report.Rule {
	return report.Rule{
		Name:     "single-stage",
		Severity: report.Warning,
		Doc: "A step of the image compiles, and the compiler stays beside what it made. " +
			"A build stage of its own would leave the tools behind: compilers, headers, linkers, build systems, with their bytes, from whichever ancestor they come. " +
			"There is one finding, at the last step that compiles. " +
			"It is silent where no step of the image itself compiles, and where the finished image has no compiler: on slim, Alpine and distroless bases unless a step installs one. " +
			"It may be wrong where the image is one to build in, or the program compiles while it runs.",
		Run: findSingleStage,
	}
}

func findSingleStage(r *report.Report) []report.Finding {
	if r.Index == nil || len(r.Ancestors) == 0 {
		return nil
	}
	g := toolGroups{}
	g.addPackages(r)
	g.addToolchains(r)
	var tools, kept []toolItem // kept are the compilers
	own := false
	for key, items := range g {
		if forBuilding(key.category) {
			tools = append(tools, items...)
		}
		if key.category == compilers {
			kept, own = append(kept, items...), own || key.ancestor == 0
		}
	}
	if len(kept) == 0 {
		return nil
	}
	step, command := lastBuild(r, own)
	if command == "" {
		return nil
	}
	f := r.AtStep(step)
	f.Severity, f.Subject = report.Warning, command
	f.Items, f.Bytes = namesOf(tools, func(it toolItem) string { return it.name })
	f.Message = fmt.Sprintf("step %d builds (%s), and the image keeps the tools: %s", step, command, toolList(compilers, kept))
	if own {
		f.Remedy = buildInStage
	} else {
		f.By, f.Remedy = report.OtherBase, keepForStage
	}
	return []report.Finding{f}
}

// forBuilding reports whether a stage of its own leaves a category of tools behind.
func forBuilding(category string) bool {
	return slices.Contains([]string{compilers, "linkers and binary tools", "build systems", "headers and -dev packages"}, category)
}

// lastBuild returns the last of the image's own steps that compiles, and the command, "" if
// there is none. Where the image installs a compiler itself, installing packages of a
// language compiles, too: that is what it is for.
func lastBuild(r *report.Report, ownCompiler bool) (step int, what string) {
	for s, script := range ownScripts(r) {
		for _, c := range script {
			prog, args := program(c.words)
			if w := builds(prog, args, ownCompiler); w != "" {
				step, what = s.Index, w
			}
		}
	}
	return step, what
}

// builds returns the command if it compiles: "make", "go build".
func builds(prog string, args []string, installs bool) string {
	first := ""
	for _, a := range args {
		if slices.Contains([]string{"--version", "-version", "--help"}, a) {
			return ""
		}
		if first == "" && !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "+") {
			first = a
		}
	}
	switch prog {
	case "make", "gmake", "ninja", "javac", "rustc", "ghc", "nasm", "scons", "mvn", "mvnw", "gradle", "gradlew", "ant":
		return prog
	case "gcc", "g++", "cc", "c++", "clang", "clang++", "gfortran":
		if len(args) > 0 {
			return prog
		}
		return ""
	case "cmake":
		if slices.Contains(args, "--build") {
			return "cmake --build"
		}
		return ""
	case "npm", "yarn", "gem", "bundle", "pip", "pip3", "pnpm":
		if installs && (first == "install" || first == "ci" || first == "i") {
			return prog + " " + first
		}
		return ""
	}
	words := map[string][]string{
		"go": {"build", "install"}, "cargo": {"build", "install"}, "dotnet": {"build", "publish"}, "swift": {"build"}, "zig": {"build", "build-exe"},
		"stack": {"build", "install"}, "cabal": {"build", "install"}, "meson": {"compile"}, "bazel": {"build"},
	}
	if slices.Contains(words[prog], first) {
		return prog + " " + first
	}
	return ""
}
