package ancestry_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stemma-go/stemma/ancestry"
	"github.com/stemma-go/stemma/layers/history"
)

// What somebody signed says where the image was built from. A document that is not signed adds
// lines to that, if it is about the same commit, and does not take its place.
func TestDockerfileOfSeveral(t *testing.T) {
	attested := func(c ancestry.Confidence, d ancestry.Dockerfile) ancestry.Claim {
		x := claim(history.None, 4, "", c, ancestry.KindProvenance)
		x.Dockerfile = &d
		return x
	}
	lines := []ancestry.Lines{{First: 1, Last: 1, End: 9}}
	signed := ancestry.Dockerfile{Repository: "https://github.com/acme/app", Revision: "aaaa"}
	for name, test := range map[string]struct{ first, second, want ancestry.Claim }{
		"another commit": {
			attested(ancestry.Proved, signed),
			attested(ancestry.Recorded, ancestry.Dockerfile{Path: "Dockerfile", Repository: "https://github.com/evil/app", Revision: "bbbb", Steps: lines}),
			attested(ancestry.Proved, signed),
		},
		"no commit": {
			attested(ancestry.Proved, ancestry.Dockerfile{Repository: "https://github.com/acme/app"}),
			attested(ancestry.Recorded, ancestry.Dockerfile{Path: "Dockerfile", Repository: "https://github.com/evil/app", Steps: lines}),
			attested(ancestry.Proved, ancestry.Dockerfile{Repository: "https://github.com/acme/app"}),
		},
		"the same commit": {
			attested(ancestry.Proved, signed),
			attested(ancestry.Recorded, ancestry.Dockerfile{Path: "Dockerfile", Repository: "https://github.com/evil/app", Revision: "aaaa", Steps: lines}),
			attested(ancestry.Proved, ancestry.Dockerfile{Path: "Dockerfile", Repository: "https://github.com/acme/app", Revision: "aaaa", Steps: lines}),
		},
		"neither is signed": {
			attested(ancestry.Recorded, ancestry.Dockerfile{Repository: "https://github.com/acme/app"}),
			attested(ancestry.Recorded, ancestry.Dockerfile{Path: "Dockerfile", Repository: "https://github.com/acme/app", Revision: "aaaa", Steps: lines}),
			attested(ancestry.Recorded, ancestry.Dockerfile{Path: "Dockerfile", Repository: "https://github.com/acme/app", Revision: "aaaa", Steps: lines}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, claims := range []said{{test.first, test.second}, {test.second, test.first}} {
				l, err := ancestry.Resolve(t.Context(), image(t, adds+cmd+byBuildKit), &ancestry.Options{Catalogues: []ancestry.Source{claims}})
				require.NoError(t, err)
				assert.Equal(t, test.want.Dockerfile, l.Dockerfile)
			}
		})
	}
}
