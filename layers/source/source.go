package source

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// defaultPlatform is the platform that is taken when the caller asks for none.
// Container images are Linux images, whatever system this program runs on.
func defaultPlatform() v1.Platform {
	return v1.Platform{OS: "linux", Architecture: runtime.GOARCH}
}

// ParsePlatform parses OS/ARCHITECTURE, with /VARIANT or :OSVERSION behind it, as for
// [Options.Platform]. An architecture alone, such as arm64 or arm/v7, is one of linux; it
// may have the name that uname gives it, such as aarch64.
func ParsePlatform(s string) (*v1.Platform, error) {
	if arch, variant, _ := strings.Cut(s, "/"); architectures[strings.ToLower(arch)] != "" {
		s = "linux/" + architectures[strings.ToLower(arch)]
		if variant != "" {
			s += "/" + variant
		}
	}
	p, err := v1.ParsePlatform(s)
	switch {
	case err != nil:
		return nil, explainf(because(err), "platform %q: %v", s, err)
	case p.OS == "" || p.Architecture == "":
		return nil, explainf(nil, "platform %q: neither OS/ARCHITECTURE, such as linux/arm64, nor an architecture", s)
	}
	return p, nil
}

// architectures are those of container images (Go's GOARCH on linux), by that name and by
// the one of uname.
var architectures = map[string]string{
	"386": "386", "i386": "386", "i686": "386", "amd64": "amd64", "x86_64": "amd64", "x86-64": "amd64",
	"arm": "arm", "armhf": "arm", "arm64": "arm64", "aarch64": "arm64", "loong64": "loong64", "loongarch64": "loong64",
	"mips": "mips", "mipsle": "mipsle", "mips64": "mips64", "mips64le": "mips64le", "ppc64": "ppc64",
	"ppc64le": "ppc64le", "riscv64": "riscv64", "s390x": "s390x",
}

// Image is an open image, and what the place where it was found says about it.
// It is a [v1.Image]; each of its layers is a [layers.Stored] and a
// [layers.Described]. Its methods and those of its layers may be called
// concurrently, until Close.
type Image struct {
	v1.Image

	// Scheme is the kind of place: docker-archive, oci, oci-archive, registry
	// or docker.
	Scheme string

	// Reference is what was given to [Open].
	Reference string

	// Name is for display: the first of Tags, or else what comes nearest to a
	// name, such as that of the file.
	Name string

	// Tags are the full names, such as python:3.13 or ghcr.io/org/app:1, under
	// which the place knows the image, in the short form that Docker prints. For a
	// registry's image it is the name that was asked for.
	Tags []string

	// RepoDigests are names of the form repository@sha256:…, from or to which the
	// image is known to have been pulled or pushed. A daemon records them.
	RepoDigests []string

	// Platform is what the config says, or else what the index says.
	Platform v1.Platform

	// Annotations are those of the manifest, of the descriptors that lead to it, and
	// of the indexes that these are in. Of several values for one key, the one that
	// is nearest to the manifest counts.
	Annotations map[string]string

	// ManifestDigest is the digest of the manifest, zero if there is none
	// (docker-archive). The manifest in an archive of docker save was written by
	// docker save, and need not be known to any registry.
	ManifestDigest v1.Hash

	// IndexDigest is the digest of the outermost index from which the image was
	// taken, zero if there is none. A layout's own index.json does not count.
	IndexDigest v1.Hash

	// Damage says what is wrong with the archive, although the image could be
	// opened. It is nil, or an error that wraps [io.ErrUnexpectedEOF] or
	// [archive/tar.ErrHeader]. A layer that the damage concerns gives an error when
	// it is read.
	Damage error

	beside *surroundings // nil if nothing can be stored beside it
	closer io.Closer
}

var _ v1.Image = (*Image)(nil)

// Close releases the file, directory or temporary copy that the image is read from.
// Neither the image nor its layers can be used afterwards.
func (i *Image) Close() error {
	if i.closer == nil {
		return nil
	}
	return i.closer.Close()
}

// Open opens the image that ref names; the package documentation tells how. Nil
// opts are the defaults. The image must be closed.
//
// When Open returns, the manifest and the config have been read and compared with
// their digests; the layers have not. For a registry's image, ctx also ends the
// requests that are made later, when its layers are read.
//
// A daemon exports an image only as a stream. It is therefore copied to a temporary
// file in [os.TempDir] first, which is as large as the image uncompressed, and is
// unlinked at once. No other kind of reference needs such a file.
//
// An error is one line that starts with ref, and wraps its cause; see the sentinels,
// beginning with [ErrNotImage].
func Open(ctx context.Context, ref string, opts *Options) (*Image, error) {
	o := opts.withDefaults()
	where, err := parseReference(ref)
	if err != nil {
		return nil, positioned(ref, err)
	}
	img, err := openAt(ctx, where, o)
	if err != nil {
		return nil, positioned(ref, err)
	}
	img.Reference = ref
	if err := img.checkPlatform(o.Platform); err != nil {
		return nil, positioned(ref, errors.Join(err, img.Close()))
	}
	return img, nil
}

func openAt(ctx context.Context, where reference, o *Options) (*Image, error) {
	switch where.scheme {
	case schemeRegistry:
		return openRegistry(ctx, where, o)
	case schemeDocker:
		return openDaemon(ctx, where, o)
	default:
		return openPath(ctx, where, o)
	}
}

// checkPlatform takes the platform from the config, if the config names one, and
// compares it with the one that was asked for. Many configs have no variant and no
// version; these may be in the index.
func (i *Image) checkPlatform(want *v1.Platform) error {
	cfg, err := i.ConfigFile()
	if err != nil {
		return err
	}
	if p := cfg.Platform(); p != nil && p.OS != "" && p.Architecture != "" {
		if p.OS == i.Platform.OS && p.Architecture == i.Platform.Architecture {
			p.Variant = cmp.Or(p.Variant, i.Platform.Variant)
			p.OSVersion = cmp.Or(p.OSVersion, i.Platform.OSVersion)
		}
		i.Platform = *p
	}
	if want == nil || i.Platform.OS == "" {
		return nil
	}
	asked := *want
	if i.Platform.Variant == "" {
		asked.Variant = ""
	}
	if i.Platform.OSVersion == "" {
		asked.OSVersion = ""
	}
	if platformRank(asked, i.Platform) > 0 {
		return nil
	}
	return explainf(because(ErrNotFound), "the image is for %s, not for %s", i.Platform, *want)
}

// Options say how to open an image. The zero value, and nil, are the defaults.
type Options struct {
	// Platform is the platform whose image is taken from an index. Of several images
	// that fit equally well, the first is taken. If the image is for another
	// platform, even where there was only one image, the error wraps [ErrNotFound].
	// The default is linux on the architecture that this program runs on; with it, the
	// only image of an index is taken, whatever its platform.
	Platform *v1.Platform

	// Keychain has the credentials for registries. The default is
	// [authn.DefaultKeychain]: the credentials of docker login and podman login.
	Keychain authn.Keychain

	// Insecure allows plain HTTP and unverified TLS for registries that are not on
	// the loopback interface (localhost, 127.0.0.0/8, ::1), where plain HTTP is
	// always allowed. If there is a Transport, it decides about verifying TLS.
	Insecure bool

	// Transport carries the requests to registries. The default is that of
	// go-containerregistry, which uses the proxy of HTTPS_PROXY and HTTP_PROXY.
	Transport http.RoundTripper

	// DockerHost is the daemon's address, unix://PATH or tcp://HOST:PORT. The default
	// is DOCKER_HOST of the environment, or else that of the context of the docker
	// command: DOCKER_CONTEXT, or currentContext of its config.json. Without a context it
	// is unix:///var/run/docker.sock. For tcp
	// DOCKER_TLS_VERIFY and DOCKER_CERT_PATH of the environment apply.
	DockerHost string

	// FollowLinks allows the blobs of a layout directory to be symbolic links that
	// lead out of the directory. Some Bazel rules make such links.
	FollowLinks bool

	// Attempts is how often a registry is asked for one thing, the first time
	// included; the default is 5. Requests are repeated after connections that break
	// off, or bring nothing for IdleTimeout, and after the statuses 408, 429 and 5xx.
	// The pauses between attempts are about 1, 2, 4, … seconds, at most 30, or as
	// long as the registry asks for by Retry-After. A registry that asks for more
	// than a minute is not asked again. A layer is continued where the last attempt
	// broke off; if the registry allows that, each MiB that has come resets the
	// count.
	Attempts int

	// IdleTimeout is how long a registry may send nothing before an attempt fails; the
	// default is one minute, a negative one means no limit. While nobody reads from a
	// layer, the time does not count. The context limits the time for all of it.
	IdleTimeout time.Duration

	// AnswerTimeout is how long a registry may take for the first exchange: that it is
	// there, and its token, if it wants one to be used. The default is 30 seconds, a
	// negative one means no limit. A registry that is silent for so long is not asked
	// again. What it asks for by Retry-After does not count.
	AnswerTimeout time.Duration

	// Waiting, if not nil, is told what Open is waiting for, each time that changes:
	// "registry ghcr.io". It is for a line of progress. [Documents] may call it concurrently.
	Waiting func(what string)

	// LocalRedirects are hosts of the local network to which a registry may redirect for
	// its configs and layers: a company's own registry often keeps them on such a one.
	// Each is a host without its port, as in the redirect: "10.1.2.3", "localhost". By
	// default no registry but one on the loopback interface may redirect to a private,
	// link-local or loopback address, because it could make its clients ask services of
	// their own network. For manifests that is always so.
	LocalRedirects []string

	// Limits bound what is read into memory.
	Limits Limits

	// pause is the first pause between attempts; tests shorten it.
	pause time.Duration
}

// Limits bound what [Open] reads into memory. A zero field is the default.
type Limits struct {
	Manifest     int64 // bytes of a manifest, an index, a manifest.json; default 8 MiB
	Config       int64 // bytes of an image's config; default 32 MiB
	Members      int   // members of an archive; default 100,000
	Attestations int64 // bytes of all documents about one image; default 32 MiB
	Images       int   // descriptors of an index and of the indexes in it; default 10,000; together they may have ten times as many names
}

// names is the most names that all images together may have.
func (l Limits) names() int { return 10 * l.Images }

func (l Limits) withDefaults() Limits {
	if l.Manifest <= 0 {
		l.Manifest = 8 << 20
	}
	if l.Config <= 0 {
		l.Config = 32 << 20
	}
	if l.Attestations <= 0 {
		l.Attestations = 32 << 20
	}
	if l.Members <= 0 {
		l.Members = 100_000
	}
	if l.Images <= 0 {
		l.Images = 10_000
	}
	return l
}

func (o *Options) withDefaults() *Options {
	var out Options
	if o != nil {
		out = *o
	}
	if out.Keychain == nil {
		out.Keychain = authn.DefaultKeychain
	}
	if out.Attempts <= 0 {
		out.Attempts = defaultAttempts
	}
	if out.pause <= 0 {
		out.pause = defaultPause
	}
	out.AnswerTimeout = cmp.Or(out.AnswerTimeout, defaultAnswerTimeout)
	if out.Waiting == nil {
		out.Waiting = func(string) {}
	}
	out.IdleTimeout = cmp.Or(out.IdleTimeout, defaultIdleTimeout)
	out.Limits = out.Limits.withDefaults()
	return &out
}
