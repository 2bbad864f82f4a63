package history

import (
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/assert"
)

// TestBuilders has an entry of every builder, and checks the rows of the table.
func TestBuilders(t *testing.T) {
	samples := map[Builder]struct {
		entry       v1.History
		effect      effect
		beginsImage bool
	}{
		BuilderDocker:        {v1.History{CreatedBy: "/bin/sh -c #(nop)  ENV A=1"}, noLayer, false},
		BuilderBuildKit:      {v1.History{CreatedBy: "WORKDIR /x", Comment: "buildkit.dockerfile.v0"}, mayBeLayer, false},
		BuilderBuildah:       {v1.History{CreatedBy: `/bin/sh -c ["echo", "hi"]`}, isLayer, false},
		BuilderKaniko:        {v1.History{CreatedBy: "VOLUME /x", Author: "kaniko"}, mayBeLayer, false},
		BuilderBazel:         {v1.History{CreatedBy: "bazel build ..."}, isLayer, true},
		BuilderKo:            {v1.History{CreatedBy: "ko x", Author: "ko"}, isLayer, false},
		BuilderJib:           {v1.History{CreatedBy: "jib-cli:0.13"}, isLayer, false},
		BuilderApko:          {v1.History{CreatedBy: "apko"}, isLayer, true},
		BuilderNix:           {v1.History{Comment: "store paths: ['/nix/store/x']"}, isLayer, true},
		BuilderBuildpacks:    {v1.History{CreatedBy: "Software Bill-of-Materials"}, isLayer, false},
		BuilderDebuerreotype: {v1.History{CreatedBy: "# debian.sh x"}, isLayer, true},
		BuilderUmoci:         {v1.History{CreatedBy: "umoci config --tag x"}, noLayer, false},
		BuilderCommit:        {v1.History{Comment: "Imported from -"}, isLayer, true},
	}
	dialects := map[uint8]bool{}
	for f := range Builders() {
		s, ok := samples[f.Builder]
		assert.True(t, ok, "%s has no sample here", f.Builder)
		p := parse(s.entry)
		assert.Equal(t, f.Builder, p.Builder)
		assert.Equal(t, f, f.Builder.Facts())
		assert.Equal(t, s.effect, effectOf(p.Instruction), f.Builder)
		assert.Equal(t, s.beginsImage, beginsAtRoot([]parsed{p}), f.Builder)
		assert.False(t, f.Roots && !f.WholeImages, f.Builder)
		delete(samples, f.Builder)
		if f.Writing != nil {
			assert.NotZero(t, f.Writing.Dialect, f.Builder)
			assert.False(t, dialects[f.Writing.Dialect], "%s has another's dialect", f.Builder)
			dialects[f.Writing.Dialect] = true
			assert.True(t, f.Writing.Records("RUN"))
			for _, k := range f.Writing.Omits {
				assert.True(t, isKeyword(k), k)
			}
		}
	}
	assert.Empty(t, samples, "builders without a row")
	assert.Equal(t, Facts{Builder: BuilderUnknown}, BuilderUnknown.Facts())
}
