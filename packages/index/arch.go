package index

// The names of architectures, by Go's, as images have them: Debian's
// (https://wiki.debian.org/SupportedArchitectures) and Alpine's
// (https://wiki.alpinelinux.org/wiki/Architecture).
var (
	debianArchs = map[string]string{"amd64": "amd64", "arm64": "arm64", "arm": "armhf", "arm/v5": "armel", "arm/v6": "armel", "386": "i386",
		"ppc64le": "ppc64el", "s390x": "s390x", "riscv64": "riscv64", "mips64le": "mips64el", "loong64": "loong64"}
	alpineArchs = map[string]string{"amd64": "x86_64", "arm64": "aarch64", "arm": "armv7", "arm/v6": "armhf", "386": "x86",
		"ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64", "loong64": "loongarch64"}
)

// Arch returns an architecture as a distribution's package system writes it, by the ID of its
// os-release, and the architecture and variant of an image's configuration; "" if it is not
// known.
func Arch(id, architecture, variant string) string {
	archs := debianArchs
	if id == "alpine" {
		archs = alpineArchs
	}
	if a, ok := archs[architecture+"/"+variant]; ok {
		return a
	}
	return archs[architecture]
}
