package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chainguard-dev/go-apk/pkg/apk"
)

// writeEvents compares every state of dir with the one before.
func writeEvents(dir string) error {
	states, err := filepath.Glob(filepath.Join(dir, "[0-9][0-9].tsv"))
	if err != nil {
		return err
	}
	var lines []string
	was, ever := map[string]string{}, map[string]bool{}
	for layer, file := range states {
		now, err := readState(file)
		if err != nil {
			return err
		}
		for key, version := range now {
			if was[key] == version {
				continue
			}
			change := "introduced"
			if old := was[key]; old != "" {
				if change, err = order(old, version); err != nil {
					return err
				}
			} else if ever[key] {
				change = "reinstalled"
			}
			ever[key] = true
			lines = append(lines, fmt.Sprintf("%02d\t%s\t%s\t%s\t%s", layer, change, key, was[key], version))
		}
		for key, version := range was {
			change := "removed"
			if len(now) == 0 {
				change = "unlisted"
			}
			if now[key] == "" {
				lines = append(lines, fmt.Sprintf("%02d\t%s\t%s\t%s\t", layer, change, key, version))
			}
		}
		was = now
	}
	return write(filepath.Join(dir, "events.tsv"), lines)
}

// readState returns the versions by what stands before them.
func readState(file string) (map[string]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		tab := strings.LastIndexByte(line, '\t')
		found[line[:tab]] = line[tab+1:]
	}
	return found, nil
}

func order(from, to string) (string, error) {
	a, err := apk.ParseVersion(from)
	if err != nil {
		return "", err
	}
	b, err := apk.ParseVersion(to)
	if err != nil {
		return "", err
	}
	if apk.CompareVersions(a, b) < 0 {
		return "upgraded", nil
	}
	return "downgraded", nil
}
