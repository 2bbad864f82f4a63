package history

import "strings"

// Env returns the "K=V" pairs that an ENV sets, in recorded order, nil for other
// instructions and where none can be read.
//
// Docker and BuildKit record values expanded and without quotes: every word that
// looks like K= begins a pair, and the words after it belong to its value. So a
// value that itself holds such a word comes out as two pairs. For the final values, the
// configuration's Env is certain. Buildah and Kaniko record the line of the
// Dockerfile: quotes are taken off, variables are left as they are.
func (in Instruction) Env() []string {
	if in.Keyword != "ENV" {
		return nil
	}
	return in.pairs("_")
}

// Labels returns the "K=V" pairs that a LABEL sets, as [Instruction.Env] does.
func (in Instruction) Labels() []string {
	if in.Keyword != "LABEL" {
		return nil
	}
	return in.pairs("_.-/")
}

// pairs reads K=V pairs whose keys are letters, digits and the characters of
// extra.
func (in Instruction) pairs(extra string) []string {
	if in.Builder.asWritten() {
		return quotedPairs(in.Args, extra)
	}
	var starts []int
	for pos := 0; pos < len(in.Args); {
		end := strings.IndexByte(in.Args[pos:], ' ')
		if end < 0 {
			end = len(in.Args) - pos
		}
		if looksLikePair(in.Args[pos:pos+end], extra) {
			starts = append(starts, pos)
		}
		pos += end + 1
	}
	if len(starts) == 0 || starts[0] != 0 {
		return nil
	}
	return splitAt(in.Args, starts, len(starts))
}

// quotedPairs reads pairs as a Dockerfile has them: A=1 B="two words" C=x\ y, or
// the old form "A the rest of the line".
func quotedPairs(args, extra string) []string {
	end := strings.IndexAny(args, " \t")
	if end < 0 {
		end = len(args)
	}
	if first := args[:end]; !strings.Contains(first, "=") {
		value := dockerfileWords(strings.TrimSpace(args[end:]), "")
		if len(value) == 0 || !looksLikePair(first+"=", extra) {
			return nil
		}
		return []string{first + "=" + value[0]}
	}
	var pairs []string
	for _, word := range dockerfileWords(args, " \t\n") {
		if strings.IndexByte(word, '=') <= 0 {
			return nil
		}
		pairs = append(pairs, word)
	}
	return pairs
}

// dockerfileWords splits at the characters of space outside quotes, and takes quotes
// and backslashes off. Inside double quotes a backslash is taken off only before a
// double quote, a dollar sign or a backslash.
func dockerfileWords(s, space string) []string {
	var (
		words []string
		word  strings.Builder
		quote byte
		open  bool // a word has begun
	)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && (quote == 0 || quote == '"' && strings.IndexByte(`"$\`, s[i+1]) >= 0):
			i++
			word.WriteByte(s[i])
			open = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, open = c, true
		case quote == 0 && strings.IndexByte(space, c) >= 0:
			if open {
				words = append(words, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}
