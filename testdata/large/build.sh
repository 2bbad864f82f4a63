#!/bin/bash
# Build the large image of the comparison: build.sh DIR
#
# DIR then holds image/, an OCI layout with gzip layers, and image.tar, the same
# as a docker-archive. Needs what testdata/chain/build.sh needs, whose first stage
# it stands on, some 12 GB of disk, and the network of apt and npm.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath -m "${1:?usage: build.sh DIR}")
base=$("$here/../chain/build.sh" | tail -n 1)/stages/debian
tag=example.org/shop/large:1.0
# shellcheck source=../chain/buildah.sh
. "$here/../chain/buildah.sh"

mkdir -p "$out"
work=$(mktemp -d "$out/.build-XXXXXX")
cleanup() {
	umount "$work"/root/overlay 2>/dev/null || true
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT
storage_init "$work"
mkdir "$work/context"
cp -r "$here"/{Dockerfile,web} "$work/context"
npm install --prefix "$work/context/web" --ignore-scripts --no-audit --no-fund --loglevel error
python3 "$here/../chain/makewheel.py" greeter 1.0.0 "$work/context/wheels"
copy "oci:$base:example.org/base/debian:bookworm" containers-storage:example.org/base/debian:bookworm
buildah_bud "$work/context" "$tag"
copy "containers-storage:$tag" "oci:$out/image:$tag"
copy "containers-storage:$tag" "docker-archive:$out/image.tar:$tag"
