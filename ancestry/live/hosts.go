package live

import (
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/stemma-go/stemma/internal/hosts"
)

// refuses says why the registry of a repository is not asked; "" if it is. asked is the
// reference under which the image itself was asked for.
func (o *Options) refuses(repository, asked string) string {
	host := hostOf(repository)
	switch {
	case host == "":
		return "its name is no image's"
	case o.Hosts != nil && slices.Contains(o.Hosts, host):
		return ""
	case o.Hosts != nil:
		return fmt.Sprintf("registry %s is not among those that may be asked (Options.Hosts)", host)
	case hosts.IsLocal(host) && host != hostOf(strings.TrimPrefix(asked, "registry:")):
		return fmt.Sprintf("registry %s is one of the local network, which must be allowed for it (Options.Hosts)", host)
	}
	return ""
}

// hostOf returns the registry of a name, "" if it is none.
func hostOf(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return ""
	}
	return reference.Domain(named)
}
