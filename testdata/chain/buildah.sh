# shellcheck shell=bash
# Container storage of our own for buildah and skopeo. Sourced.

# storage_init DIR: point every container tool of this shell at DIR.
storage_init() {
	local dir=$1
	mkdir -p "$dir/root" "$dir/run"
	printf '[storage]\ndriver = "overlay"\nrunroot = "%s"\ngraphroot = "%s"\n' \
		"$dir/run" "$dir/root" >"$dir/storage.conf"
	printf '{"default":[{"type":"insecureAcceptAnything"}]}\n' >"$dir/policy.json"
	export CONTAINERS_STORAGE_CONF=$dir/storage.conf STORAGE_POLICY=$dir/policy.json
	export TMPDIR=$dir
}

copy() { skopeo --policy "$STORAGE_POLICY" copy --quiet "$@"; }

# buildah_bud CONTEXT TAG ARG...: one build, a layer for every instruction.
buildah_bud() {
	local context=$1 tag=$2
	shift 2
	buildah bud --signature-policy "$STORAGE_POLICY" --quiet --layers --isolation chroot \
		--pull-never --network host --format oci "$@" -t "$tag" "$context" >/dev/null
}
