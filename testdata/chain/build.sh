#!/bin/bash
# Build the image chain: build.sh [OUTDIR]
#
# Four images, one upon the other, by real builders of three kinds, from Debian
# packages, npm packages and what lies beside this script. Needs root, mmdebstrap,
# docker.io, buildah, skopeo, jq, npm, go and python3, and an apt that reaches a mirror.
#
# OUTDIR defaults to $STEMMA_CACHE/chain, and STEMMA_CACHE to
# ${XDG_CACHE_HOME:-$HOME/.cache}/stemma. A finished OUTDIR is left as it is
# until the definition (this directory) changes. What it then holds:
#
#	stages/NAME/      each stage, an OCI layout with gzip layers
#	forms/            the last stage as docker-archive.tar (skopeo), docker-save.tar
#	                  (docker load, docker save), oci-archive.tar, oci-zstd/, oci-plain/
#	truth/            what dpkg-query says inside every stage and after every layer
#	KEY               the definition's hash
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STEMMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stemma}
out=$(realpath -m "${1:-$cache/chain}")
# shellcheck source=versions.env
. "$here/versions.env"
# shellcheck source=docker.sh
. "$here/docker.sh"
# shellcheck source=buildah.sh
. "$here/buildah.sh"

key=$(cd "$here" && find . -type f ! -path './expected/*' ! -name sample.sh ! -name chain.go ! -name build.go -print0 | LC_ALL=C sort -z |
	xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
mkdir -p "$(dirname "$out")"
exec 9>"$out.lock"
flock 9 # who comes second finds it built
if [[ -f $out/KEY && $(<"$out/KEY") == "$key" ]]; then
	echo "$out"
	exit 0
fi
[[ $(id -u) == 0 ]] || { echo "build.sh: needs root" >&2; exit 1; }

work=$(mktemp -d "$(dirname "$out")/.chain-XXXXXX")
cleanup() {
	docker_stop
	# buildah keeps its overlay home mounted
	umount "$work"/storage/root/overlay 2>/dev/null || true
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT
say() { printf '%(%T)T %s\n' -1 "$*" >&2; }

# The mirrors are the host's own; no committed file names them.
mirror() {
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v suite="$1" '$1 == "Debian" && $2 == suite && $3 == "main" { print $4; exit }'
}
MIRROR_MAIN=$(mirror "$SUITE")
MIRROR_SECURITY=$(mirror "$SUITE-security")
[[ $MIRROR_MAIN && $MIRROR_SECURITY ]] || {
	echo "build.sh: apt knows no $SUITE or $SUITE-security: run apt-get update on a host of that suite" >&2
	exit 1
}
export MIRROR_MAIN MIRROR_SECURITY SUITE

# tarball FILE DIR [MEMBER...]: an archive that depends on its content alone.
tarball() {
	local file=$1 dir=$2
	shift 2
	tar -C "$dir" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$ROOT_EPOCH" \
		-caf "$file" "${@:-.}"
}

contexts() {
	cp -r "$here"/[0-9]-* "$work/"
	say "root of $SUITE"
	SOURCE_DATE_EPOCH=$ROOT_EPOCH mmdebstrap --quiet --variant=minbase \
		--customize-hook="$here/0-debian/customise.sh" \
		"$SUITE" "$work/root.tar" "deb $MIRROR_MAIN $SUITE main"
	xz -T0 -1 <"$work/root.tar" >"$work/0-debian/rootfs.tar.xz"
	rm "$work/root.tar"

	mkdir "$work/npm"
	(cd "$work/npm" && npm pack --silent "npm@$NPM_VERSION" >/dev/null &&
		tar xzf "npm-$NPM_VERSION.tgz" && mv package npm)
	tarball "$work/2-runtime/npm.tar.gz" "$work/npm" npm

	(cd "$here/hello" && GOOS=linux GOARCH=amd64 CGO_ENABLED=0 GOFLAGS= GOWORK=off \
		go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$work/3-app/hello" .)
	python3 "$here/makewheel.py" greeter 1.0.0 "$work/3-app/wheels"
	python3 "$here/makewheel.py" greeter 1.1.0 "$work/3-app/wheels"
	mkdir "$work/assets"
	printf '<!doctype html>\n<title>api</title>\n' >"$work/assets/index.html"
	printf 'body { margin: 0 }\n' >"$work/assets/style.css"
	tarball "$work/3-app/assets.tar.gz" "$work/assets" index.html style.css
	cp -rL /etc/ssl/certs "$work/certs" 2>/dev/null || true # dangling links
}

stages() {
	local debian toolchain runtime app _
	read -r _ debian _ <<<"${STAGES[0]}"
	read -r _ toolchain _ <<<"${STAGES[1]}"
	read -r _ runtime _ <<<"${STAGES[2]}"
	read -r _ app _ <<<"${STAGES[3]}"

	docker_start "$work/docker"
	say "$debian, $toolchain: classic builder"
	DOCKER_BUILDKIT=0 "$DOCKER" build --quiet --network none -t "$debian" "$work/0-debian" >/dev/null
	DOCKER_BUILDKIT=0 "$DOCKER" build --quiet --network host -t "$toolchain" \
		--build-arg GCC_MAJOR=12 "$work/1-toolchain" >/dev/null
	say "$runtime: BuildKit"
	DOCKER_BUILDKIT=1 "$DOCKER" build --quiet --network host -t "$runtime" \
		--build-arg NODE_MAJOR=18 "$work/2-runtime" >/dev/null

	storage_init "$work/storage"
	mkdir -p "$work/out/stages" "$work/out/forms"
	local name tag
	for name in debian toolchain runtime; do
		tag=${!name}
		"$DOCKER" save -o "$work/save.tar" "$tag"
		copy "docker-archive:$work/save.tar" "oci:$work/out/stages/$name:$tag"
	done
	copy "docker-archive:$work/save.tar" "containers-storage:$runtime"
	rm "$work/save.tar"

	say "$app: Buildah"
	buildah_bud "$work/3-app" "$app" -v "$work/certs:/etc/ssl/certs:ro"
	copy "containers-storage:$app" "oci:$work/out/stages/app:$app"
	forms "$work/out/stages/app:$app" "$app"
}

forms() {
	local oci=oci:$1 tag=$2 to=$work/out/forms
	say "forms of $tag"
	copy "$oci" "oci-archive:$to/oci-archive.tar:$tag"
	copy --dest-compress-format zstd "containers-storage:$tag" "oci:$to/oci-zstd:$tag"
	copy --dest-oci-accept-uncompressed-layers "containers-storage:$tag" "oci:$to/oci-plain:$tag"
	copy "$oci" "docker-archive:$to/docker-archive.tar:$tag"
	"$DOCKER" load --quiet -i "$to/docker-archive.tar" >/dev/null
	"$DOCKER" save -o "$to/docker-save.tar" "$tag"
}

say "building in $work"
contexts
stages
docker_stop
say "ground truth"
names=()
for stage in "${STAGES[@]}"; do names+=("${stage%% *}"); done
python3 "$here/truth.py" "$work/out" "$work/truth-root" "${names[@]}"
echo "$key" >"$work/out/KEY"
rm -rf "$out"
mv "$work/out" "$out"
say "done"
echo "$out"
