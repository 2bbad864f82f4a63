package catalogue_test

import (
	"testing"
	"testing/fstest"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/ancestry/catalogue/own"
)

// TestEdgeOfTheCatalogue: what is built when the catalogue's knowledge ends is named by the
// instructions that one repository alone has; what was built long before, what has few
// of them, and what has another's as well, is not.
func TestEdgeOfTheCatalogue(t *testing.T) {
	c := catalogueOf(t, func(b *own.Builder) {
		require.NoError(t, b.AddDockerfiles(t.Context(), fstest.MapFS{
			"base/kvstore/7/Dockerfile": {Data: []byte("FROM scratch\nADD root.tar /\nENV KVSTORE_VERSION=7.2.1\nRUN useradd -r kvstore && mkdir /kvdata\n" +
				"RUN wget -O kvstore.tgz https://kv.example.com/releases/kvstore-7.2.1.tgz && tar xf kvstore.tgz && make -C kvstore install\nVOLUME /kvdata\nENTRYPOINT [\"kvstore-entrypoint.sh\"]\nCMD [\"kvstore-server\"]\n")},
			"base/other/1/Dockerfile": {Data: []byte("FROM scratch\nADD root.tar /\nENV OTHER_VERSION=1.0\nRUN make other-thing\nEXPOSE 80\nCMD [\"other\"]\n")},
		}, nil))
	})
	steps := func(more ...string) []string {
		return append([]string{"root!ADD root.tar / # buildkit", "ENV KVSTORE_VERSION=8.0.0", "a!RUN /bin/sh -c something entirely new, with the new package manager # buildkit",
			"b!RUN /bin/sh -c wget -O kvstore.tgz https://kv.example.com/releases/kvstore-8.0.0.tgz && tar xf kvstore.tgz && make -C kvstore install # buildkit",
			"EXPOSE map[6380/tcp:{}]", "VOLUME [/kvdata]", `ENTRYPOINT ["kvstore-entrypoint.sh"]`, `CMD ["kvstore-server"]`}, more...)
	}
	resolveAt := func(cfg *v1.ConfigFile, days int) []ancestry.Ancestor {
		for i := range cfg.History {
			cfg.History[i].Created.Time = asOf.AddDate(0, 0, days).Add(time.Duration(i) * time.Minute)
		}
		l, err := ancestry.Resolve(t.Context(), (*config)(cfg), &ancestry.Options{Catalogues: []ancestry.Source{c}})
		require.NoError(t, err)
		return l.Ancestors
	}
	got := resolveAt(built(steps()...), 20)
	top := got[0]
	assert.Equal(t, "base/kvstore inferred", top.String()+" "+top.Confidence.String())
	assert.Contains(t, top.Evidence[0].Says, "steps are known from base/kvstore")
	assert.Empty(t, top.Tags, "no version is told that the catalogue does not know")

	assert.Equal(t, "unknown", resolveAt(built(steps()...), -400)[0].String(), "the catalogue knows all of that time")
	assert.Equal(t, "unknown", resolveAt(built("root!ADD root.tar / # buildkit", "ENV KVSTORE_VERSION=8.0.0", "a!RUN /bin/sh -c make mine # buildkit", `CMD ["mine"]`), 20)[0].String(), "a variable is no proof")
}
