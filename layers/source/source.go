package source

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// defaultPlatform is the one wanted when the caller wants none: images for
// containers are Linux images, also on the machines of those who look at them.
func defaultPlatform() v1.Platform {
	return v1.Platform{OS: "linux", Architecture: runtime.GOARCH}
}

// Image is an open image and what the place it was found in says about it.
// It is a [v1.Image]; each of its layers is a [StoredLayer]. Its methods and
// those of its layers may be called concurrently, until Close.
type Image struct {
	v1.Image

	// Scheme is the kind of place: docker-archive, oci, oci-archive, registry
	// or docker.
	Scheme string

	// Reference is what was given to [Open].
	Reference string

	// Name is for display: the first of Tags, or else what comes nearest to a
	// name, such as the file's.
	Name string

	// Tags are the full names, such as python:3.13 or ghcr.io/org/app:1, under
	// which the place knows the image, in the short form that Docker prints.
	// A registry gives the one that was asked for.
	Tags []string

	// RepoDigests are names of the form repository@sha256:…, where the image
	// is known to have been pulled from or pushed to. A daemon records them.
	RepoDigests []string

	// Platform is the config's; if that is silent, the index's.
	Platform v1.Platform

	// Annotations are the manifest's and those of the index descriptors that
	// lead to it and of these indexes, the nearer to the manifest going before.
	Annotations map[string]string

	// ManifestDigest is the digest of the manifest, zero if there is none
	// (docker-archive). The manifest in an archive that docker save made was
	// written by docker save: no registry need know it.
	ManifestDigest v1.Hash

	// IndexDigest is the digest of the outermost index the image was taken
	// from, zero if there is none. A layout's own index.json does not count.
	IndexDigest v1.Hash

	// Damage is what is wrong with the archive, though the image could be
	// opened: nil or an error that wraps [io.ErrUnexpectedEOF] or
	// [archive/tar.ErrHeader]. What is lost by it, if anything, shows when
	// a layer is read.
	Damage error

	closer io.Closer
}

var _ v1.Image = (*Image)(nil)

// Close releases the file, directory or temporary copy the image is read from.
// Neither the image nor its layers can be used afterwards.
func (i *Image) Close() error {
	if i.closer == nil {
		return nil
	}
	return i.closer.Close()
}

// Open opens the image that ref names; the package documentation tells how. Nil
// opts ask for the defaults. The image must be closed.
//
// The manifest and the config have been read, and compared with their
// digests, when Open returns; the layers have not. For a registry's image, ctx
// also governs the requests that reading its layers makes later on.
//
// The Engine's API exports an image only as a stream, so that of a daemon is
// first copied to a temporary file in [os.TempDir], as large as the image
// uncompressed and unlinked at once. No other source needs one.
//
// An error is one line that starts with ref, and wraps its cause; see the
// sentinels, beginning with [ErrNotImage].
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
	if err := img.settlePlatform(o.Platform); err != nil {
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

// settlePlatform takes the platform from the config where that names one, and
// holds it against the one that was asked for. Configs are often silent about
// the variant and the version, which an index then tells, or nothing does.
func (i *Image) settlePlatform(want *v1.Platform) error {
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

// Options say how to open an image. The zero value, like nil, asks for the defaults.
type Options struct {
	// Platform is the one wanted of an index. The default is linux on the
	// architecture this program runs on; an index with a single image then
	// gives that image, whatever its platform. A platform given here is
	// meant: if the image that is found says it is for another one, also
	// where there was no choice, the error wraps [ErrNotFound]. Of several
	// images of one index that fit alike, the first is taken.
	Platform *v1.Platform

	// Keychain has the credentials for registries. The default is
	// [authn.DefaultKeychain]: those of docker login and podman login.
	Keychain authn.Keychain

	// Insecure allows plain HTTP and unverified TLS for registries that are
	// not on the loopback interface. On it (localhost, 127.0.0.0/8, ::1)
	// plain HTTP needs no permission. With a Transport, the verification of
	// TLS is the Transport's business.
	Insecure bool

	// Transport carries the requests to registries. The default is
	// go-containerregistry's, which keeps to HTTPS_PROXY and its kin.
	Transport http.RoundTripper

	// DockerHost is the daemon's address, unix://PATH or tcp://HOST:PORT.
	// The default is the environment's DOCKER_HOST, or else
	// unix:///var/run/docker.sock. DOCKER_TLS_VERIFY and DOCKER_CERT_PATH of
	// the environment apply to tcp; Docker's contexts are not consulted.
	DockerHost string

	// FollowLinks permits blobs of a layout directory to be symbolic links
	// that lead out of it, as some Bazel rules make them.
	FollowLinks bool

	// Attempts is how often a registry is asked for one thing, the first time
	// included; the default is 5. Between attempts there are pauses of about
	// 1, 2, 4, … seconds, at most 30, or as long as the registry asks for by
	// Retry-After; one that asks for more than a minute is not asked again. What
	// is repeated: connections that break off, or bring nothing for
	// IdleTimeout, and the statuses 408, 429 and 5xx. For a layer, whose next
	// attempt goes on where the last broke off, the attempts count anew with
	// each MiB that has come, if the registry gives ranges.
	Attempts int

	// IdleTimeout is how long a registry may send nothing before an attempt
	// is given up; the default is one minute, a negative one is no limit.
	// Time in which the layer's reader does not read does not count. How long
	// the whole may take is the context's business.
	IdleTimeout time.Duration

	// Limits bound what is read into memory.
	Limits Limits

	// pause is the first one between attempts; tests shorten it.
	pause time.Duration
}

// Limits bound what [Open] reads into memory. A zero field asks for its default.
type Limits struct {
	Manifest int64 // bytes of a manifest, an index, a manifest.json; default 8 MiB
	Config   int64 // bytes of an image's config; default 32 MiB
	Members  int   // members of an archive; default 100,000
	Images   int   // descriptors of an index, those of nested indexes included; default 10,000; they may have ten times as many names
}

// names is how many names all images together may have.
func (l Limits) names() int { return 10 * l.Images }

func (l Limits) withDefaults() Limits {
	if l.Manifest <= 0 {
		l.Manifest = 8 << 20
	}
	if l.Config <= 0 {
		l.Config = 32 << 20
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
	out.IdleTimeout = cmp.Or(out.IdleTimeout, defaultIdleTimeout)
	out.Limits = out.Limits.withDefaults()
	return &out
}
