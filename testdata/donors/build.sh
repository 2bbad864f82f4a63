#!/bin/bash
# Build the images of the Dockerfile beside this script by three builders: build.sh OUTDIR
#
# OUTDIR then holds BUILDER-STAGE.tar, docker-archives, and versions, in which each runtime
# says its own version. Needs root, docker.io, buildah, skopeo, node, python3 and go.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath -m "$1")
# shellcheck source=../chain/docker.sh
. "$here/../chain/docker.sh"
# shellcheck source=../chain/buildah.sh
. "$here/../chain/buildah.sh"
[[ $(id -u) == 0 ]] || { echo "build.sh: needs root" >&2; exit 1; }

work=$(mktemp -d)
cleanup() {
	docker_stop
	umount "$work"/storage/root/overlay 2>/dev/null || true # buildah keeps it mounted
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT
mkdir -p "$out" "$work/ctx"
cd "$work/ctx"

# What the official images have: node with the entrypoint, python with its link.
python=/usr/bin/python3 # a shim may stand before it
goroot=$(go env GOROOT)
mkdir -p node/usr/local/bin python/usr/local/{bin,lib} golang/usr/local/go
cp -L "$(command -v node)" node/usr/local/bin/node
echo '#!/bin/sh' >node/usr/local/bin/docker-entrypoint.sh
mkdir -p archive/bin && cp node/usr/local/bin/node archive/bin/
v=$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cp -L "$python" "python/usr/local/bin/python$v"
ln -s "python$v" python/usr/local/bin/python3
ln -s python3 python/usr/local/bin/python
mkdir -p "python/usr/local/lib/python$v" python/usr/local/lib/python3
cp -L "$($python -c 'import os; print(os.__file__)')" "python/usr/local/lib/python$v/os.py"
cp -L "python/usr/local/lib/python$v/os.py" python/usr/local/lib/python3/
(cd "$goroot" && cp --parents bin/go VERSION src/runtime/proc.go "$work/ctx/golang/usr/local/go/" && cd "$(go env GOTOOLDIR)" &&
	mkdir -p "$work/ctx/golang/usr/local/go/pkg/tool/linux_amd64" && cp compile "$work/ctx/golang/usr/local/go/pkg/tool/linux_amd64/compile")
echo app >app
cp "$here/Dockerfile" .
printf 'node %s\npython %s\ngolang %s\n' "$(node --version | tr -d v)" "$($python --version | cut -d' ' -f2)" \
	"$(go env GOVERSION | sed 's/^go//')" >"$out/versions"

docker_start "$work/docker"
storage_init "$work/storage"
for stage in whole parts again; do
	DOCKER_BUILDKIT=0 "$DOCKER" build --quiet --network none -t "donors:classic-$stage" --target "$stage" . >/dev/null
	DOCKER_BUILDKIT=1 "$DOCKER" build --quiet --network none -t "donors:buildkit-$stage" --target "$stage" . >/dev/null
	for builder in classic buildkit; do
		"$DOCKER" save -o "$out/$builder-$stage.tar" "donors:$builder-$stage"
	done
	buildah_bud . "donors:$stage" --target "$stage"
	rm -f "$out/buildah-$stage.tar"
	copy "containers-storage:localhost/donors:$stage" "docker-archive:$out/buildah-$stage.tar:donors:$stage"
done
