package source

import (
	"cmp"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

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
