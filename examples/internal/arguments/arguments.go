// Package arguments parses the command lines of the examples: flags may stand behind arguments,
// too.
package arguments

import "flag"

// Parse parses the flags of a command line, wherever they stand, and returns what is no flag. What
// follows -- is none. Errors are those of [flag.FlagSet.Parse].
func Parse(set *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := set.Parse(args); err != nil {
			return nil, err
		}
		parsed := len(args) - set.NArg()
		if set.NArg() == 0 || parsed > 0 && args[parsed-1] == "--" {
			return append(rest, set.Args()...), nil
		}
		rest, args = append(rest, set.Arg(0)), set.Args()[1:]
	}
}
