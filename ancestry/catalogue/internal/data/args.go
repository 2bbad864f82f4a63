package data

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-go/stemma/ancestry/catalogue/internal/recipe"
)

// HashArg returns what a catalogue knows of the value of a build argument: the name,
// and 32 bits of the value's hash.
func HashArg(name, value string) string {
	return name + "=" + strconv.FormatUint(recipe.Hash([]string{value})>>32, 36)
}

// HashDefault is HashArg for the default that an ARG instruction states. Docker's
// classic builder records that even where another value is used.
func HashDefault(name, value string) string { return HashArg(name+"?", strings.Trim(value, `"'`)) }

// OtherArg reports whether a step was built with another value of a build argument
// than the recipe's; false if the recipe's is not known. keyword is the step's.
func (r Recipe) OtherArg(keyword, name, value string) bool {
	if slices.Contains(r.Args, HashArg(name, value)) || keyword == "ARG" && slices.Contains(r.Args, HashDefault(name, value)) {
		return false
	}
	return slices.ContainsFunc(r.Args, func(a string) bool { return strings.HasPrefix(a, name+"=") })
}
