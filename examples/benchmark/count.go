//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// counted has the packages of a result counted by a process of its own.
func counted(ctx context.Context, kind, out string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	text, err := exec.CommandContext(ctx, self, "count", kind, out).Output()
	if err != nil {
		return 0, fmt.Errorf("packages of %s: %w", kind, err)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

func count(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("count KIND FILE")
	}
	b, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	n, err := packagesIn(args[0], b)
	if err != nil {
		return err
	}
	fmt.Println(n)
	return nil
}

// packagesIn counts the packages in a tool's result: those that the finished image
// has, each place in which one is installed on its own.
func packagesIn(kind string, b []byte) (n int, err error) {
	switch kind {
	case "stemma":
		var r struct {
			Packages []struct {
				State string `json:"state"`
			} `json:"packages"`
		}
		err = json.Unmarshal(b, &r)
		for _, p := range r.Packages {
			if p.State != "removed" {
				n++
			}
		}
	case "trivy":
		var r struct {
			Results []struct{ Packages []json.RawMessage }
		}
		err = json.Unmarshal(b, &r)
		for _, list := range r.Results {
			n += len(list.Packages)
		}
	case "syft":
		var r struct {
			Artifacts []json.RawMessage `json:"artifacts"`
		}
		err = json.Unmarshal(b, &r)
		n = len(r.Artifacts)
	case "scalibr":
		var r struct {
			Components []struct {
				Type string `json:"type"`
			} `json:"components"`
		}
		err = json.Unmarshal(b, &r)
		for _, c := range r.Components {
			if c.Type == "library" {
				n++
			}
		}
	case "dive", "floor":
		return -1, nil
	default:
		err = fmt.Errorf("unknown kind %q", kind)
	}
	return n, err
}
