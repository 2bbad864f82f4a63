package queue

import (
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A name that was mistyped goes, with its failure. What was seen stays.
func TestForget(t *testing.T) {
	t.Parallel()
	reg := startRegistry(t)
	chart := reg.push(t, chartOf(t), "chart:1", "chart:2")
	q, s, _ := open(t, "", Options{})
	hub, err := name.ParseReference("no/such:1")
	require.NoError(t, err)
	add(t, q, append(reg.wanted(t, "typo:1", "chart:1", "chart:2"), Wanted{Ref: Ref(hub, "")}))
	gone, err := q.Forget(t.Context(), hub)
	require.NoError(t, err)
	assert.True(t, gone, "it waited")
	work(t, q)
	st := status(t, q)
	require.Len(t, st.Failures, 2)
	typo := reg.ref(t, "typo:1").Name()
	assert.Equal(t, []Failed{{Reference: typo, Reason: "not found: the registry answers 404 Not Found"}}, st.Failures[1].Each)
	assert.Equal(t, 1, st.Failures[0].Images)
	var charts []string
	for _, f := range st.Failures[0].Each {
		assert.Equal(t, chart.String(), f.Image)
		assert.NotContains(t, f.Reason, f.Image, "it stands beside the reason")
		charts = append(charts, f.Reference)
	}
	assert.Equal(t, []string{reg.host + "/chart:1", reg.host + "/chart:2"}, charts)

	gone, err = q.Forget(t.Context(), reg.ref(t, "typo:1"))
	require.NoError(t, err)
	assert.True(t, gone)
	_, err = q.Forget(t.Context(), reg.ref(t, "typo:1"))
	require.ErrorIs(t, err, ErrUnknown)
	gone, err = q.Forget(t.Context(), reg.ref(t, "chart:1"))
	require.NoError(t, err)
	assert.False(t, gone, "it has an image")
	assert.Len(t, status(t, q).Failures, 1)
	assert.Equal(t, 2, number(t, s, "SELECT count(*) FROM refs"))
}
