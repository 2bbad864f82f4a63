#!/bin/bash
# Build the images of the tutorial: build.sh STAGES [OUTDIR]
#
# STAGES is the stages/ directory that testdata/chain/build.sh makes. The new base and
# both new versions of the application are built by Buildah from Debian's and npm's packages,
# and 2.5.0 is skeletonised into image/, beside this script, as the sample is. OUTDIR gets the
# full images, an OCI layout for each; without it they are removed. Needs root, what
# testdata/chain/build.sh needs, and a mirror that has trixie.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
chain=$here/../../testdata/chain
# shellcheck source=../../testdata/chain/versions.env
. "$chain/versions.env"
# shellcheck source=../../testdata/chain/buildah.sh
. "$chain/buildah.sh"
stages=$(realpath "$1")
work=$(mktemp -d)
out=${2:-$work/out}
trap 'umount "$work"/storage/root/overlay 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
mkdir -p "$out"

mirror() {
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v suite="$1" '$1 == "Debian" && $2 == suite && $3 == "main" { print $4; exit }'
}
MIRROR_MAIN=$(mirror "$SUITE")
MIRROR_SECURITY=$(mirror "$SUITE-security")
SUITE=trixie
export MIRROR_MAIN MIRROR_SECURITY SUITE

cp -r "$here/debian" "$work/debian"
SOURCE_DATE_EPOCH=$ROOT_EPOCH mmdebstrap --quiet --variant=minbase \
	--customize-hook="$chain/0-debian/customise.sh" \
	"$SUITE" "$work/root.tar" "deb $MIRROR_MAIN $SUITE main"
xz -T0 -1 <"$work/root.tar" >"$work/debian/rootfs.tar.xz"
rm "$work/root.tar"

# The context is that of the chain's last stage, with lodash as 2.4.1 ends up with it.
cp -r "$chain/3-app" "$work/app"
(cd "$chain/hello" && GOOS=linux GOARCH=amd64 CGO_ENABLED=0 GOFLAGS= GOWORK=off \
	go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$work/app/hello" .)
python3 "$chain/makewheel.py" greeter 1.1.0 "$work/app/wheels"
mkdir "$work/app/public"
printf '<!doctype html>\n<title>api</title>\n' >"$work/app/public/index.html"
printf 'body { margin: 0 }\n' >"$work/app/public/style.css"
(cd "$work/app" && npm_config_omit_lockfile_registry_resolved=true \
	npm install --silent --package-lock-only --omit=dev --save-exact lodash@4.17.21)
cp -rL /etc/ssl/certs "$work/certs" 2>/dev/null || true # dangling links

storage_init "$work/storage"
copy "oci:$stages/runtime:example.org/runtime/node:18" "containers-storage:example.org/runtime/node:18"
base=example.org/base/debian:trixie
buildah_bud "$work/debian" "$base"
copy "containers-storage:$base" "oci:$out/debian:$base"
for version in 2.4.2 2.5.0; do
	tag=example.org/shop/api:$version
	buildah_bud "$work/app" "$tag" -f "$here/$version/Dockerfile" -v "$work/certs:/etc/ssl/certs:ro"
	copy "containers-storage:$tag" "oci:$out/$version:$tag"
done

cd "$here/../.."
skeleton() { go run ./testdata/skeleton -o "$@"; }
skeleton "$work/skeleton/image" "debian=$out/debian@2026-11-16T00:00:00Z" "app=$out/2.5.0@2026-11-27T14:20:00Z"
rm -rf "$here/image"
cp -r "$work/skeleton/image" "$here/image"
mkdir -p "$out/skeleton"
skeleton "$out/skeleton/image" \
	"debian=$stages/debian@2023-07-04T00:00:00Z" "toolchain=$stages/toolchain@2024-07-23T09:14:00Z" \
	"runtime=$stages/runtime@2025-08-19T16:40:00Z" "app=$out/2.4.2@2026-11-25T10:00:00Z"
du -sh "$here/image" "$out/skeleton/image"
