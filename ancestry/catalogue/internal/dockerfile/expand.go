package dockerfile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// MaxRecipe is the size in bytes beyond which a Dockerfile is not evaluated: ENV
// A=$A$A doubles, and every RUN has all ARGs.
const MaxRecipe = 16 * MaxSize

// outer expands a word before or in a FROM.
func (e *evaluator) outer(word string) (string, error) {
	return e.word(word, globals{e})
}

// globals is a shell.EnvGetter over the ARGs before the first FROM.
type globals struct{ *evaluator }

func (g globals) Get(k string) (string, bool) {
	v, ok := g.globals[k]
	return g.pay(v), ok
}

func (g globals) Keys() []string { return nil }

// environment is a shell.EnvGetter that notes what comes from the parent. ENV wins
// over ARG.
type environment struct{ *evaluator }

func (e environment) Get(k string) (string, bool) {
	v, ok := e.value(k)
	return e.pay(v), ok
}

func (e environment) value(k string) (string, bool) {
	if e.own[k] {
		return e.env[k], true
	}
	if v, ok := e.args[k]; ok {
		return v, true
	}
	if !e.open[k] {
		e.missing[k] = true
	}
	if v, ok := e.env[k]; ok {
		return v, true
	}
	if e.isUnknown(k) {
		return recipe.Unknown, true
	}
	return "", false
}

// isUnknown reports whether a variable that is not set here may be set all the same: by
// the parent, or by BuildKit for the platform. In ${k:-x} and its like it is taken for
// unset, since what would come of it is not known either.
func (e environment) isUnknown(k string) bool {
	if modified(e.using, k) {
		return false
	}
	if e.open[k] {
		return e.opts.Platform == "" && platformArg(k) || slices.Contains(e.opts.Varies, k)
	}
	return e.opts.Parent.Env == nil
}

// platformArg reports whether BuildKit gives a build argument a value of its own.
func platformArg(k string) bool {
	switch k {
	case "TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT":
		return true
	}
	return false
}

// modified reports whether a word uses a variable in braces, with more than its name
// in them.
func modified(word, k string) bool {
	for {
		_, after, ok := strings.Cut(word, "${"+k)
		if !ok {
			return false
		}
		if after != "" && strings.IndexByte(":-+?#%/", after[0]) >= 0 {
			return true
		}
		word = after
	}
}

func (e environment) Keys() []string { return nil }

func (e *evaluator) expand(word string) (string, error) {
	return e.word(word, environment{e})
}

// word expands one word, which may grow to what is left of MaxRecipe.
func (e *evaluator) word(word string, env shell.EnvGetter) (string, error) {
	e.allow(word)
	e.using = word
	v, _, err := e.lex.ProcessWord(word, env)
	if e.size += len(v); err == nil && (e.spent || e.size > MaxRecipe) {
		err = errTooLarge
	}
	return v, err
}

var errTooLarge = fmt.Errorf("evaluates to more than %d bytes", MaxRecipe)

// allow sets how many bytes of values a word may use. Each ${name/pattern/text} in
// it can put its text in place of every byte of a value, also one inside another:
// the product has to stay below MaxRecipe.
func (e *evaluator) allow(word string) {
	e.spent, e.left = false, MaxRecipe-e.size
	if n := replacements(word); n > 0 {
		const half = MaxRecipe / 2
		e.left = int(min(float64(e.left), greatestSum(n+1, half), greatestSum(n, half/float64(len(word)))))
	}
}

// greatestSum returns a sum that at most n lengths can have if their product is to
// stay below most: it is greatest where they are equal, and parting the sum among
// more than ln(most) of them makes it no greater.
func greatestSum(n int, most float64) float64 {
	k := max(1, min(float64(n), math.Log(most)))
	return k * math.Pow(most, 1/k)
}

// replacements counts what looks like ${name/: it may count too many.
func replacements(word string) int {
	n := 0
	for _, part := range strings.Split(word, "${")[1:] {
		// The first byte is of the name, which can be a single #, - or ?.
		if i := strings.IndexAny(part[min(1, len(part)):], "/}:+-?#%"); i >= 0 && part[1+i] == '/' {
			n++
		}
	}
	return n
}

// pay takes a value's bytes off what a word may use.
func (e *evaluator) pay(v string) string {
	if e.left -= len(v); e.left < 0 {
		e.spent = true
		return ""
	}
	return v
}
