package data

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Version is a value in an image's instructions that its tags are made of.
type Version struct{ Key, Value string }

var (
	archive  = regexp.MustCompile(`\b[a-z]+(?:-[a-z]+)*[-_]v?(\d+(?:\.\d+)+(?:_?(?:rc|alpha|beta)\d+)?)`)
	debianSh = regexp.MustCompile(`^# debian\.sh .*'@(\d{9,11})'`)
	version  = regexp.MustCompile(`^[A-Za-z]*[-_]?(\d[0-9A-Za-z.+_~-]*)$`)
)

// Versions returns the values in one line of a recipe or a history of which tags
// may be made:
//
//   - of ENV, ARG and LABEL, under the name of the variable: a version, without
//     letters before it, + replaced by _ as tags can't hold one
//     (JAVA_VERSION=jdk-21.0.12+8 is 21.0.12_8);
//   - of ADD, under the name ADD: the version in the name of the archive
//     (alpine-minirootfs-3.24.2-x86_64.tar.gz is 3.24.2);
//   - of Debian's debian.sh, under the name DATE: the day (20260713).
func Versions(line string) []Version {
	keyword, rest, _ := strings.Cut(line, " ")
	switch keyword {
	case "ENV", "ARG", "LABEL":
		var out []Version
		for pair := range strings.FieldsSeq(rest) {
			k, v, ok := strings.Cut(pair, "=")
			if m := version.FindStringSubmatch(strings.Trim(v, `"'`)); ok && m != nil && len(m[1]) <= 48 {
				out = append(out, Version{k, strings.ReplaceAll(m[1], "+", "_")})
			}
		}
		return out
	case "ADD":
		if m := archive.FindStringSubmatch(rest); m != nil {
			return []Version{{"ADD", m[1]}}
		}
	case "#":
		if m := debianSh.FindStringSubmatch(line); m != nil {
			seconds, err := strconv.ParseInt(m[1], 10, 64)
			if err == nil {
				return []Version{{"DATE", time.Unix(seconds, 0).UTC().Format("20060102")}}
			}
		}
	}
	return nil
}

// NoTemplate is a template of which no tag can be composed: those of its recipe are made of
// nothing that is in the image.
const NoTemplate = "{}"

// Compose puts the values in the place of their names in a template, and returns
// the tag: "{PYTHON_VERSION}-slim-trixie" becomes "3.13.14-slim-trixie". It reports
// false if a value is missing.
func Compose(template string, versions []Version) (string, bool) {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "{")
		out.WriteString(before)
		if !ok {
			return out.String(), true
		}
		key, after, ok := strings.Cut(rest, "}")
		value, found := valueOf(versions, key)
		if !ok || !found {
			return "", false
		}
		out.WriteString(value)
		template = after
	}
}

// valueOf returns the last value of a key: a later ENV wins.
func valueOf(versions []Version, key string) (string, bool) {
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].Key == key {
			return versions[i].Value, true
		}
	}
	return "", false
}

// Template returns the pattern of a tag that is made of one of the versions, the
// reverse of [Compose]; "" if it is of none. Of two it takes the longer.
func Template(tag string, versions []Version) string {
	var best Version
	at := -1
	for _, v := range versions {
		if len(v.Value) <= len(best.Value) || !telling(v.Value) {
			continue
		}
		if i := word(tag, v.Value); i >= 0 {
			best, at = v, i
		}
	}
	if at < 0 {
		return ""
	}
	return tag[:at] + "{" + best.Key + "}" + tag[at+len(best.Value):]
}

// telling reports whether a version is long enough that a tag has it by more than
// chance.
func telling(v string) bool { return len(v) >= 3 && strings.ContainsAny(v, "._-u") || len(v) >= 6 }

// word returns where v is a word of its own in a tag, -1 if nowhere.
func word(tag, v string) int {
	i := strings.Index(tag, v)
	if i < 0 || i > 0 && tag[i-1] != '-' && tag[i-1] != '_' {
		return -1
	}
	if end := i + len(v); end < len(tag) && tag[end] != '-' && tag[end] != '_' {
		return -1
	}
	return i
}
